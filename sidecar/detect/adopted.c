/* SPDX-License-Identifier: Apache-2.0 */
/* adopted.c - the past of the pod's siblings. */
#include "adopted.h"

#include <math.h>
#include <string.h>

#include "detector.h"
#include "past_merge.h"

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

static void encode_reach(struct levels *to, const struct past_departure *p)
{
	for (unsigned s = 0; s < PAST_SERIES; s++)
		for (unsigned k = 0; k < WINDOWS; k++)
			to->code[k][s] = level_encode((double)p->reach[s][k]);
}

static void take_departure(struct adopted *a, const struct past_departure *p)
{
	struct adopted_departure *d = &a->departure[a->departure_count++];

	d->calendar = (struct calendar){.first = p->view.first,
					.last = p->view.last,
					.second = p->view.second_of_day,
					.times = p->view.times};
	d->kind = p->kind;
	encode_reach(&d->reach, p);
}

/* What three separate departures have reached, at whatever hour, is expected at any
 * hour: see incidents_routine(). */
static void take_any_hour(struct adopted *a, const struct past *past)
{
	struct levels top[ROUTINE_COUNT] = {0}, reach = {0};

	for (unsigned i = 0; i < past->departure_count; i++) {
		bool separate = true;
		for (unsigned j = 0; separate && j < i; j++)
			separate = !departures_near(&past->departure[j].view,
						    &past->departure[i].view);
		if (!separate)
			continue;
		encode_reach(&reach, &past->departure[i]);
		levels_sort_in(top, &reach);
	}
	levels_raise(&a->most, &top[ROUTINE_COUNT - 1]);
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
	a->interval_s = past->interval_s;
	a->start_s = past->start_s;
	a->dormant = past->dormant_share > 0.5;
	for (unsigned s = 0; s < PAST_SERIES; s++)
		take_series(a, s, &past->series[s]);
	for (unsigned i = 0; i < past->departure_count; i++)
		take_departure(a, &past->departure[i]);
	take_any_hour(a, past);
}

/* What comes in pulses flows steadily for who looks seldom: a minimum may reach the sum
 * of as long a time. */
static void raise_minima(struct levels *l)
{
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		if (l->code[MINIMUM_SHORT][s] < l->code[WINDOW_1M][s])
			l->code[MINIMUM_SHORT][s] = l->code[WINDOW_1M][s];
		if (l->code[MINIMUM_LONG][s] < l->code[WINDOW_10M][s])
			l->code[MINIMUM_LONG][s] = l->code[WINDOW_10M][s];
	}
}

void adopted_fit(struct adopted *a, double interval_s)
{
	static const struct past_series nothing;
	double ratio = PAST_INTERVAL_RATIO;

	if (interval_s > a->interval_s * ratio) {
		raise_minima(&a->most);
		raise_minima(&a->start);
	}
	if (interval_s <= a->interval_s * ratio && a->interval_s <= interval_s * ratio)
		return;
	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		if (signal_is_gauge((enum signal)s))
			take_series(a, s, &nothing);
}

/* Returns a level of the siblings for a window that is longer than its name says,
 * because the interval is long: at most in proportion, and at most the next sum. */
static uint16_t stretched(const struct levels *l, const double length[WINDOWS],
			  unsigned k, unsigned s)
{
	double times = length[k] / window_span(k);
	double amount = level_decode(l->code[k][s]) * times;

	if (times <= 1)
		return l->code[k][s];
	if (k < WINDOW_6H)
		amount = fmin(amount, level_decode(l->code[k + 1][s]));
	return level_encode(amount);
}

void adopted_raise(const struct adopted *a, double observed_s,
		   const double length[WINDOWS], struct levels *most)
{
	double lost = fmax(observed_s - COUNTS_S, 0) / DAY_S * LEVEL_OCTAVE;

	if (!(a->watched_s > 0))
		return;
	for (unsigned k = 0; k < WINDOWS; k++) {
		/* A window holds the start until it has left it. */
		bool starts = observed_s < START_PLAY * a->start_s + length[k];
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			uint16_t of = stretched(&a->most, length, k, s);
			uint16_t start = stretched(&a->start, length, k, s);
			uint16_t *to = &most->code[k][s];
			if (starts && start > of)
				of = start;
			if (of - lost > *to)
				*to = (uint16_t)(of - lost);
		}
	}
}

/* As known_at_hour() in past_incidents.c: a routine is known at its hour; what came
 * less often, on another day, for some weeks. */
static bool known_at_hour(const struct adopted_departure *d, double now)
{
	const struct calendar *c = &d->calendar;
	double ago = now - c->last;

	if (c->times >= ROUTINE_COUNT)
		return calendar_at_hour(c, now, PLAY_KNOWN_S);
	return c->times > 0 && ago > DAY_S - PLAY_S && ago < REPORTED_DAYS * DAY_S &&
	       calendar_at_hour(c, now, PLAY_S);
}

void adopted_expects(const struct adopted *a, double now, struct levels *levels)
{
	for (unsigned i = 0; i < a->departure_count; i++)
		if (known_at_hour(&a->departure[i], now))
			levels_raise(levels, &a->departure[i].reach);
}

const struct adopted_departure *adopted_repeated(const struct adopted *a, double now)
{
	const struct adopted_departure *newest = NULL;

	for (unsigned i = 0; i < a->departure_count; i++) {
		const struct adopted_departure *d = &a->departure[i];
		if (known_at_hour(d, now) &&
		    (!newest || d->calendar.last > newest->calendar.last))
			newest = d;
	}
	return newest;
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
