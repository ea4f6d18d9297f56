/* SPDX-License-Identifier: Apache-2.0 */
/* past_incidents.c - remembers departures from the baseline. */
#include "past_incidents.h"

#include <math.h>
#include <string.h>

#include "limits.h"
#include "routines.h"
#include "spread.h"

/* --- what is remembered ----------------------------------------------------------- */

/* Occasions at the same time of day are one entry when their sizes are within this
 * ratio. */
#define ALIKE_RATIO 8.0

/* Three occasions this close that each exceed the one before, by half at least (in
 * encoded levels), are a rise. */
#define GROWS_S      (2 * DAY_S)
#define GROWS_LEVELS (LEVEL_OCTAVE * 585 / 1000)

static void levels_take(struct levels *to, const struct incident *i)
{
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			to->code[k][s] = level_encode(i->peak[k][s]);
}

/* Returns how much larger or smaller the incident is than the largest of the entry, as
 * a ratio of 1 or more: by the window and series that show the incident best. */
static double ratio_to(const struct incident_memory *m, const struct incident *i)
{
	double a = level_decode(m->top[0].code[i->window][i->series]);
	double b = i->peak[i->window][i->series];

	return a > 0 && b > 0 ? fmax(a / b, b / a) : INFINITY;
}

static double play_of(const struct incident_memory *m)
{
	return routine_has_hour(m) ? PLAY_KNOWN_S : PLAY_S;
}

/* Whether the incident began so soon after the entry's last one that both are the same
 * occasion. Pulses that go on for hours are one. */
static bool same_occasion(const struct incident_memory *m, double onset)
{
	return fabs(onset - m->start) < PLAY_S;
}

/* Whether the incident is another occasion of the entry, or belongs to its last one. A
 * routine is known, so it takes only what was not news. What shows a higher kind is
 * another. */
static bool is_like(const struct incident_memory *m, const struct incident *i)
{
	if (m->end == 0 || ratio_to(m, i) > ALIKE_RATIO ||
	    (routine_has_hour(m) && !i->recurs) ||
	    alert_kind_rank(i->kind) > alert_kind_rank(m->kind))
		return false;
	return same_occasion(m, i->onset) ||
	       calendar_at_hour(&m->calendar, i->onset, play_of(m));
}

static struct incident_memory *find_like(struct learnt *l, const struct incident *i)
{
	struct incident_memory *best = NULL;

	for (unsigned at = 0; at < INCIDENTS_KEPT; at++) {
		struct incident_memory *m = &l->incident[at];
		if (is_like(m, i) && (!best || ratio_to(m, i) < ratio_to(best, i)))
			best = m;
	}
	return best;
}

/* Whether the entry is a worse one to lose than the other: routines are kept longest,
 * then what is recent. */
static bool is_worth_more(const struct incident_memory *m,
			  const struct incident_memory *other)
{
	if ((m->routine > 0) != (other->routine > 0))
		return m->routine > 0;
	return m->end > other->end;
}

/* Returns an empty entry, or that of the least useful incident. */
static struct incident_memory *take_entry(struct learnt *l)
{
	struct incident_memory *least = &l->incident[0];

	for (unsigned at = 1; at < INCIDENTS_KEPT; at++)
		if (is_worth_more(least, &l->incident[at]))
			least = &l->incident[at];
	return least;
}

static double told_of(const struct incident *i)
{
	if (i->recurs)
		return i->repeats;
	return i->reported ? i->onset : 0;
}

/* Returns the signal that a series derives from. */
static uint32_t signal_of(unsigned series)
{
	if (series < SIGNAL_COUNT)
		return series;
	return series == SERIES_UNSOLICITED ? SIGNAL_TCP_INITIATED_TX_BYTES
					    : SIGNAL_TX_BYTES;
}

void incident_describe(const struct incident *i, double now, struct incident_memory *m)
{
	memset(m, 0, sizeof(*m));
	m->start = i->onset;
	m->end = now;
	m->told = told_of(i);
	m->kind = i->kind;
	m->bytes_most = i->amount[SIGNAL_TX_BYTES];
	m->bytes_log = log2(1 + m->bytes_most);
	m->signal = signal_of(i->series);
	calendar_begin(&m->calendar, i->onset);
	levels_take(&m->top[0], i);
}

