/* SPDX-License-Identifier: Apache-2.0 */
/* thresholds.c - computes thresholds from what was learnt. */
#include <math.h>

#include "envelope.h"
#include "limits.h"
#include "past_incidents.h"
#include "young.h"

/* Of one further destination, the share of an hour's intervals that must have it; what
 * is growth in a pod that has many; and how often the hours' own spread is allowed. */
#define LASTING_LEAST  0.75
#define LASTING_SHARE  0.3
#define LASTING_SPREAD 3

#define DRIFT_MARGIN 4.0 /* days may differ by this factor without drift */

/* Returns until when a young pod's blocks count as baseline. Its traffic since it was
 * last quiet counts only after a while. */
static double usable_until(const struct envelope *e, const struct learnt *l,
			   const struct detect_options *options, double now)
{
	bool woke = young_pod(e, l, options) && l->low_since == 0 &&
		    young_woke(l, options, now);

	return woke ? l->low_until : now;
}

/* Returns what the last hours may show at most, where the hours before have shown
 * `old`. The largest seconds and minutes of a pod of days are known: bursts that exceed
 * them, but not yet the threshold, must not raise it for larger ones. */
static double climb_most(const struct envelope *e, const struct learnt *l,
			 const struct windows *w, unsigned k, unsigned s, double old)
{
	if (watched_hours(e, l, s) >= SETTLED_HOURS && k <= WINDOW_1M)
		return old;
	return CLIMB_RATIO * old + limit_floor(s, k, w->length[k], e->own_known);
}

/* Bounds what the last hours may add. Each may exceed those before it within its
 * margin, so a chain of small rises would teach any level. Three hours before them are
 * the least to compare with, or the siblings' hours. */
static void bound_climb(const struct envelope *e, const struct learnt *l,
			const struct windows *w, struct levels *most)
{
	bool few_hours = l->hour_count < CLIMB_HOURS + 3;
	struct levels before = e->before;

	adopted_raise(&e->adopted, l->observed_s, w->length, &before);
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			double old = level_decode(before.code[k][s]);
			bool adopted = e->adopted.series_s[s] > 0;
			if (k == WINDOW_6H || s == SERIES_UNSOLICITED ||
			    (!adopted && (old <= 0 || few_hours)))
				continue;
			uint16_t bound = level_encode(climb_most(e, l, w, k, s, old));
			if (most->code[k][s] > bound)
				most->code[k][s] = bound;
		}
}

/* What a young pod has done since its start counts where that is judged from its first
 * minute. */
static void raise_started(const struct learnt *l, struct levels *most)
{
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			if (limit_absolute(s) && l->start.code[k][s] > most->code[k][s])
				most->code[k][s] = l->start.code[k][s];
}

/* Gathers the baseline's maximum from blocks that are old enough for each window. */
static void gather_baseline(struct envelope *e, const struct learnt *l,
			    const struct windows *w,
			    const struct detect_options *options, double now)
{
	double until = usable_until(e, l, options, now);

	struct levels most = e->hours, routine;

	for (unsigned k = 0; k < WINDOWS; k++) {
		if (k == WINDOW_6H)
			continue;
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			if (l->hour_now.code[k][s] > most.code[k][s])
				most.code[k][s] = l->hour_now.code[k][s];
		for (unsigned i = 0; i < l->block_count && k != WINDOW_1H; i++)
			for (unsigned s = 0; s < SERIES_COUNT; s++)
				if (until - l->block_end[i] >= w->length[k] &&
				    l->block[i].code[k][s] > most.code[k][s])
					most.code[k][s] = l->block[i].code[k][s];
	}
	bound_climb(e, l, w, &most);
	incidents_routine(l, w, &routine);
	if (l->accepted_s > 0 && l->observed_s - l->accepted_s < 2 * OLD_HOURS * HOUR_S)
		levels_raise(&routine, &l->accepted);
	levels_raise(&most, &routine);
	if (young_pod(e, l, options))
		raise_started(l, &most);
	adopted_raise(&e->adopted, l->observed_s, w->length, &most);
	levels_raise(&routine, &e->aged);
	adopted_raise(&e->adopted, l->observed_s, w->length, &routine);
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		e->old[s] = level_decode(routine.code[WINDOW_1H][s]);
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			e->baseline_max[k][s] = level_decode(most.code[k][s]);
}

