/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c - the most that each measure reached in the pod's everyday. */
#include "envelope.h"

#include <math.h>
#include <string.h>

#include "incidents.h"
#include "limits.h"

#define HOUR_S       3600.0
#define YOUNG_BLOCKS 5   /* a young pod's blocks are so much shorter: one minute */
#define OLD_HOURS    24  /* drift is judged against what is older */
#define DRIFT_MARGIN 4.0 /* a day may be so many times another before it is drift */

/* The most of the kept hours, the newest `skip` left out. */
static void most_of_hours(const struct learnt *l, unsigned skip, struct levels *most)
{
	memset(most, 0, sizeof(*most));
	for (unsigned i = skip; i < l->hour_count; i++) {
		unsigned at = (l->hour_next + HOURS_KEPT - 1 - i) % HOURS_KEPT;
		levels_raise(most, &l->hour[at]);
	}
}

/* The six-hour sum climbs for six hours: what is younger would follow its climb. */
static void refresh_hours(struct envelope *e, const struct learnt *l)
{
	struct levels old;

	most_of_hours(l, 0, &e->hours);
	most_of_hours(l, 6, &old);
	memcpy(e->hours.code[SUM_6H], old.code[SUM_6H], sizeof(old.code[SUM_6H]));
	most_of_hours(l, OLD_HOURS, &e->aged);
}

void envelope_init(struct envelope *e, const struct learnt *l)
{
	memset(e, 0, sizeof(*e));
	refresh_hours(e, l);
	for (unsigned k = 0; k < MEASURES; k++)
		for (unsigned s = 0; s < LANES; s++)
			e->threshold[k][s] = INFINITY;
}

void envelope_track(struct envelope *e, struct learnt *l, const struct windows *w,
		    double now, double watched)
{
	for (unsigned k = 0; k < MEASURES; k++) {
		if (now < e->clean_at[k])
			continue;
		l->known_s[k] += watched;
		for (unsigned s = 0; s < LANES; s++)
			e->peak[k][s] = e->peak[k][s] > w->value[k][s] ? e->peak[k][s]
								       : w->value[k][s];
	}
}

void envelope_soil(struct envelope *e, const struct windows *w, double now)
{
	for (unsigned k = 0; k < MEASURES; k++)
		e->clean_at[k] = now + w->length[k];
}

void envelope_drop(struct envelope *e, struct learnt *l, double since)
{
	memset(e->peak, 0, sizeof(e->peak));
	for (unsigned i = 0; i < l->block_count; i++)
		if (l->block_end[i] > since)
			memset(&l->block[i], 0, sizeof(l->block[i]));
}

