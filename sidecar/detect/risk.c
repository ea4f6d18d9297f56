/* SPDX-License-Identifier: Apache-2.0 */
/* risk.c - how much an incident matters, from 0 to 100.
 *
 * The risk is a sum: BASE, and for each factor its points times how far it applies, 0
 * to 1. tests/quality/calibrate.py fits the points to labelled traces, so that attacks
 * rank above the rest, and BASE so that the rest is of medium severity at the median.
 * They are rounded, and their signs are those that a person expects.
 */
#include "risk.h"

#include <math.h>

#include "detector.h"
#include "limits.h"

#define BASE 12.0

#define RATE_LEAST 32768.0 /* bytes per second that are no loss */

static const struct {
	const char *name;
	double points;
} FACTORS[RISK_FACTORS] = {
    /* Who sends to many more than ever looks for victims or relays for others. */
    [RISK_PEERS] = {"peers", 40},
    /* Floods, tunnels and torrents are datagrams; ordinary work is hardly ever. */
    [RISK_DATAGRAMS] = {"datagrams", 36},
    /* What the pod sends where it connected itself was asked by nobody. */
    [RISK_OWN] = {"own", 17},
    /* A first export ends after minutes, a proxy or a miner stays. */
    [RISK_LENGTH] = {"length", 20},
    /* The more it exceeds all that the pod ever did, the less it is its work. */
    [RISK_SIZE] = {"size", 15},
    /* What leaves by the gigabyte is missed most. */
    [RISK_RATE] = {"rate", 20},
    /* Packets that no socket sent: forwarded, or made by hand. */
    [RISK_HIDDEN] = {"hidden", 30},
    /* Who knows its peers hardly ever fails to connect; an outage lasts minutes. */
    [RISK_FAILED] = {"failed", 28},
    /* The two kinds that name an abuse. */
    [RISK_FANOUT] = {"fanout", 40},
    [RISK_RELAY] = {"relay", 23},
    /* A busier service receives more as well. */
    [RISK_UNASKED] = {"unasked", 5},
    /* It is not one burst, and not only a trickle. */
    [RISK_SPANS] = {"spans", 5},
    /* Who was not stopped sends more. */
    [RISK_GROWS] = {"grows", 11},
    /* A pod begins with its work, not by sending away what it never fetched. */
    [RISK_START] = {"start", 20},
    /* The pod never worked at this time of day. */
    [RISK_HOUR] = {"hour", 20},
    /* A dormant pod has nothing to do. */
    [RISK_DORMANT] = {"dormant", 5},
    /* Little does little harm. */
    [RISK_TRIFLE] = {"trifle", -25},
    /* Much is new in a young pod, but nothing that is judged in its first minutes. */
    [RISK_YOUTH] = {"youth", -30},
    /* A pod that departs often has a life of surprises. */
    [RISK_HISTORY] = {"history", -15},
};

static double part(double x)
{
	return fmin(fmax(x, 0), 1);
}

static double doublings(double from, double to)
{
	return log2(fmax(to, 1e-9) / fmax(from, 1e-9));
}

/* How often the past's greatest, and the floor with it, would have to double to reach
 * the value. */
static double above_past(const struct detector *d, unsigned series, enum window window)
{
	double floor = limit_floor(series, window, d->windows.length[window],
				   d->envelope.own_known);

	return doublings(d->envelope.baseline_max[window][series] + floor,
			 d->windows.value[window][series] + floor);
}

/* How often the floor would have to double to reach the value. */
static double above_floor(const struct detector *d, unsigned series, enum window window)
{
	return doublings(limit_floor(series, window, d->windows.length[window],
				     d->envelope.own_known),
			 d->windows.value[window][series]);
}

/* More connections, addresses or new addresses than ever. */
static double more_peers(const struct detector *d)
{
	return fmax(above_past(d, SIGNAL_DESTINATIONS, WINDOW_10S),
		    fmax(above_past(d, SIGNAL_TCP_NEW_SOCKETS, WINDOW_1M),
			 above_past(d, SIGNAL_NEW_DESTINATIONS, WINDOW_10M)));
}

/* The share of connections that failed, of so many at least. */
static double failed(const struct incident *i)
{
	const double least = 20;

	return part(i->amount[SIGNAL_TCP_FAILED_CONNECTIONS] /
		    fmax(i->amount[SIGNAL_TCP_NEW_SOCKETS], least));
}

static double share_of_sent(const struct incident *i, enum signal signal)
{
	return part(i->amount[signal] / fmax(i->amount[SIGNAL_TX_BYTES], 1));
}

/* How often the bytes sent for each byte received have doubled against the usual. Some
 * bytes are added to both, so that little traffic says little. */
