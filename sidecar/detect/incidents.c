/* SPDX-License-Identifier: Apache-2.0 */
/* incidents.c - departures from the everyday, remembered. */
#include "incidents.h"

#include <math.h>
#include <string.h>

#include "limits.h"

#define DAY_S 86400.0

void incident_peaks(struct incident *i, const struct windows *w)
{
	for (unsigned k = 0; k < MEASURES; k++)
		for (unsigned s = 0; s < LANES; s++)
			i->peak[k][s] = fmax(i->peak[k][s], w->value[k][s]);
}

void incident_remember(struct learnt *l, const struct incident *i, double now)
{
	struct incident_memory *m = &l->incident[l->incident_next];

	m->start = i->onset;
	m->end = now;
	for (unsigned k = 0; k < MEASURES; k++)
		for (unsigned s = 0; s < LANES; s++)
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

/* Whether an earlier one was shortly before, or at the same time of another day:
 * together they are one. */
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

/* Whoever sent so much in a window may as well have sent it evenly: whether a measure
 * of what was held is filled depends on where its ticks fall. */
static void bound_held(struct levels *l, const struct windows *w)
{
	for (unsigned held = HELD_SHORT; held <= HELD_LONG; held++) {
		unsigned k = SUM_1M;
		while (k < SUM_6H && w->length[k] < w->length[held])
			k++;
		for (unsigned s = 0; s < LANES; s++)
			if (l->code[held][s] < l->code[k][s])
				l->code[held][s] = l->code[k][s];
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
		for (unsigned j = 0; j < MEASURES * LANES; j++) {
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
	for (unsigned j = 0; j < MEASURES * LANES; j++) {
		uint16_t *r = &routine->code[0][0] + j;
		uint16_t most = (&top[0].code[0][0])[j];
		uint16_t reach = level_encode(level_decode(*r) * ROUTINE_RATIO);
		*r = most < reach ? most : reach;
	}
	bound_held(routine, w);
}

void incidents_told(const struct learnt *l, const struct windows *w, double now,
		    double told_s, struct levels *told)
{
	memset(told, 0, sizeof(*told));
	for (unsigned i = 0; i < INCIDENTS_KEPT; i++) {
		const struct incident_memory *m = &l->incident[i];
		if (m->end == 0 || now < m->start)
			continue;
		bool lately = now - m->end < told_s;
		bool daily =
		    now - m->end < TOLD_DAYS * DAY_S && same_time(now, m->start);
		if (lately || daily)
			levels_raise(told, &m->peak);
	}
	bound_held(told, w);
	/* What was told of an hour and goes on like that for six is told. */
	for (unsigned s = 0; s < LANES; s++) {
		double hour = level_decode(told->code[SUM_1H][s]);
		uint16_t six = level_encode(6 * hour);
		if (told->code[SUM_6H][s] < six)
			told->code[SUM_6H][s] = six;
	}
}