/* Six hours carry no more than six times the largest hour that counts. */
static void bound_longest(struct envelope *e, const struct windows *w, unsigned s)
{
	double times = w->length[WINDOW_6H] / w->length[WINDOW_1H];

	if (s != SERIES_UNSOLICITED && e->baseline_max[WINDOW_1H][s] > 0)
		e->baseline_max[WINDOW_6H][s] =
		    fmin(e->baseline_max[WINDOW_6H][s],
			 e->baseline_max[WINDOW_1H][s] * times);
}

/* Returns by how much the next burst may exceed all earlier ones by chance. The tail
 * beyond the hundredth part is modelled as a power law. Its exponent comes from two
 * quantiles a decade apart (Pickands, "Statistical inference using extreme order
 * statistics", 1975, in its simplest form). `hours` is the observed time in which the
 * maximum was found. The past is extrapolated to AHEAD times its own length at most, or
 * to AHEAD_HOURS: a few hours say nothing about two hundred days. */
static double stretch(double exponent, double hours)
{
	double ahead = fmax(TAIL_AHEAD, TAIL_AHEAD_HOURS / fmax(hours, 1));
	double rarer = fmin(24 / (fmax(hours, 1) * CHANCE_A_DAY), ahead);

	return exp2(log2(fmax(rarer, 1)) * fmin(exponent, TAIL_MAX));
}

static double tail_stretch(const struct histogram *h, double least, double adopted,
			   double hours)
{
	double n = (double)histogram_total(h);
	double exponent = adopted >= 0 ? adopted : TAIL_UNKNOWN;

	if (n >= TAIL_SAMPLES) {
		double far = fmax(0.001, 1 / n);
		double high = fmax(histogram_above(h, far), least);
		double low = fmax(histogram_above(h, far * 10), least);
		exponent = log2(high / low) / log2(10);
	}
	return stretch(exponent, hours);
}

static double larger(uint16_t a, uint16_t b)
{
	return level_decode(a > b ? a : b);
}

/* Computes the same from the maximum of each hour: the ratio of the third largest hour
 * to the tenth gives the exponent. */
static double hours_stretch(const struct envelope *e, const struct learnt *l,
			    unsigned k, unsigned s, double floor)
{
	double third = larger(e->third.code[k][s], e->adopted.third.code[k][s]) + floor;
	double tenth = larger(e->tenth.code[k][s], e->adopted.tenth.code[k][s]) + floor;
	double hours = watched_hours(e, l, s), among = fmin(hours, TOP_HOURS);

	if (hours < 3 || third <= tenth)
		return 1;
	double ranks = among / RANK_HIGH(hours);
	return stretch(log2(third / tenth) / log2(ranks), hours);
}

/* Bounds a long window by the shorter one until enough is known about it: no window
 * carries more than the shorter windows in it. A long window is known after three of
 * its lengths, the six-hour window after a day. */
static void bound_unknown(struct envelope *e, const struct learnt *l,
			  const struct windows *w, unsigned s)
{
	static const enum window shorter[WINDOWS] = {
	    [WINDOW_1M] = WINDOW_10S,    [WINDOW_10M] = WINDOW_1M,
	    [WINDOW_1H] = WINDOW_10M,    [WINDOW_6H] = WINDOW_1H,
	    [MINIMUM_SHORT] = WINDOW_1M, [MINIMUM_LONG] = WINDOW_10M,
	};
	double watched = watched_series(e, l, s) - l->warm_until_s;
	double longest = e->adopted.series_s[s] > 0 ? e->adopted.longest_s : 0;

	for (unsigned k = WINDOW_1M; k < WINDOWS; k++) {
		double needed = k == WINDOW_6H ? OLD_HOURS * HOUR_S : 3 * w->length[k];
		double bound = e->baseline_max[shorter[k]][s] * w->length[k] /
			       w->length[shorter[k]];
		if (k == MINIMUM_SHORT ||
		    (fmin(watched, fmax(l->known_s[k], longest)) < needed &&
		     e->baseline_max[k][s] < bound))
			e->baseline_max[k][s] = fmax(e->baseline_max[k][s], bound);
	}
}

