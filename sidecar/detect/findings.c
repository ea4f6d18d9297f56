/* SPDX-License-Identifier: Apache-2.0 */
/* findings.c - which measures are above their thresholds now, and how far. */
#include "findings.h"

#include <math.h>
#include <string.h>

/* Whether the traffic that fills a window still flows: the last moments carry at least
 * what lies half-way between the everyday and the threshold. Of a long window that is
 * the last minute, unless traffic is taken to be over sooner than that. */
static bool goes_on(const struct detector *d, unsigned k, unsigned s)
{
	const struct windows *w = &d->windows;
	bool soon = d->options.dormant_after_s < w->length[SUM_1M];
	unsigned last = k <= SUM_1M || soon ? SUM_10S : SUM_1M;
	double middle = (d->envelope.usual[k][s] + d->envelope.threshold[k][s]) / 2;

	if (s == LANE_UNASKED) /* a ratio */
		return w->value[SUM_1M][s] >= middle;
	return w->value[last][s] / w->length[last] >= middle / w->length[k];
}

double findings_least_unasked(const struct detector *d, unsigned measure)
{
	const unsigned s = SIGNAL_TCP_INITIATED_TX_BYTES;

	return d->envelope.usual[measure][s] +
	       limit_floor(s, measure, d->windows.length[measure], true) *
		   limit_floor_scale(d->options.sensitivity);
}

/* Bytes and packets that a server sends for what it is asked. */
#define ANSWERS                                                                        \
	(1u << SIGNAL_TX_BYTES | 1u << SIGNAL_TX_PACKETS | 1u << SIGNAL_TCP_TX_BYTES | \
	 1u << SIGNAL_TCP_TX_PACKETS | 1u << SIGNAL_TCP_INITIATED_TX_BYTES)

/* Who has not been seen for a whole day yet may be seen at its first morning. What
 * grows as what it receives grows is load, as long as it is not passed on, and as long
 * as what it sends unasked keeps its proportion. Returns by how much more may be sent.
 */
static double load_growth(const struct detector *d, unsigned k, unsigned s)
{
	const double(*v)[LANES] = d->windows.value;
	const double(*usual)[LANES] = d->envelope.usual;
	double asked = v[k][SIGNAL_RX_BYTES], both = v[SUM_1M][LANE_RELAYED];
	double either = v[SUM_1M][SIGNAL_TX_BYTES] + v[SUM_1M][SIGNAL_RX_BYTES] - both;
	unsigned ratio = k <= SUM_1M ? SUM_1M : SUM_10M;

	if (d->learnt.lane_s[s] >= FIRST_DAY_S || !(ANSWERS >> s & 1) ||
	    d->options.profile == PROFILE_DORMANT)
		return 1;
	if (both > RELAY_BALANCE * either)
		return 1;
	if (d->envelope.own_known &&
	    v[ratio][LANE_UNASKED] > UNASKED_STEADY * usual[ratio][LANE_UNASKED])
		return 1;
	double floor = limit_floor(SIGNAL_TX_BYTES, k, d->windows.length[k], true);
	return fmin(fmax(asked / (usual[k][SIGNAL_RX_BYTES] + floor), 1),
		    LOAD_GROWTH_MAX);
}

void findings_take(const struct detector *d, struct finding *f)
{
	const struct windows *w = &d->windows;
	double best = 0;

	memset(f, 0, sizeof(*f));
	for (unsigned s = 0; s < LANES; s++) {
		bool out = false;

		if (!limit_judged(s))
			continue;
		for (unsigned k = 0; k < MEASURES; k++) {
			double v = w->value[k][s], t = d->envelope.threshold[k][s];
			if (v <= t || (s == LANE_UNASKED &&
				       w->value[k][SIGNAL_TCP_INITIATED_TX_BYTES] <=
					   findings_least_unasked(d, k)))
				continue;
			double more = load_growth(d, k, s);
			if (v <= t * more)
				continue;
			bool hot = goes_on(d, k, s);
			out = true;
			f->hot = f->hot || hot;
			f->raise = fmax(f->raise, v / more / d->raise[k][s]);
			f->ratio = fmax(f->ratio, v / t);
			if (v / t * (hot ? 1000 : 1) > best) {
				best = v / t * (hot ? 1000 : 1);
				f->measure = k;
				f->lane = s;
			}
		}
		f->lanes += out;
	}
	if (f->ratio <= 1 && d->drift_lane >= 0) {
		f->lane = (unsigned)d->drift_lane;
		f->measure = SUM_1H;
		f->ratio = w->value[SUM_1H][f->lane] / d->envelope.old[f->lane];
		f->raise = f->ratio;
		f->hot = true;
		f->lanes = 1;
	}
}
