/* SPDX-License-Identifier: Apache-2.0 */
/* routines.c - when past incidents become a routine, and what it looks like. */
#include "routines.h"

#include <math.h>

#include "detector.h"

_Static_assert(ROUTINES_MAX == INCIDENTS_KEPT, "each entry may be a routine");

static bool near(const struct incident_memory *m, double start)
{
	return calendar_apart(m->start, start) < PLAY_S ||
	       calendar_apart(m->calendar.last, start) < PLAY_S;
}

static bool counts_as_one(const struct incident_memory *a,
			  const struct incident_memory *b)
{
	return near(a, b->start) || near(a, b->calendar.last);
}

bool routine_is_separate(const struct learnt *l, unsigned at)
{
	const struct incident_memory *m = &l->incident[at];

	if (m->end == 0)
		return false;
	for (unsigned i = 0; i < at; i++)
		if (l->incident[i].end > 0 && counts_as_one(&l->incident[i], m))
			return false;
	return true;
}

/* --- becoming one ----------------------------------------------------------------- */

/* Finds the separate entries that reached the same level as `m`, itself included.
 * Returns how many. */
static unsigned find_peers(struct learnt *l, struct incident_memory *m, unsigned window,
			   unsigned series, struct incident_memory **peers)
{
	double level = level_decode(m->top[0].code[window][series]);
	unsigned count = 0;

	peers[count++] = m;
	for (unsigned at = 0; at < INCIDENTS_KEPT; at++) {
		struct incident_memory *e = &l->incident[at];
		double other = level_decode(e->top[0].code[window][series]);
		bool peer = e->end > 0 && other <= level * ROUTINE_RATIO &&
			    level <= other * ROUTINE_RATIO;
		for (unsigned i = 0; peer && i < count; i++)
			peer = !counts_as_one(e, peers[i]);
		if (peer)
			peers[count++] = e;
	}
	return count;
}

/* Gives all of them the number of the routine that one of them belongs to, or a new
 * one. What is a routine of its own hour keeps its number. */
static void join(struct learnt *l, struct incident_memory **peers, unsigned count)
{
	uint32_t number = 0;

	for (unsigned i = 0; i < count; i++)
		if (!routine_has_hour(peers[i]) && peers[i]->routine > number)
			number = peers[i]->routine;
	if (number == 0)
		number = ++l->routines_ever;
	for (unsigned i = 0; i < count; i++)
		if (peers[i]->routine == 0)
			peers[i]->routine = number;
}

void routine_note(struct learnt *l, struct incident_memory *m, enum window window,
		  unsigned series)
{
	struct incident_memory *peers[INCIDENTS_KEPT];

	if (m->routine > 0)
		return;
	if (routine_has_hour(m)) {
		m->routine = ++l->routines_ever;
		return;
	}
	unsigned count = find_peers(l, m, window, series, peers);
	if (count >= ROUTINE_COUNT)
		join(l, peers, count);
}

/* --- what it looks like ----------------------------------------------------------- */

static void view_clear_hour(struct routine_view *view)
{
	view->days = ROUTINE_NO_FIXED_TIME;
	view->second_of_day = view->every_days = 0;
	view->weekday = view->month_day = 0;
}

void incident_view(const struct incident_memory *m, struct routine_view *view)
{
	*view = (struct routine_view){
	    .number = m->routine,
	    .signal = (enum signal)m->signal,
	    .times = m->calendar.times,
	    .first = m->calendar.first,
	    .last = m->calendar.last,
	    .typical_bytes = exp2(m->bytes_log) - 1,
	    .most_bytes = m->bytes_most,
	};
	calendar_describe(&m->calendar, view);
	if (!routine_has_hour(m))
		view_clear_hour(view);
}

/* Adds another entry of the same routine: it is at another hour. */
static void view_more(const struct incident_memory *m, struct routine_view *view)
{
	double sum = log2(1 + view->typical_bytes) * view->times +
		     m->bytes_log * m->calendar.times;

	view->times += m->calendar.times;
	view->typical_bytes = exp2(sum / view->times) - 1;
	view->most_bytes = fmax(view->most_bytes, m->bytes_most);
	view->first = fmin(view->first, m->calendar.first);
	view->last = fmax(view->last, m->calendar.last);
	view_clear_hour(view);
}

/* Returns false when no entry has this number any more. */
static bool view_of(const struct learnt *l, uint32_t number, struct routine_view *view)
{
	bool found = false;

	for (unsigned at = 0; at < INCIDENTS_KEPT; at++) {
		const struct incident_memory *m = &l->incident[at];
		if (m->end == 0 || m->routine != number)
			continue;
		if (found)
			view_more(m, view);
		else
			incident_view(m, view);
		found = true;
	}
	return found;
}

bool detector_routine_at(const struct detector *d, size_t place,
			 struct routine_view *view)
{
	const struct learnt *l = &d->learnt;
	const struct incident_memory *m = &l->incident[place];

	if (m->end == 0 || m->routine == 0)
		return false;
	for (size_t before = 0; before < place; before++)
		if (l->incident[before].end > 0 &&
		    l->incident[before].routine == m->routine)
			return false;
	return view_of(l, m->routine, view);
}

bool detector_routine_learnt(struct detector *d, struct routine_view *view)
{
	struct learnt *l = &d->learnt;

	while (l->routines_said < l->routines_ever)
		if (view_of(l, ++l->routines_said, view))
			return true;
	return false;
}

uint64_t detector_routines_learnt(const struct detector *d)
{
	return d->learnt.routines_ever;
}
