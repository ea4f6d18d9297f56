/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h - the maximum of each window in the pod's baseline, and the thresholds.
 *
 * This is the pod's measured traffic envelope (network calculus: Le Boudec and Thiran,
 * "Network Calculus", chapter 1: the minimal arrival curve): for each length, the
 * maximum that was sent in any window of that length. Blocks of five minutes hold the
 * last hour; hours hold the last thirty days. A window is compared only with data at
 * least one window length older, so that it is never compared with itself.
 */
#ifndef DORMOUSE_DETECT_ENVELOPE_H
#define DORMOUSE_DETECT_ENVELOPE_H

#include <math.h>

#include "adopted.h"
#include "learnt.h"
#include "windows.h"

#define CLIMB_HOURS 6  /* the newest hours may be part of a rise */
#define OLD_HOURS   24 /* drift compares with data older than this */
#define TOP_HOURS   10
/* The higher rank to compare with the lowest of the top `count` hours. */
#define RANK_HIGH(count) ((count) >= 6 ? 3 : (count) >= 4 ? 2 : 1)

struct envelope {
	double peak[WINDOWS][SERIES_COUNT]; /* of the current block */
	double fast_s;                 /* observed time since the last long windows */
	double filled_s;               /* observed time in the current block */
	double exclude_until[WINDOWS]; /* until then, do not learn the window */
	struct levels aged;            /* maximum of the hours older than a day */
	struct levels third, tenth;    /* largest of the hours, by window and series */
	struct levels episode;         /* the third largest separate peak */
	struct levels hours;           /* maximum of all kept hours, as they count */
	struct levels before;          /* the same without the newest CLIMB_HOURS */
	double baseline_max[WINDOWS][SERIES_COUNT]; /* maximum of the baseline */
	double threshold[WINDOWS][SERIES_COUNT];    /* a window above this is unusual */
	double tail[SERIES_COUNT];             /* stretch of a series' largest bursts */
	double stretch[WINDOWS][SERIES_COUNT]; /* of windows, from the hours' spread */
	/* Whether the hours are alike: bit 1u << series of each window. */
	uint32_t steady[WINDOWS];
	bool stretch_due; /* must be recomputed */
	double
	    old[SERIES_COUNT]; /* threshold for WINDOW_1H from hours older than a day */
	bool own_known;
	bool exporting; /* a young pod that is judged by its net export */
	struct adopted adopted;
};

/* Begins with what was learnt, and with nothing adopted. */
void envelope_init(struct envelope *e, const struct learnt *l);

/* Begins anew with what was learnt; what was adopted stays. */
void envelope_refill(struct envelope *e, const struct learnt *l);

/* Adds the windows' values to the current block, for `watched` more seconds: of all
 * windows, or only of the windows up to LONGEST_FAST. */
void envelope_track(struct envelope *e, struct learnt *l, const struct windows *w,
		    double now, double watched, bool all);

/* Computes what the pod's own past explains now: the maximum of the hours that are
 * older than `newest` hours, as they count, and if that is 0, of the newest blocks and
 * of the current one. */
void envelope_most(const struct envelope *e, const struct learnt *l, unsigned newest,
		   struct levels *most);

/* Excludes the windows' present content from learning until it has left the windows. */
void envelope_exclude(struct envelope *e, const struct windows *w, double now);

/* Clears the blocks that end after `since`, because they belong to an incident. */
void envelope_drop(struct envelope *e, struct learnt *l, double since);

/* Closes the block when it is full: after a twelfth of learn_s (five minutes at most),
 * sooner while the pod is young. Returns whether it did; then the caller must recompute
 * the thresholds. */
bool envelope_turn(struct envelope *e, struct learnt *l, double learn_s, double now);

/* Recomputes the thresholds from what was learnt. */
void thresholds_recompute(struct envelope *e, const struct learnt *l,
			  const struct windows *w, const struct detect_options *options,
			  double now);

/* How long a series, or all of them, was watched: in this pod and in its siblings. */
static inline double watched_series(const struct envelope *e, const struct learnt *l,
				    unsigned s)
{
	return l->series_s[s] + e->adopted.series_s[s];
}

static inline double watched_hours(const struct envelope *e, const struct learnt *l,
				   unsigned s)
{
	return l->hour_count + floor(e->adopted.series_s[s] / HOUR_S);
}

#endif