static double youth(const struct envelope *e, const struct learnt *l, unsigned s,
		    const struct detect_options *options)
{
	if (options->profile == PROFILE_DORMANT)
		return 1;
	double watched = watched_series(e, l, s);

	if (l->state == POD_DORMANT && watched >= options->learn_s)
		return 1;
	return 1 + YOUTH * options->learn_s / fmax(watched, 1);
}

/* Computes the drift threshold: DRIFT_MARGIN times the old maximum, plus twice the
 * floor. */
static void recompute_old(struct envelope *e, const struct learnt *l,
			  const struct windows *w, const struct detect_options *options,
			  unsigned s)
{
	double floor_scale = limit_floor_scale(options->sensitivity);

	if (l->hour_count < 2 * OLD_HOURS &&
	    e->adopted.series_s[s] < 2 * OLD_HOURS * HOUR_S)
		e->old[s] = INFINITY;
	else
		e->old[s] =
		    e->old[s] * DRIFT_MARGIN +
		    2 * floor_scale *
			limit_floor(s, WINDOW_1H, w->length[WINDOW_1H], e->own_known);
}

/* Computes how far chance may exceed the observed maximum, for a series and its
 * windows. */
static void recompute_stretch(struct envelope *e, const struct learnt *l,
			      const struct windows *w, unsigned s, double scale)
{
	e->tail[s] = 1;
	if (s < SIGNAL_COUNT) {
		double length = w->length[WINDOW_10S];
		double f = limit_floor(s, WINDOW_10S, length, e->own_known) / length;
		e->tail[s] =
		    tail_stretch(&l->histogram[s], f * TAIL_LEAST, e->adopted.tail[s],
				 watched_series(e, l, s) / HOUR_S);
	}
	for (unsigned k = 0; k < WINDOWS; k++) {
		double floor = limit_floor(s, k, w->length[k], e->own_known) * scale;
		e->stretch[k][s] = hours_stretch(e, l, k, s, floor);
		if (k >= SUM_WINDOWS)
			e->stretch[k][s] = fmax(e->stretch[k][s], e->tail[s]);
	}
}

/* For how long a window of a series was learnt, in this pod and in its siblings. */
static double known_windows(const struct envelope *e, const struct learnt *l,
			    unsigned k, unsigned s)
{
	return l->known_s[k] + e->adopted.series_s[s];
}

/* Whether a window of a series can be judged. The window must not be shorter than the
 * interval allows, and the series must have been observed for a while. */
static bool speaks(const struct envelope *e, const struct learnt *l,
		   const struct windows *w, const struct detect_options *options,
		   double now, unsigned k, unsigned s)
{
	if (young_series(e, l, options, s) &&
	    !young_judged(e, l, w, options, now, k, s))
		return false;
	if (k < WINDOW_6H && w->length[k] >= w->length[k + 1])
		return false;
	if (s == SERIES_UNSOLICITED &&
	    ((k != WINDOW_10M && k != WINDOW_1H) ||
	     known_windows(e, l, k, s) < FEW_WINDOWS * w->length[k]))
		return false;
	return watched_series(e, l, s) - l->warm_until_s >= options->learn_s / 20 ||
	       limit_absolute(s) || e->exporting || options->profile == PROFILE_DORMANT;
}

/* Returns to which share of its rate a floor narrows: the longer the pod has done
 * nothing of a kind, the less of it is news. */
static double narrowed(const struct envelope *e, const struct learnt *l,
		       const struct windows *w, unsigned s)
{
	double silent = watched_series(e, l, s) - l->warm_until_s;
	double used = e->baseline_max[WINDOW_1H][s] /
		      limit_floor(s, WINDOW_1H, w->length[WINDOW_1H], e->own_known);
	double share = fmax(1 / (1 + fmax(silent, 0) / NARROWED_AFTER_S),
			    fmax(NARROWED_RATE, NARROWED_USE * used));

	return limit_narrows(s, e->own_known) ? fmin(share, 1) : 1;
}

/* Returns what the pod sends in that time on average, on its first day; then 0. A night
 * has pauses that a morning does not have: less than the average is no news, however
 * evenly it flows. */
