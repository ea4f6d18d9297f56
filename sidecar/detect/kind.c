/* SPDX-License-Identifier: Apache-2.0 */
/* kind.c - decides which kind of departure an exceedance shows. */
#include "kind.h"

#include <math.h>

#include "detector.h"

#define RELAY_TICKS   3   /* shorter traffic is not called a relay */
#define RELAY_AT_ONCE 0.5 /* a relay passes on this share within the interval */

/* So much of what is sent must be of a sort, to call the whole that. */
#define SIDE_SHARE 0.5

/* Packets of data have a mean of more bytes than this: a name lookup has up to 255
 * bytes of name, a ping has 98 bytes on the link. */
#define DATA_PACKET 300.0

/* A probe without data (SYN, ping, ARP) is smaller than this, bytes on the link. */
#define PROBE_PACKET 128.0

/* Most probes of a scan meet nobody. */
#define PROBES_ANSWERED 0.5

/* What was sent, received and relayed over a time. */
struct exchange {
	double sent, received, relayed; /* bytes */
};

static double usual(const struct detector *d, enum signal signal)
{
	return histogram_mean(&d->learnt.histogram[signal]);
}

/* Whether what comes in goes out again: in all, and most of it within its interval. The
 * rest waits in buffers. */
static bool balanced(const struct exchange *e)
{
	double most = fmax(e->sent, e->received);

	return most > 0 && fmin(e->sent, e->received) > RELAY_BALANCE * most &&
	       e->relayed > RELAY_AT_ONCE * most;
}

/* A busy pod goes on with its own work while it relays. So its usual traffic is left
 * out if the rest is more than that. */
static bool passes_on(const struct detector *d, const struct exchange *all,
		      double seconds)
{
	double sent = usual(d, SIGNAL_TX_BYTES) * seconds;
	double received = usual(d, SIGNAL_RX_BYTES) * seconds;
	struct exchange rest = {all->sent - sent, all->received - received,
				all->relayed - fmin(sent, received)};

	return balanced(all) ||
	       (rest.sent + rest.received > sent + received && balanced(&rest));
}

/* Whether the window relays more than the pod ever did. */
static bool relays_much(const struct detector *d, unsigned k)
{
	return d->windows.value[k][SERIES_RELAYED] >
	       d->envelope.threshold[k][SERIES_RELAYED];
}

/* Packets that no socket sent, since the onset. */
static double raw_packets(const struct incident *i)
{
	return fmax(i->amount[SIGNAL_TX_PACKETS] - i->amount[SIGNAL_TCP_TX_PACKETS] -
			i->amount[SIGNAL_UDP_TX_PACKETS],
		    0);
}

static bool are_data(double bytes, double packets)
{
	return packets > 0 && bytes >= DATA_PACKET * packets;
}

/* The payload that the pod sent by TCP, if there is a second side: whichever side
 * opened, the pod opened a connection. A download through a proxy sends only its
 * request on the connection that the pod opened. An answering server has one side. A
 * scan is headers, and small questions and their answers are no traffic of others. */
static double by_tcp(const struct detector *d, const struct incident *i)
{
	const double *of = i->amount;
	bool opened =
	    of[SIGNAL_TCP_NEW_SOCKETS] > 0 || of[SIGNAL_TCP_INITIATED_TX_BYTES] > 0;

	if (!opened || (d->learnt.series_s[SIGNAL_TCP_TX_PACKETS] > 0 &&
			!are_data(of[SIGNAL_TCP_TX_BYTES], of[SIGNAL_TCP_TX_PACKETS])))
		return 0;
	return of[SIGNAL_TCP_TX_BYTES];
}

/* Whether most of what the pod sends may be passed on: by TCP, by datagrams, or in
 * packets of others that the kernel forwards. A name lookup and a ping are small. */
static bool may_pass_on(const struct detector *d, const struct incident *i)
{
	const double *of = i->amount;
	double raw = of[SIGNAL_UNACCOUNTED_TX_BYTES], data = by_tcp(d, i);

	if (!d->envelope.own_known)
		return true;
	if (are_data(raw, raw_packets(i)))
		data += raw;
	if (are_data(of[SIGNAL_UDP_TX_BYTES], of[SIGNAL_UDP_TX_PACKETS]))
		data += of[SIGNAL_UDP_TX_BYTES];
	return data >= SIDE_SHARE * of[SIGNAL_TX_BYTES];
}

/* The traffic since the onset decides. If it began with something else, such as the
 * download of the proxy itself, the last ten minutes or the last hour show it, by what
 * they relay themselves: the probes that go on after a job are balanced, too. */
static bool relays(const struct detector *d, const struct incident *i)
{
	const double(*v)[SERIES_COUNT] = d->windows.value;
	double lasted = d->deltas.time - i->onset;
	struct exchange e = {i->amount[SIGNAL_TX_BYTES], i->amount[SIGNAL_RX_BYTES],
			     i->relayed};

	if (lasted < RELAY_TICKS * d->windows.ticks.length * 0.95 || !may_pass_on(d, i))
		return false;
	if ((relays_much(d, WINDOW_1M) || relays_much(d, WINDOW_10M) ||
	     relays_much(d, WINDOW_1H)) &&
	    passes_on(d, &e, lasted))
		return true;
	for (unsigned k = WINDOW_10M; k <= WINDOW_1H; k++) {
		double length = d->windows.length[k];
		e = (struct exchange){v[k][SIGNAL_TX_BYTES], v[k][SIGNAL_RX_BYTES],
				      v[k][SERIES_RELAYED]};
		if (lasted >= length && relays_much(d, k) && passes_on(d, &e, length))
			return true;
	}
	return false;
}

/* Whether the pod sends many small packets past its sockets and hears hardly an answer:
 * a scan or a flood by raw packets. */
static bool probes(const struct detector *d, const struct incident *i)
{
	double packets = raw_packets(i), raw = i->amount[SIGNAL_UNACCOUNTED_TX_BYTES];

	return raw > 0 && d->learnt.series_s[SIGNAL_TX_PACKETS] > 0 &&
	       raw < PROBE_PACKET * packets &&
	       packets >= SIDE_SHARE * i->amount[SIGNAL_TX_PACKETS] &&
	       i->amount[SIGNAL_RX_PACKETS] < PROBES_ANSWERED * packets;
}

static bool counts_peers(unsigned series)
{
	return series == SIGNAL_TCP_NEW_SOCKETS || series == SIGNAL_DESTINATIONS ||
	       series == SIGNAL_TCP_FAILED_CONNECTIONS ||
	       series == SIGNAL_NEW_DESTINATIONS;
}

enum alert_kind kind_of(const struct detector *d, const struct incident *i,
			const struct exceedance *f)
{
	if (relays(d, i))
		return ALERT_PROXY_RELAY;
	if (counts_peers(f->series) || probes(d, i))
		return ALERT_CONNECTION_FANOUT;
	if (i->was_dormant)
		return ALERT_DORMANCY_BREAK;
	if (f->ratio > 1 && d->envelope.threshold[f->window][f->series] >=
				d->windows.value[f->window][f->series])
		return ALERT_EGRESS_DRIFT;
	return ALERT_EGRESS_VOLUME;
}