static void close_block(struct envelope *e, struct learnt *l, double now, bool keep)
{
	struct levels *b = &l->block[l->block_next];

	if (l->block_count == BLOCKS)
		levels_raise(&l->hour_now, b);
	else
		l->block_count++;
	memset(b, 0, sizeof(*b));
	for (unsigned k = 0; keep && k < MEASURES; k++)
		for (unsigned s = 0; s < LANES; s++)
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

bool envelope_turn(struct envelope *e, struct learnt *l, const struct windows *w,
		   const struct detect_options *options, double now, bool keep)
{
	double block_s = fmin(fmax(options->learn_s, BLOCKS), HOUR_S) / BLOCKS;

	if (l->observed_s < options->learn_s)
		block_s /= YOUNG_BLOCKS;
	if (e->filled_s < block_s * 0.999)
		return false;
	close_block(e, l, now, keep);
	if (l->hour_s >= HOUR_S * 0.999)
		close_hour(e, l);
	envelope_settle(e, l, w, options, now);
	return true;
}

/* What a young pod did since it was last quiet is its everyday only when that has gone
 * on for a while. */
static double usable_until(const struct learnt *l, const struct detect_options *options,
			   double now)
{
	bool woke = l->observed_s < options->learn_s && l->low_since == 0 &&
		    l->low_until > 0 && now - l->low_until <= options->learn_s / 6;

	return woke ? l->low_until : now;
}

/* The everyday's most, as far as it is old enough for each measure. */
static void gather_usual(struct envelope *e, const struct learnt *l,
			 const struct windows *w, const struct detect_options *options,
			 double now)
{
	double until = usable_until(l, options, now);

	struct levels most = e->hours, routine;

	for (unsigned k = 0; k < MEASURES; k++) {
		if (k == SUM_6H)
			continue;
		for (unsigned s = 0; s < LANES; s++)
			if (l->hour_now.code[k][s] > most.code[k][s])
				most.code[k][s] = l->hour_now.code[k][s];
		for (unsigned i = 0; i < l->block_count && k != SUM_1H; i++)
			for (unsigned s = 0; s < LANES; s++)
				if (until - l->block_end[i] >= w->length[k] &&
				    l->block[i].code[k][s] > most.code[k][s])
					most.code[k][s] = l->block[i].code[k][s];
	}
	incidents_routine(l, w, &routine);
	if (l->accepted_s > 0 && l->observed_s - l->accepted_s < 2 * OLD_HOURS * HOUR_S)
		levels_raise(&routine, &l->accepted);
	levels_raise(&most, &routine);
	levels_raise(&routine, &e->aged);
	for (unsigned s = 0; s < LANES; s++)
		e->old[s] = level_decode(routine.code[SUM_1H][s]);
	for (unsigned k = 0; k < MEASURES; k++)
		for (unsigned s = 0; s < LANES; s++)
			e->usual[k][s] = level_decode(most.code[k][s]);
}

/* How much greater than anything so far the next burst may be by chance: the tail
 * beyond the hundredth part is taken for a power law, whose exponent is read off
 * between two quantiles a decade apart (Pickands, "Statistical inference using extreme
 * order statistics", 1975, in its simplest form), and n hours have shown their
 * greatest. */
static double tail_stretch(const struct histogram *h, double least, double hours)
{
	double n = (double)histogram_total(h), exponent = TAIL_UNKNOWN;

	if (n >= TAIL_SAMPLES) {
		double far = fmax(0.001, 1 / n);
		double high = fmax(histogram_above(h, far), least);
		double low = fmax(histogram_above(h, far * 10), least);
		exponent = fmin(log10(high / low), TAIL_MAX);
	}
	return fmin(pow(fmax(24 / (fmax(hours, 1) * CHANCE_A_DAY), 1), exponent),
		    TAIL_STRETCH_MAX);
}

/* What is not known of a long window yet is bounded by the shorter one: no window
 * carries more than the shorter windows that it is made of. A long window is known when
 * three of them have passed, and that of six hours after a day. */
static void bound_unknown(struct envelope *e, const struct learnt *l,
			  const struct windows *w, unsigned s)
{
	static const enum measure shorter[MEASURES] = {
	    [SUM_1M] = SUM_10S, [SUM_10M] = SUM_1M,    [SUM_1H] = SUM_10M,
	    [SUM_6H] = SUM_1H,  [HELD_SHORT] = SUM_1M, [HELD_LONG] = SUM_10M,
	};
	double watched = l->lane_s[s] - l->warm_until_s;

	for (unsigned k = SUM_1M; k < MEASURES; k++) {
		double needed = k == SUM_6H ? OLD_HOURS * HOUR_S : 3 * w->length[k];
		double bound =
		    e->usual[shorter[k]][s] * w->length[k] / w->length[shorter[k]];
		if (fmin(watched, l->known_s[k]) < needed && e->usual[k][s] < bound)
			e->usual[k][s] = bound;
	}
}

static double youth(const struct learnt *l, unsigned s,
		    const struct detect_options *options)
{
	if (options->profile == PROFILE_DORMANT)
		return 1;
	if (l->state == POD_DORMANT && l->lane_s[s] >= options->learn_s)
		return 1;
	return 1 + YOUTH * options->learn_s / fmax(l->lane_s[s], 1);
}

/* Drift: a day may be several times another, and twice the floor beside. */
static void settle_old(struct envelope *e, const struct learnt *l,
		       const struct windows *w, const struct detect_options *options,
		       unsigned s)
{
	double floor_scale = limit_floor_scale(options->sensitivity);

	if (l->hour_count < 2 * OLD_HOURS)
		e->old[s] = INFINITY;
	else
		e->old[s] = e->old[s] * DRIFT_MARGIN +
			    2 * floor_scale *
				limit_floor(s, SUM_1H, w->length[SUM_1H], e->own_known);
}

static void settle_lane(struct envelope *e, const struct learnt *l,
			const struct windows *w, const struct detect_options *options,
			unsigned s)
{
	double young = youth(l, s, options), tail = 1;
	double scale = limit_floor_scale(options->sensitivity) * young;
	double allowance = 0;
	enum measure finest = SUM_10S;

	if (s < SIGNAL_COUNT) {
		double length = w->length[SUM_10S];
		double f = limit_floor(s, SUM_10S, length, e->own_known) / length;
		tail = tail_stretch(&l->histogram[s], f * TAIL_LEAST,
				    l->lane_s[s] / HOUR_S);
	}
	while (finest < SUM_6H && w->length[finest] >= w->length[finest + 1])
		finest++;
	double ordinary = limit_margin(finest, options->sensitivity);
	if (tail > ordinary)
		allowance = (tail - ordinary) * e->usual[finest][s];
	for (unsigned k = 0; k < MEASURES; k++) {
		double margin = 1 + (limit_margin(k, options->sensitivity) - 1) * young;
		double *t = &e->threshold[k][s];
		*t = e->usual[k][s] * margin + (k < SUMS ? allowance : 0) +
		     limit_floor(s, k, w->length[k], e->own_known) * scale;
		if (k < finest ||
		    (l->lane_s[s] - l->warm_until_s < options->learn_s / 20 &&
		     options->profile != PROFILE_DORMANT))
			*t = INFINITY;
	}
}

void envelope_settle(struct envelope *e, const struct learnt *l,
		     const struct windows *w, const struct detect_options *options,
		     double now)
{
	e->own_known = l->lane_s[SIGNAL_TCP_INITIATED_TX_BYTES] > 0;
	gather_usual(e, l, w, options, now);
	for (unsigned s = 0; s < LANES; s++) {
		if (options->profile != PROFILE_DORMANT)
			bound_unknown(e, l, w, s);
		settle_lane(e, l, w, options, s);
		settle_old(e, l, w, options, s);
	}
}