static double sent_unasked(const struct detector *d, const struct incident *i)
{
	const double least = 64; /* bytes per second */
	double lasted = fmax(d->deltas.time - i->onset, 1);
	double usual = (histogram_mean(&d->learnt.histogram[SIGNAL_TX_BYTES]) + least) /
		       (histogram_mean(&d->learnt.histogram[SIGNAL_RX_BYTES]) + least);

	return doublings(usual, (i->amount[SIGNAL_TX_BYTES] + least * lasted) /
				    (i->amount[SIGNAL_RX_BYTES] + least * lasted));
}

static unsigned spans_out(const struct detector *d, unsigned series)
{
	unsigned count = 0;

	for (unsigned k = 0; k < WINDOWS; k++)
		count += d->windows.value[k][series] > d->envelope.threshold[k][series];
	return count;
}

/* How often the greatest minute at this time of other days, an hour earlier or later,
 * would have to double to be the pod's greatest. Hours are counted back in observed
 * time: gaps move them. 0 on the first day. */
static double idle_hour(const struct detector *d)
{
	const struct learnt *l = &d->learnt;
	uint16_t here = 0;

	if (l->hour_count < 24)
		return 0;
	for (unsigned age = 22; age < l->hour_count; age++) {
		uint16_t minute = learnt_hour(l, age)->code[WINDOW_1M][SIGNAL_TX_BYTES];
		if ((age + 2) % 24 < 3 && minute > here)
			here = minute;
	}
	return doublings(level_decode(here) + 1,
			 d->envelope.baseline_max[WINDOW_1M][SIGNAL_TX_BYTES] + 1);
}

/* Whether an incident was reported in the hours before this one began, and this one is
 * reported anew: it is larger, or of a higher kind. */
static bool grows(const struct detector *d, const struct incident *i)
{
	const struct learnt *l = &d->learnt;

	if (i->recurs)
		return false;
	for (unsigned at = 0; at < d->open_count; at++)
		if (d->open[at].reported && d->open[at].onset < i->onset)
			return true;
	for (unsigned at = 0; at < INCIDENTS_KEPT; at++) {
		const struct incident_memory *m = &l->incident[at];
		if (m->end > 0 && m->told > 0 && m->told < i->onset &&
		    i->onset - m->end < REPORTED_LEAST_S)
			return true;
	}
	return false;
}

static unsigned past_incidents(const struct learnt *l)
{
	unsigned count = 0;

	for (unsigned i = 0; i < INCIDENTS_KEPT; i++)
		count += l->incident[i].end > 0;
	return count;
}

void risk_factors(const struct detector *d, const struct incident *i,
		  const struct exceedance *f, double applies[RISK_FACTORS])
{
	double minutes = fmax(d->deltas.time - i->onset, 0) / 60;
	double lives =
	    (d->learnt.observed_s + d->envelope.adopted.watched_s) / d->options.learn_s;
	double own = share_of_sent(i, SIGNAL_TCP_INITIATED_TX_BYTES);

	applies[RISK_PEERS] = part(more_peers(d) / 5);
	applies[RISK_DATAGRAMS] = share_of_sent(i, SIGNAL_UDP_TX_BYTES);
	applies[RISK_OWN] = d->envelope.own_known ? own : 0.5;
	applies[RISK_LENGTH] = part(log2(1 + minutes) / 8);
	applies[RISK_SIZE] = part(above_past(d, f->series, f->window) / 8);
	applies[RISK_RATE] =
	    part(doublings(RATE_LEAST, d->windows.value[WINDOW_1M][SIGNAL_TX_BYTES] /
					   d->windows.length[WINDOW_1M]) /
		 8);
	applies[RISK_HIDDEN] = share_of_sent(i, SIGNAL_UNACCOUNTED_TX_BYTES);
	applies[RISK_FAILED] = failed(i);
	applies[RISK_FANOUT] = i->kind == ALERT_CONNECTION_FANOUT;
	applies[RISK_RELAY] = i->kind == ALERT_PROXY_RELAY;
	applies[RISK_UNASKED] = part(sent_unasked(d, i) / 6);
	applies[RISK_SPANS] = part((spans_out(d, f->series) - 1.0) / 5);
	applies[RISK_GROWS] = grows(d, i);
	applies[RISK_START] = i->at_start;
	applies[RISK_HOUR] = part(idle_hour(d) / 4);
	applies[RISK_DORMANT] = i->was_dormant;
	applies[RISK_TRIFLE] = part(1 - above_floor(d, f->series, f->window) / 3);
	applies[RISK_YOUTH] = i->at_start ? 0 : part(1 - log2(1 + lives) / 5);
	applies[RISK_HISTORY] = part(log2(1 + past_incidents(&d->learnt)) / 4);
}

const char *risk_factor_name(enum risk_factor factor)
{
	return FACTORS[factor].name;
}

double risk_of(const struct detector *d, const struct incident *i,
	       const struct exceedance *f)
{
	double applies[RISK_FACTORS], risk = BASE;

	risk_factors(d, i, f, applies);
	for (unsigned n = 0; n < RISK_FACTORS; n++)
		risk += FACTORS[n].points * applies[n];
	return fmin(fmax(risk, 0), 100);
}