/* Follows how far repeats grow beyond the reported one. They do not make each other
 * known: a chain of them would grow without end. */
static void follow_growth(struct incident_memory *m, const struct incident *i)
{
	double before = level_decode(m->top[0].code[i->window][i->series]);
	double now = i->peak[i->window][i->series];

	if (!i->recurs)
		m->grown = 1;
	else if (before > 0 && now > before)
		m->grown *= now / before;
}

static void remember_more(struct incident_memory *m, const struct incident *i,
			  double now)
{
	double told = told_of(i), bytes = i->amount[SIGNAL_TX_BYTES];
	struct levels peak;

	bool same = same_occasion(m, i->onset) ||
		    i->onset - m->calendar.last < DAY_S - PLAY_KNOWN_S;

	levels_take(&peak, i);
	follow_growth(m, i);
	m->start = i->onset;
	m->end = now;
	m->told = told > 0 ? told : m->told;
	m->bytes_most = fmax(m->bytes_most, bytes);
	if (same) {
		levels_raise(&m->top[0], &peak);
		return;
	}
	calendar_add(&m->calendar, i->onset);
	m->bytes_log += (log2(1 + bytes) - m->bytes_log) / m->calendar.times;
	levels_sort_in(m->top, &peak);
}

/* Returns by how much a repeat at another time of day exceeds the reported incident. */
static double growth_beyond(const struct learnt *l, const struct incident *i)
{
	for (unsigned at = 0; i->recurs && at < INCIDENTS_KEPT; at++) {
		const struct incident_memory *m = &l->incident[at];
		double told = level_decode(m->top[0].code[i->window][i->series]);
		if (m->end > 0 && m->told == i->repeats && told > 0)
			return fmax(i->peak[i->window][i->series] * m->grown / told, 1);
	}
	return 1;
}

void incident_remember(struct learnt *l, const struct incident *i, double now)
{
	struct incident_memory *m = find_like(l, i);

	spread_add(l, i);
	if (m) {
		remember_more(m, i, now);
	} else {
		double grown = growth_beyond(l, i); /* before an entry is replaced */
		m = take_entry(l);
		incident_describe(i, now, m);
		m->grown = grown;
	}
	routine_note(l, m, i->window, i->series);
}

/* --- what it explains ------------------------------------------------------------- */

/* Returns the level up to which a routine of no larger occasions than `most` is
 * expected, when the third largest is `third`. The next may exceed the largest by half
 * of the distance between these two, in logarithms. But it counts only up to
 * ROUTINE_RATIO times the third: once is not a routine. */
static uint16_t reach(uint16_t most, uint16_t third)
{
	double a = level_decode(most), b = level_decode(third);

	if (most == third || third == 0)
		return third;
	return level_encode(fmin(a * sqrt(a / b), b * ROUTINE_RATIO));
}

void incident_reach(const struct incident_memory *m, struct levels *level)
{
	const uint16_t *most = &m->top[0].code[0][0];
	const uint16_t *third = &m->top[ROUTINE_COUNT - 1].code[0][0];
	uint16_t *to = &level->code[0][0];

	for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++)
		to[j] = reach(most[j], third[j]);
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

/* Returns what the largest separate entries say of one window and series. Sizes that
 * have grown from each to the next within GROWS_S are no spread: then only what the
 * third has reached is expected. */
static uint16_t separate_reach(const struct incident_memory *const *separate,
			       unsigned count, unsigned j)
{
	uint16_t level[ROUTINE_COUNT] = {0};
	double start[ROUTINE_COUNT] = {0};

	for (unsigned at = 0; at < count; at++) {
		uint16_t v = (&separate[at]->top[0].code[0][0])[j];
		if (v <= level[ROUTINE_COUNT - 1])
			continue;
		unsigned r = ROUTINE_COUNT - 1;
		for (; r > 0 && level[r - 1] < v; r--) {
			level[r] = level[r - 1];
			start[r] = start[r - 1];
		}
		level[r] = v;
		start[r] = separate[at]->start;
	}
	uint16_t third = level[ROUTINE_COUNT - 1];
	bool grows = start[0] - start[ROUTINE_COUNT - 1] < GROWS_S;
	for (unsigned r = 1; r < ROUTINE_COUNT; r++)
		grows = grows && start[r - 1] > start[r] &&
			level[r - 1] - level[r] >= GROWS_LEVELS;
	return grows ? third : reach(level[0], third);
}

