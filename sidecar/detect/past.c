/* SPDX-License-Identifier: Apache-2.0 */
/* past.c - what the detector tells of what it has learnt. */
#include "dormouse/past.h"

#include <math.h>
#include <string.h>

#include "detector.h"
#include "past_incidents.h"
#include "routines.h"

/* A lasting change was an alert. It is told as the pod's past only when there was time
 * to object. */
#define ACCEPTED_FOR_S (7 * DAY_S)

static void decode(const struct levels *from, unsigned s, double to[PAST_WINDOWS])
{
	for (unsigned k = 0; k < WINDOWS; k++)
		to[k] = level_decode(from->code[k][s]);
}

/* Returns how many of the newest hours are those of a change that was accepted lately.
 */
static unsigned accepted_hours(const struct learnt *l)
{
	double ago = l->observed_s - l->accepted_s;

	if (l->accepted_s == 0 || ago >= ACCEPTED_FOR_S)
		return 0;
	return (unsigned)fmin(floor(ago / HOUR_S) + 1, l->hour_count);
}

static void tell_numbers(const struct histogram *h, struct past_series *p)
{
	p->intervals = (double)histogram_total(h);
	p->mean = histogram_mean(h);
	p->stddev = histogram_stddev(h);
	for (unsigned q = 0; q < PAST_QUANTILES; q++)
		p->quantile[q] = histogram_above(h, 1 - past_shares[q]);
}

/* Whether a series was read: the derived ones are when the signals that they derive
 * from are. */
static double watched(const struct learnt *l, unsigned s)
{
	if (s == SERIES_RELAYED)
		return fmin(l->series_s[SIGNAL_TX_BYTES], l->series_s[SIGNAL_RX_BYTES]);
	if (s == SERIES_UNSOLICITED)
		return fmin(l->series_s[SIGNAL_TCP_TX_BYTES],
			    l->series_s[SIGNAL_TCP_INITIATED_TX_BYTES]);
	return l->series_s[s];
}

static void tell_routines(const struct detector *d, struct past *past)
{
	for (unsigned at = 0; at < INCIDENTS_KEPT; at++) {
		const struct incident_memory *m = &d->learnt.incident[at];
		struct past_routine *r = &past->routine[past->routine_count];
		struct levels reach;

		if (past->routine_count == PAST_ROUTINES_MAX ||
		    !detector_routine_at(d, at, &r->view))
			continue;
		past->routine_count++;
		/* What comes at any time is in the greatest. */
		if (!routine_has_hour(m))
			continue;
		incident_reach(m, &reach);
		for (unsigned s = 0; s < PAST_SERIES; s++)
			decode(&reach, s, r->reach[s]);
	}
	if (past->routine_count < PAST_ROUTINES_MAX)
		memset(&past->routine[past->routine_count], 0,
		       sizeof(past->routine[0]));
}

void detector_past(const struct detector *d, struct past *past)
{
	const struct learnt *l = &d->learnt;
	const struct envelope *e = &d->envelope;
	struct levels most, routine;
	unsigned skipped = accepted_hours(l);

	memset(past, 0, sizeof(*past));
	if (!(l->observed_s > 0))
		return;
	past->since = l->first_time;
	past->until = l->last_time;
	past->watched_s = past->longest_s = l->observed_s;
	past->judged_s = fmax(l->observed_s - d->options.learn_s, 0);
	past->dormant_s = fmin(l->dormant_s, past->judged_s);
	past->start_s = l->warm_until_s > 0 ? l->warm_until_s : l->observed_s;
	past->pods = 1;
	envelope_most(e, l, skipped, &most);
	incidents_routine(l, &d->windows, &routine);
	levels_raise(&most, &routine);
	const struct levels *start = l->warm_until_s > 0 ? &l->start : &most;
	for (unsigned s = 0; s < PAST_SERIES; s++) {
		struct past_series *p = &past->series[s];
		p->watched_s = watched(l, s);
		if (!(p->watched_s > 0))
			continue;
		if (s < SIGNAL_COUNT)
			tell_numbers(&l->histogram[s], p);
		decode(&most, s, p->greatest);
		decode(&e->third, s, p->third);
		decode(&e->tenth, s, p->tenth);
		decode(start, s, p->start);
		for (unsigned k = 0; k < WINDOWS; k++) {
			p->third[k] = fmin(p->third[k], p->greatest[k]);
			p->tenth[k] = fmin(p->tenth[k], p->third[k]);
		}
	}
	tell_routines(d, past);
}
