/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c - records the maximum of each window in the pod's baseline. */
#include "envelope.h"

#include <math.h>
#include <string.h>

#include "limits.h"

#define STEADY_HOURS 48
#define STEADY_RATIO 1.6
#define YOUNG_BLOCKS 5 /* a young pod's blocks are shorter by this: one minute */

/* EPISODE_HOURS: peaks that are this close are one episode, because the windows reach
 * into the next hour. FADE_HOURS: half a day, because a day's peak returns on the next.
 * EPISODE_RATIO: four times, in encoded levels, like ROUTINE_RATIO. */
#define EPISODE_HOURS 2
#define FADE_HOURS    12
#define EPISODE_RATIO (2 * LEVEL_OCTAVE)

/* Finds the largest hour that is not within EPISODE_HOURS of an earlier find. Returns
 * its level, and sets *at to its age. */
static uint16_t largest_apart(const struct learnt *l, unsigned j, const unsigned *found,
			      unsigned count, unsigned *at)
{
	uint16_t most = 0;

	for (unsigned age = 0; age < l->hour_count; age++) {
		uint16_t v = (&learnt_hour(l, age)->code[0][0])[j];
		if (v <= most)
			continue;
		bool apart = true;
		for (unsigned i = 0; i < count; i++)
			apart = apart && (age > found[i] + EPISODE_HOURS ||
					  found[i] > age + EPISODE_HOURS);
		if (apart) {
			most = v;
			*at = age;
		}
	}
	return most;
}

/* Returns the level of the third largest episode: a peak with the hours around it. */
static uint16_t third_episode(const struct learnt *l, unsigned j)
{
	unsigned found[ROUTINE_COUNT] = {0};
	uint16_t level = 0;

	for (unsigned i = 0; i < ROUTINE_COUNT; i++) {
		level = largest_apart(l, j, found, i, &found[i]);
		if (level == 0)
			return 0;
	}
	return level;
}

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

static void rank_episodes(struct envelope *e, const struct learnt *l)
{
	if (l->hour_count > FADE_HOURS)
		for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++)
			(&e->episode.code[0][0])[j] = third_episode(l, j);
}

/* Raises `to` to the levels of an hour of that age. What three episodes have reached is
 * the pod's routine, and so are levels up to EPISODE_RATIO times as high. What is
 * higher did not come back: it counts for FADE_HOURS, and then for half as much each
 * hour. So one burst in a pod's first hours does not hide another for a month. */
static void raise_faded(const struct envelope *e, struct levels *to,
			const struct levels *from, unsigned age)
{
	const uint16_t *hour = &from->code[0][0], *episode = &e->episode.code[0][0];
	uint16_t *most = &to->code[0][0];

	if (age <= FADE_HOURS) {
		levels_raise(to, from);
		return;
	}
	int32_t lost = (int32_t)(age - FADE_HOURS) * LEVEL_OCTAVE;
	for (unsigned j = 0; j < WINDOWS * SERIES_COUNT; j++) {
		int32_t faded = hour[j] - lost;
		int32_t kept = episode[j] ? episode[j] + EPISODE_RATIO : 0;
		int32_t counts = faded > kept ? faded : kept;
		counts = counts < hour[j] ? counts : hour[j];
		most[j] = counts > most[j] ? (uint16_t)counts : most[j];
	}
}

/* Finds the series whose hours are alike, window by window: after two days, all but a
 * tenth of the hours come within STEADY_RATIO of the largest. */
static void find_steady(struct envelope *e, const struct learnt *l)
{
	memset(e->steady, 0, sizeof(e->steady));
	if (l->hour_count < STEADY_HOURS)
		return;
	for (unsigned k = WINDOW_1H; k <= WINDOW_6H; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			uint16_t most = l->hour_now.code[k][s];
			unsigned alike = 0;

			for (unsigned i = 0; i < l->hour_count; i++)
				most = l->hour[i].code[k][s] > most
					   ? l->hour[i].code[k][s]
					   : most;
			uint16_t low = level_encode(level_decode(most) / STEADY_RATIO);
			for (unsigned i = 0; i < l->hour_count; i++)
				alike += l->hour[i].code[k][s] >= low;
			if (most > 0 && alike >= 0.9 * l->hour_count)
				e->steady[k] |= 1u << s;
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
	if (l->hour_count < 2 * OLD_HOURS || l->hour_next % CLIMB_HOURS == 0)
		rank_hours(e, l);
	if (l->hour_count <= OLD_HOURS || l->hour_next % CLIMB_HOURS == 0)
		rank_episodes(e, l);
	if (l->hour_next % CLIMB_HOURS == 0)
		find_steady(e, l);
	for (unsigned age = l->hour_count; age-- > 0;) {
		raise_faded(e, &most, learnt_hour(l, age), age);
		if (age == OLD_HOURS)
			e->aged = most;
		if (age == CLIMB_HOURS)
			old = most;
	}
	e->hours = most;
	e->before = old;
	memcpy(e->hours.code[WINDOW_6H], old.code[WINDOW_6H],
	       sizeof(old.code[WINDOW_6H]));
	e->stretch_due = true;
}

void envelope_refill(struct envelope *e, const struct learnt *l)
{
	const struct adopted adopted = e->adopted;

	envelope_init(e, l);
	e->adopted = adopted;
}

void envelope_most(const struct envelope *e, const struct learnt *l, unsigned newest,
		   struct levels *most)
{
	memset(most, 0, sizeof(*most));
	for (unsigned age = l->hour_count; age-- > newest;)
		raise_faded(e, most, learnt_hour(l, age), age);
	if (newest > 0)
		return;
	levels_raise(most, &l->hour_now);
	for (unsigned i = 0; i < l->block_count; i++)
		levels_raise(most, &l->block[i]);
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			uint16_t peak = level_encode(e->peak[k][s]);
			if (peak > most->code[k][s])
				most->code[k][s] = peak;
		}
}

void envelope_init(struct envelope *e, const struct learnt *l)
{
	memset(e, 0, sizeof(*e));
	rank_hours(e, l);
	rank_episodes(e, l);
	find_steady(e, l);
	refresh_hours(e, l);
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			e->threshold[k][s] = INFINITY;
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
		windows_raise_peaks(w, k, e->peak[k]);
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