void incidents_routine(const struct learnt *l, const struct windows *w,
		       struct levels *routine)
{
	const struct incident_memory *separate[INCIDENTS_KEPT];
	unsigned count = 0;

	memset(routine, 0, sizeof(*routine));
	for (unsigned at = 0; at < INCIDENTS_KEPT; at++)
		if (routine_is_separate(l, at))
			separate[count++] = &l->incident[at];
	if (count < ROUTINE_COUNT)
		return;
	const double spread = spread_ratio(l);
	for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++) {
		uint16_t level = separate_reach(separate, count, j);
		(&routine->code[0][0])[j] =
		    spread > 1 ? level_encode(level_decode(level) * spread) : level;
	}
	bound_minima(routine, w);
}

/* Whether an incident that begins at `now` is expected because of what was reported at
 * this time of day. */
static bool known_at_hour(const struct incident_memory *m, double now)
{
	double ago = now - m->end;

	if (routine_has_hour(m))
		return calendar_at_hour(&m->calendar, now, PLAY_KNOWN_S);
	return now - m->calendar.last > DAY_S - PLAY_S && ago < REPORTED_DAYS * DAY_S &&
	       calendar_at_hour(&m->calendar, now, PLAY_S);
}

static bool is_told(const struct incident_memory *m, double now)
{
	return m->end > 0 && m->told > 0 && now >= m->start;
}

const struct incident_memory *incident_repeated(const struct learnt *l, double now,
						double reported_s)
{
	const struct incident_memory *last = NULL, *hour = NULL;

	for (unsigned at = 0; at < INCIDENTS_KEPT; at++) {
		const struct incident_memory *m = &l->incident[at];
		if (!is_told(m, now))
			continue;
		if (known_at_hour(m, now) && (!hour || m->end > hour->end))
			hour = m;
		if (now - m->end < reported_s && (!last || m->end > last->end))
			last = m;
	}
	return hour ? hour : last;
}

/* Raises the levels to those of the reported incident. */
static void raise_told(const struct incident_memory *m, struct levels *reported)
{
	struct levels level = m->top[0];
	uint16_t *code = &level.code[0][0];

	for (unsigned j = 0; m->grown > 1 && j < WINDOWS * SERIES_COUNT; j++)
		code[j] = level_encode(level_decode(code[j]) / m->grown);
	levels_raise(reported, &level);
}

/* Raises the levels to what an entry explains at `now`. */
static void raise_known(const struct incident_memory *m, double now, double reported_s,
			struct levels *reported)
{
	struct levels level = {0};
	bool at_hour = known_at_hour(m, now);

	if (now - m->end < reported_s || at_hour)
		raise_told(m, reported);
	if (!at_hour || !routine_has_hour(m))
		return;
	incident_reach(m, &level);
	levels_raise(reported, &level);
}

void incidents_reported(const struct learnt *l, double now, double reported_s,
			struct levels *reported)
{
	memset(reported, 0, sizeof(*reported));
	for (unsigned at = 0; at < INCIDENTS_KEPT; at++)
		if (is_told(&l->incident[at], now))
			raise_known(&l->incident[at], now, reported_s, reported);
}

void incidents_complete(const struct windows *w, struct levels *reported)
{
	bound_minima(reported, w);
	/* If an hour was reported, six such hours count as reported too. */
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		double hour = level_decode(reported->code[WINDOW_1H][s]);
		uint16_t six = level_encode(6 * hour);
		if (reported->code[WINDOW_6H][s] < six)
			reported->code[WINDOW_6H][s] = six;
	}
}
