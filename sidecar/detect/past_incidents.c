/* SPDX-License-Identifier: Apache-2.0 */
/* past_incidents.c - remembers departures from the baseline. */
#include "past_incidents.h"

#include <math.h>
#include <string.h>

#include "limits.h"

#define DAY_S 86400.0

void incident_remember(struct learnt *l, const struct incident *i, double now)
{
	struct incident_memory *m = &l->incident[l->incident_next];

	m->start = i->onset;
	m->end = now;
	m->kind = i->kind;
	m->told = i->recurs ? i->repeats : i->reported ? i->onset : 0;
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			m->peak.code[k][s] = level_encode(i->peak[k][s]);
	l->incident_next = (l->incident_next + 1) % INCIDENTS_KEPT;
}

/* Whether two moments are the same time of two different days. */
static bool same_time(double a, double b)
{
	double apart = fabs(a - b);
	double off = fmod(apart, DAY_S);

	return apart > DAY_S - SAME_TIME_S &&
	       (off < SAME_TIME_S || off > DAY_S - SAME_TIME_S);
}

/* Whether an earlier incident began shortly before this one, or at the same time of
 * another day. Such incidents count as one. */
static bool repeats(const struct learnt *l, unsigned at)
{
	for (unsigned i = 0; i < at; i++) {
		double a = l->incident[i].start, b = l->incident[at].start;
		if (l->incident[i].end > 0 &&
		    (fabs(a - b) < SAME_TIME_S || same_time(a, b)))
			return true;
	}
	return false;
}

/* Raises each minimum to the sum of the next longer window. The same bytes could have
 * been sent evenly: whether a minimum window fills depends on the position of its
 * ticks. */
static void bound_minima(struct levels *l, const struct windows *w)
{
	for (unsigned minimum = MINIMUM_SHORT; minimum <= MINIMUM_LONG; minimum++) {
		unsigned k = WINDOW_1M;
		while (k < WINDOW_6H && w->length[k] < w->length[minimum])
			k++;
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			if (l->code[minimum][s] < l->code[k][s])
				l->code[minimum][s] = l->code[k][s];
	}
}

void incidents_routine(const struct learnt *l, const struct windows *w,
		       struct levels *routine)
{
	struct levels top[ROUTINE_COUNT];

	memset(top, 0, sizeof(top));
	for (unsigned i = 0; i < INCIDENTS_KEPT; i++) {
		if (l->incident[i].end == 0 || repeats(l, i))
			continue;
		const uint16_t *peak = &l->incident[i].peak.code[0][0];
		for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++) {
			uint16_t v = peak[j];
			for (unsigned r = 0; r < ROUTINE_COUNT; r++) {
				uint16_t *t = &top[r].code[0][0] + j;
				uint16_t low = *t < v ? *t : v;
				*t = *t > v ? *t : v;
				v = low;
			}
		}
	}
	*routine = top[ROUTINE_COUNT - 1];
	for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++) {
		uint16_t *r = &routine->code[0][0] + j;
		uint16_t most = (&top[0].code[0][0])[j];
		uint16_t reach = level_encode(level_decode(*r) * ROUTINE_RATIO);
		*r = most < reach ? most : reach;
	}
	bound_minima(routine, w);
}

/* Whether an incident of `now` is expected because of an earlier one. */
static bool is_known(const struct incident_memory *m, double now, double reported_s)
{
	if (m->end == 0 || m->told == 0 || now < m->start)
		return false;
	return now - m->end < reported_s ||
	       (now - m->end < REPORTED_DAYS * DAY_S && same_time(now, m->start));
}

const struct incident_memory *incident_repeated(const struct learnt *l, double now,
						double reported_s)
{
	const struct incident_memory *last = NULL;

	for (unsigned i = 0; i < INCIDENTS_KEPT; i++) {
		const struct incident_memory *m = &l->incident[i];
		if (is_known(m, now, reported_s) && (!last || m->end > last->end))
			last = m;
	}
	return last;
}

void incidents_reported(const struct learnt *l, const struct windows *w, double now,
			double reported_s, struct levels *reported)
{
	memset(reported, 0, sizeof(*reported));
	for (unsigned i = 0; i < INCIDENTS_KEPT; i++) {
		const struct incident_memory *m = &l->incident[i];
		if (is_known(m, now, reported_s))
			levels_raise(reported, &m->peak);
	}
	bound_minima(reported, w);
	/* If an hour was reported, six such hours count as reported too. */
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		double hour = level_decode(reported->code[WINDOW_1H][s]);
		uint16_t six = level_encode(6 * hour);
		if (reported->code[WINDOW_6H][s] < six)
			reported->code[WINDOW_6H][s] = six;
	}
}
