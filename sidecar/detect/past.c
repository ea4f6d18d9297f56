/* SPDX-License-Identifier: Apache-2.0 */
/* past.c - what the detector tells of what it has learnt. */
#include "dormouse/past.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "detector.h"
#include "past_incidents.h"
#include "past_merge.h"
#include "routines.h"

/* A lasting change was an alert. It is told as the pod's past only when there was time
 * to object. */
#define ACCEPTED_FOR_S (7 * DAY_S)

/* With a long interval a minimum covers more time than its name says. A sum does, too,
 * but all of it may have been sent in the shorter time. */
static double nominal(const struct windows *w, unsigned k)
{
	if (k < SUM_WINDOWS || k >= WINDOWS || !(w->length[k] > 0))
		return 1;
	return window_span(k) / w->length[k];
}

static void decode(const struct levels *from, const struct windows *w, unsigned s,
		   double to[PAST_WINDOWS])
{
	for (unsigned k = 0; k < WINDOWS; k++)
		to[k] = level_decode(from->code[k][s]) * nominal(w, k);
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

static void tell_departure(const struct incident_memory *m, const struct windows *w,
			   struct past_departure *departure)
{
	double reach[PAST_WINDOWS];
	struct levels most = m->top[0];

	incident_view(m, &departure->view);
	departure->kind = (enum alert_kind)m->kind;
	calendar_describe(&m->calendar, &departure->view);
	if (!routine_has_hour(m)) /* too few to know on which days */
		departure->view.days = ROUTINE_SOME_DAYS;
	if (routine_has_hour(m))
		incident_reach(m, &most);
	for (unsigned s = 0; s < PAST_SERIES; s++) {
		decode(&most, w, s, reach);
		for (unsigned k = 0; k < WINDOWS; k++)
			departure->reach[s][k] = (float)reach[k];
	}
}

static void tell_one(const struct incident_memory *m, const struct windows *w,
		     struct past *past)
{
	struct past_departure departure;

	tell_departure(m, w, &departure);
	past_add_departure(past, &departure);
}

/* What goes on is told as well: a pod may end in it. */
static void tell_departures(const struct detector *d, struct past *past)
{
	for (unsigned at = 0; at < INCIDENTS_KEPT; at++)
		if (d->learnt.incident[at].end > 0)
			tell_one(&d->learnt.incident[at], &d->windows, past);
	for (unsigned at = 0; at < d->open_count; at++) {
		struct incident_memory m;
		if (!d->open[at].reported)
			continue;
		incident_describe(&d->open[at], d->deltas.time, &m);
		tell_one(&m, &d->windows, past);
	}
}

void detector_past(const struct detector *d, struct past *past)
{
	const struct learnt *l = &d->learnt;
	const struct envelope *e = &d->envelope;
	const struct windows *w = &d->windows;
	struct levels most, routine;
	unsigned skipped = accepted_hours(l);

	/* Each departure is written whole when it is added. */
	memset(past, 0, offsetof(struct past, departure));
	if (!(l->observed_s > 0))
		return;
	past->since = l->first_time;
	past->until = l->last_time;
	past->watched_s = past->longest_s = l->observed_s;
	past->judged_s = fmax(l->observed_s - d->options.learn_s, 0);
	past->dormant_share =
	    past->judged_s > 0 ? fmin(l->dormant_s / past->judged_s, 1) : 0;
	past->start_s = l->warm_until_s > 0 ? l->warm_until_s : l->observed_s;
	past->pods = 1;
	past->interval_s = d->counters.interval;
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
		decode(&most, w, s, p->greatest);
		decode(&e->third, w, s, p->third);
		decode(&e->tenth, w, s, p->tenth);
		decode(start, w, s, p->start);
		for (unsigned k = 0; k < WINDOWS; k++) {
			p->third[k] = fmin(p->third[k], p->greatest[k]);
			p->tenth[k] = fmin(p->tenth[k], p->third[k]);
		}
	}
	tell_departures(d, past);
}