static double usual_flow(const struct envelope *e, const struct learnt *l, unsigned s,
			 double length)
{
	if (s >= SIGNAL_COUNT || watched_series(e, l, s) >= FIRST_DAY_S)
		return 0;
	return histogram_mean(&l->histogram[s]) * length;
}

/* Returns how many destinations the intervals of an hour count together, when one more
 * than in any hour before is sent to all the time: what a long connection to a stranger
 * shows, however little it carries. Hours that differ among themselves may differ more.
 */
static double lasting_destinations(const struct envelope *e, const struct learnt *l,
				   const struct windows *w)
{
	const unsigned k = WINDOW_1H, s = SIGNAL_DESTINATIONS;
	double most = e->baseline_max[k][s];
	double spread = most - larger(e->tenth.code[k][s], e->adopted.tenth.code[k][s]);
	double intervals = w->length[k] / w->length[WINDOW_10S];

	if (watched_series(e, l, s) < 2 * OLD_HOURS * HOUR_S)
		return INFINITY;
	return most + fmax(LASTING_LEAST * intervals, LASTING_SHARE * most) +
	       LASTING_SPREAD * fmax(spread, 0);
}

static void recompute_series(struct envelope *e, const struct learnt *l,
			     const struct windows *w,
			     const struct detect_options *options, double now,
			     unsigned s)
{
	double young = youth(e, l, s, options);
	double wide = limit_absolute(s) ? fmin(young, YOUNG_MARGIN) : young;
	double scale = limit_floor_scale(options->sensitivity) * wide;
	double share = narrowed(e, l, w, s);
	double allowance = 0;
	double ordinary = limit_margin(s, WINDOW_10S, options->sensitivity);

	if (e->stretch_due)
		recompute_stretch(e, l, w, s, scale);
	/* What one burst may reach, each window that contains it may carry. */
	double burst = fmax(e->tail[s], e->stretch[WINDOW_10S][s]);
	if (burst > ordinary)
		allowance = (burst - ordinary) * fmax(e->baseline_max[WINDOW_10S][s],
						      e->baseline_max[WINDOW_1M][s]);
	for (unsigned k = 0; k < WINDOWS; k++) {
		double length = w->length[k];
		double floor =
		    limit_floor_narrowed(s, k, length, e->own_known, share) * scale;
		double few =
		    1 + FEW_WINDOWS * w->length[k] / fmax(known_windows(e, l, k, s), 1);
		double margin =
		    1 + (limit_margin(s, k, options->sensitivity) - 1) *
			    (e->steady[k] >> s & 1 ? STEADY_SHARE
						   : fmax(young, fmin(few, 1 + YOUTH)));
		margin = fmax(fmin(margin, YOUNG_MARGIN), e->stretch[k][s]);
		e->threshold[k][s] = e->baseline_max[k][s] * margin +
				     (k < SUM_WINDOWS ? allowance : 0) + floor;
		if (k >= SUM_WINDOWS)
			e->threshold[k][s] =
			    fmax(e->threshold[k][s], usual_flow(e, l, s, length));
		if (e->exporting && s == SIGNAL_TCP_INITIATED_TX_BYTES)
			e->threshold[k][s] = young_export_most(l, w, options, now, k) *
					     limit_floor_scale(options->sensitivity);
		if (s == SIGNAL_DESTINATIONS && k == WINDOW_1H)
			e->threshold[k][s] =
			    fmin(e->threshold[k][s], lasting_destinations(e, l, w));
		if (!speaks(e, l, w, options, now, k, s) ||
		    (!limit_judged(s) && s != SERIES_RELAYED))
			e->threshold[k][s] = INFINITY;
	}
}

void thresholds_recompute(struct envelope *e, const struct learnt *l,
			  const struct windows *w, const struct detect_options *options,
			  double now)
{
	e->stretch_due = e->stretch_due || l->hour_count < TOP_HOURS;
	e->own_known = l->series_s[SIGNAL_TCP_INITIATED_TX_BYTES] > 0;
	e->exporting = young_exports(e, l, w, options, now);
	gather_baseline(e, l, w, options, now);
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		if (options->profile != PROFILE_DORMANT)
			bound_unknown(e, l, w, s);
		bound_longest(e, w, s);
		recompute_series(e, l, w, options, now, s);
		recompute_old(e, l, w, options, s);
	}
	e->stretch_due = false;
}
