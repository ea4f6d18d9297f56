/* SPDX-License-Identifier: Apache-2.0 */
/* outside.c - judges what the pod sent to destinations that --allow does not name.
 *
 * Any of it is a departure, whatever the past says. One incident is all of it, so that
 * a scan of ten thousand addresses is one. But a harmless destination that was
 * forgotten in the list must not hide a theft: a network that was not told yet begins
 * another incident. The time until the next one may begin doubles each time, so even a
 * slow scan makes only a few. */
#include <math.h>
#include <string.h>

#include "base/address.h"
#include "detector.h"
#include "dormouse/traffic.h"
#include "verdict.h"

/* What begins together is one incident. */
#define OUTSIDE_SETTLES_S 60.0

/* A pause of that length begins a new burst, */
#define OUTSIDE_PAUSE_S 60.0

/* and after this time without any of it all is news again. */
#define OUTSIDE_FORGET_S 1800.0

struct burst {
	uint64_t sent, received, connections;
	bool has_tcp;
};

static struct burst sum_of(const struct traffic_span *scan)
{
	struct burst sum = {0};

	for (size_t i = 0; i < scan->flow_count; i++) {
		const struct flow *f = &scan->flows[i];
		sum.sent += f->tx_bytes;
		sum.received += f->rx_bytes;
		sum.connections += f->begun;
		sum.has_tcp |= f->protocol != IPPROTO_UDP;
	}
	return sum;
}

static bool is_told(const struct outside_watch *w, const struct in6_addr *address)
{
	const size_t bytes = address_network_bytes(address);

	for (unsigned i = 0; i < w->network_count; i++)
		if (memcmp(w->networks[i], address, bytes) == 0)
			return true;
	return false;
}

/* Notes the networks of the flows. Returns whether one is new. When there is no more
 * room, there are so many that no further one is. */
static bool note_networks(struct outside_watch *w, const struct traffic_span *scan)
{
	const unsigned before = w->network_count;

	for (size_t i = 0; i < scan->flow_count; i++) {
		const struct flow *f = &scan->flows[i];
		if (f->protocol == 0 || w->network_count == OUTSIDE_NETWORKS ||
		    is_told(w, &f->address))
			continue;
		memcpy(w->networks[w->network_count++], &f->address,
		       sizeof(w->networks[0]));
	}
	return w->network_count > before;
}

/* A new burst counts from the scan before. */
static void begin_burst(struct outside_watch *w, double since)
{
	w->onset = since;
	w->sent_before = w->sent;
	w->received_before = w->received;
	w->connections_before = w->connections;
}

static void begin_incident(struct outside_watch *w, double now, double since)
{
	w->incident++;
	w->wait_s = w->wait_s > 0 ? 2 * w->wait_s : OUTSIDE_SETTLES_S;
	w->begun_at = now;
	begin_burst(w, since);
}

/* Decides which incident the traffic belongs to. */
static void place(struct outside_watch *w, const struct traffic_span *scan, double now,
		  double since)
{
	const double pause = now - w->last;
	bool is_new;

	if (pause > OUTSIDE_FORGET_S) {
		w->network_count = 0;
		w->wait_s = 0;
	}
	is_new = note_networks(w, scan);
	if (w->wait_s == 0 || (is_new && now - w->begun_at > w->wait_s))
		begin_incident(w, now, since);
	else if (pause > OUTSIDE_PAUSE_S)
		begin_burst(w, since);
	w->last = now;
}

/* The signal that shows it. UDP sockets count no bytes. */
static enum signal signal_of(const struct burst *b)
{
	if (b->sent > 0)
		return SIGNAL_TCP_INITIATED_TX_BYTES;
	return b->has_tcp ? SIGNAL_TCP_NEW_SOCKETS : SIGNAL_UDP_TX_PACKETS;
}

static double value_of(const struct burst *b)
{
	return (double)(b->sent > 0 ? b->sent : b->connections);
}

static double risk_of(const struct outside_watch *w)
{
	const double bytes = (double)(w->sent - w->sent_before);
	const double connections = (double)(w->connections - w->connections_before);

	return 60 + 5 * log2(1 + bytes / 65536 + connections / 100);
}

bool outside_judge(struct outside_watch *w, const struct detector *d, double now,
		   const struct traffic_span *scan, struct verdict *v)
{
	const struct burst burst = sum_of(scan);
	const double since =
	    w->judged_at > 0 && w->judged_at < now ? w->judged_at : now;
	const double elapsed = fmax(now - since, 1e-3);

	w->judged_at = now;
	if (scan->flow_count == 0)
		return false;
	place(w, scan, now, since);
	w->sent += burst.sent;
	w->received += burst.received;
	w->connections += burst.connections;
	const struct departure departure = {
	    .kind = ALERT_UNEXPECTED_DESTINATION,
	    .signal = signal_of(&burst),
	    .window = WINDOW_10S,
	    .span_s = elapsed,
	    .onset = w->onset,
	    .value = value_of(&burst) / elapsed,
	    .window_s = elapsed,
	    .risk = risk_of(w),
	    .carried = {.sent = (double)w->sent,
			.received = (double)w->received,
			.sent_before = (double)w->sent_before,
			.received_before = (double)w->received_before,
			.received_known = true},
	};
	verdict_fill(d, &departure, v);
	v->incident = w->incident;
	return true;
}
