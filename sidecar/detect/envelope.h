/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h - the most that each window reached in the pod's baseline, and what is
 * above it.
 *
 * The pod's own traffic envelope (network calculus: Le Boudec and Thiran, "Network
 * Calculus", chapter 1: the minimal arrival curve), measured: for each span the most
 * that was sent in any window of that length. It is kept by blocks of five minutes for
 * an hour and by hours for thirty days. Between what is tested and what it is tested
 * against lies a gap as long as the window, lest a window be compared with itself.
 */
#ifndef DORMOUSE_DETECT_ENVELOPE_H
#define DORMOUSE_DETECT_ENVELOPE_H

#include "learnt.h"
#include "windows.h"

#define OLD_HOURS 24 /* drift is judged against what is older */
#define TOP_HOURS 10
/* The rank that is set against the last of `count` hours. */
#define RANK_HIGH(count) ((count) >= 6 ? 3 : (count) >= 4 ? 2 : 1)

struct envelope {
	double peak[WINDOWS][SERIES_COUNT]; /* of the block that is being filled */
	double fast_s;   /* watched time since the long windows were taken in */
	double filled_s; /* watched time in it */
	double exclude_until[WINDOWS]; /* until then windows hold what must not be
					  learnt */
	struct levels aged;            /* the most of the hours older than a day */
	struct levels third, tenth;    /* greatest of the hours, by window and series */
	struct levels hours;           /* the most of all hours kept */
	double baseline_max[WINDOWS][SERIES_COUNT]; /* the most of the baseline */
	double threshold[WINDOWS]
			[SERIES_COUNT]; /* above this a window is out of the ordinary */
	double tail[SERIES_COUNT];      /* stretch of a series' greatest bursts */
	double stretch[WINDOWS][SERIES_COUNT]; /* of windows, by how hours differ */
	bool stretch_due;                      /* to be computed anew */
	double
	    old[SERIES_COUNT]; /* threshold on WINDOW_1H by what is older than a day */
	bool own_known;
};

void envelope_init(struct envelope *e, const struct learnt *l);

/* Takes the windows' values into the block, for `watched` seconds more: all of them, or
 * the brisk ones. */
void envelope_track(struct envelope *e, struct learnt *l, const struct windows *w,
		    double now, double watched, bool all);

/* What is in the windows now is not to be learnt until it has left them. */
void envelope_exclude(struct envelope *e, const struct windows *w, double now);

/* Forgets the blocks since `since`: they belong to an incident. */
void envelope_drop(struct envelope *e, struct learnt *l, double since);

/* Closes the block when it is full: after a twelfth of learn_s, sooner while the pod is
 * young. Returns whether; then the thresholds are to be recomputed. */
bool envelope_turn(struct envelope *e, struct learnt *l, double learn_s, double now);

/* Settles the thresholds from what is learnt. */
void thresholds_recompute(struct envelope *e, const struct learnt *l,
			  const struct windows *w, const struct detect_options *options,
			  double now);

#endif
