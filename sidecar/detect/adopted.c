/* SPDX-License-Identifier: Apache-2.0 */
/* adopted.c - the past of the pod's siblings. */
#include "adopted.h"

#include <math.h>
#include <string.h>

#include "detector.h"

/* For so long the siblings' past counts in full: a week shows each weekday. */
#define COUNTS_S (8 * DAY_S)

/* A start may take longer than those of the siblings did. */
#define START_PLAY 1.5

/* The quantiles that give the tail's exponent are a decade apart. */
enum { Q99 = 2, Q999 = 3 };

_Static_assert(PAST_WINDOWS == WINDOWS, "a past has the detector's windows");
_Static_assert(PAST_SERIES <= SERIES_COUNT, "a past has no other series");

static void encode(struct levels *to, unsigned s, const double amount[PAST_WINDOWS])
{
	for (unsigned k = 0; k < WINDOWS; k++)
		to->code[k][s] = level_encode(amount[k]);
}

/* See tail_stretch() in thresholds.c. */
static double tail_of(const struct past_series *p)
{
	if (p->intervals < TAIL_SAMPLES || !(p->quantile[Q99] > 0))
		return -1;
	return log10(fmax(p->quantile[Q999] / p->quantile[Q99], 1));
}

static void take_series(struct adopted *a, unsigned s, const struct past_series *p)
{
	a->series_s[s] = p->watched_s;
	encode(&a->most, s, p->greatest);
	encode(&a->third, s, p->third);
	encode(&a->tenth, s, p->tenth);
	encode(&a->start, s, p->start);
	if (s >= SIGNAL_COUNT)
		return;
	a->intervals[s] = p->intervals;
	a->mean[s] = p->mean;
	a->stddev[s] = p->stddev;
	a->p99[s] = p->quantile[Q99];
	a->tail[s] = tail_of(p);
}

static void take_routine(struct adopted *a, const struct past_routine *p)
{
	struct adopted_routine *r = &a->routine[a->routine_count++];

	r->calendar = (struct calendar){.first = p->view.first,
					.last = p->view.last,
					.second = p->view.second_of_day,
					.times = p->view.times};
	for (unsigned s = 0; s < PAST_SERIES; s++)
		encode(&r->reach, s, p->reach[s]);
}

void adopted_take(struct adopted *a, const struct past *past)
{
	memset(a, 0, sizeof(*a));
	if (!past || !(past->watched_s > 0))
		return;
	a->watched_s = past->watched_s;
	a->longest_s = past->longest_s;
	a->span_s = fmin(past->watched_s, past->until - past->since);
	a->since = past->since;
	a->start_s = past->start_s;
	a->dormant = 2 * past->dormant_s > past->judged_s && past->judged_s > 0;
	for (unsigned s = 0; s < PAST_SERIES; s++)
		take_series(a, s, &past->series[s]);
	for (unsigned i = 0; i < past->routine_count; i++)
		if (past->routine[i].view.days != ROUTINE_NO_FIXED_TIME)
			take_routine(a, &past->routine[i]);
}

void adopted_raise(const struct adopted *a, double observed_s,
		   const double length[WINDOWS], struct levels *most)
{
	double lost = fmax(observed_s - COUNTS_S, 0) / DAY_S * LEVEL_OCTAVE;

	for (unsigned k = 0; k < WINDOWS; k++) {
		/* A window holds the start until it has left it. */
		bool starts = observed_s < START_PLAY * a->start_s + length[k];
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			uint16_t of = a->most.code[k][s], *to = &most->code[k][s];
			if (starts && a->start.code[k][s] > of)
				of = a->start.code[k][s];
			if (of - lost > *to)
				*to = (uint16_t)(of - lost);
		}
	}
}

bool adopted_expects(const struct adopted *a, double now, struct levels *levels)
{
	bool any = false;

	for (unsigned i = 0; i < a->routine_count; i++) {
		const struct adopted_routine *r = &a->routine[i];
		if (!calendar_at_hour(&r->calendar, now, PLAY_KNOWN_S))
			continue;
		levels_raise(levels, &r->reach);
		any = true;
	}
	return any;
}

void detector_adopt(struct detector *d, const struct past *past)
{
	adopted_take(&d->envelope.adopted, past);
	d->envelope.stretch_due = true;
	d->stale = true;
}

bool detector_adopted(const struct detector *d)
{
	return d->envelope.adopted.watched_s > 0;
}
