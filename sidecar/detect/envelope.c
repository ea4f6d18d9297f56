/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c - records the maximum of each window in the pod's baseline. */
#include "envelope.h"

#include <math.h>
#include <string.h>

#include "limits.h"

#define HOUR_S       3600.0
#define CLIMB_HOURS  6
#define YOUNG_BLOCKS 5 /* a young pod's blocks are shorter by this: one minute */

/* Finds the third and the tenth largest of the kept hours, or a lower rank while there
 * are few hours. Two unusual hours change neither. Encoded levels sort like their
 * amounts. */
static void rank_hours(struct envelope *e, const struct learnt *l)
{
	uint16_t top[TOP_HOURS];

	for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++) {
		unsigned count = l->hour_count < TOP_HOURS ? l->hour_count : TOP_HOURS;

		memset(top, 0, sizeof(top));
		for (unsigned i = 0; i < l->hour_count; i++) {
			uint16_t v = (&l->hour[i].code[0][0])[j];
			if (v <= top[TOP_HOURS - 1])
				continue;
			unsigned at = TOP_HOURS - 1;
			for (; at > 0 && top[at - 1] < v; at--)
				top[at] = top[at - 1];
			top[at] = v;
		}
		(&e->third.code[0][0])[j] = count ? top[RANK_HIGH(count) - 1] : 0;
		(&e->tenth.code[0][0])[j] = count ? top[count - 1] : 0;
	}
}

/* Computes the maximum of the hours older than a day, and of all kept hours. The
 * six-hour sum rises for six hours. So the newest six hours do not count for it,
 * because the maximum would follow the rise. */
static void refresh_hours(struct envelope *e, const struct learnt *l)
{
	struct levels most, old;

	memset(&most, 0, sizeof(most));
	memset(&old, 0, sizeof(old));
	memset(&e->aged, 0, sizeof(e->aged));
	for (unsigned i = l->hour_count; i-- > 0;) {
		unsigned at = (l->hour_next + HOURS_KEPT - 1 - i) % HOURS_KEPT;
		levels_raise(&most, &l->hour[at]);
		if (i == OLD_HOURS)
			e->aged = most;
		if (i == CLIMB_HOURS)
			old = most;
	}
	e->hours = most;
	memcpy(e->hours.code[WINDOW_6H], old.code[WINDOW_6H],
	       sizeof(old.code[WINDOW_6H]));
	if (l->hour_count < 2 * OLD_HOURS || l->hour_next % CLIMB_HOURS == 0)
		rank_hours(e, l);
	e->stretch_due = true;
}

void envelope_init(struct envelope *e, const struct learnt *l)
{
	memset(e, 0, sizeof(*e));
	refresh_hours(e, l);
	rank_hours(e, l);
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			e->threshold[k][s] = INFINITY;
}

static void raise_to(double *restrict peak, const double *restrict value)
{
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		peak[s] = peak[s] > value[s] ? peak[s] : value[s];
}

void envelope_track(struct envelope *e, struct learnt *l, const struct windows *w,
		    double now, double watched, bool all)
{
	unsigned count = all ? WINDOWS : LONGEST_FAST + 1;

	e->fast_s += watched;
	for (unsigned k = 0; k < count; k++) {
		if (now < e->exclude_until[k])
			continue;
		l->known_s[k] += k > LONGEST_FAST ? e->fast_s : watched;
		raise_to(e->peak[k], w->value[k]);
	}
	if (all)
		e->fast_s = 0;
}

void envelope_exclude(struct envelope *e, const struct windows *w, double now)
{
	for (unsigned k = 0; k < WINDOWS; k++)
		e->exclude_until[k] = now + w->length[k];
}

void envelope_drop(struct envelope *e, struct learnt *l, double since)
{
	memset(e->peak, 0, sizeof(e->peak));
	for (unsigned i = 0; i < l->block_count; i++)
		if (l->block_end[i] > since)
			memset(&l->block[i], 0, sizeof(l->block[i]));
}

static void close_block(struct envelope *e, struct learnt *l, double now)
{
	struct levels *b = &l->block[l->block_next];

	if (l->block_count == BLOCKS)
		levels_raise(&l->hour_now, b);
	else
		l->block_count++;
	memset(b, 0, sizeof(*b));
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			b->code[k][s] = level_encode(e->peak[k][s]);
	l->block_end[l->block_next] = now;
	l->block_next = (l->block_next + 1) % BLOCKS;
	l->hour_s += e->filled_s;
	memset(e->peak, 0, sizeof(e->peak));
	e->filled_s = 0;
}

static void close_hour(struct envelope *e, struct learnt *l)
{
	l->hour[l->hour_next] = l->hour_now;
	l->hour_next = (l->hour_next + 1) % HOURS_KEPT;
	if (l->hour_count < HOURS_KEPT)
		l->hour_count++;
	memset(&l->hour_now, 0, sizeof(l->hour_now));
	l->hour_s = 0;
	refresh_hours(e, l);
}

bool envelope_turn(struct envelope *e, struct learnt *l, double learn_s, double now)
{
	double block_s = fmin(fmax(learn_s, BLOCKS), HOUR_S) / BLOCKS;

	if (l->observed_s < learn_s)
		block_s /= YOUNG_BLOCKS;
	if (e->filled_s < block_s * 0.999)
		return false;
	close_block(e, l, now);
	if (l->hour_s >= HOUR_S * 0.999)
		close_hour(e, l);
	return true;
}
