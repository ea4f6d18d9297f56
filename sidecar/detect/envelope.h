/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h - the most that each measure reached in the pod's everyday, and what is
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
	double peak[MEASURES][LANES]; /* of the block that is being filled */
	double brisk_s;  /* watched time since the long measures were taken in */
	double filled_s; /* watched time in it */
	double clean_at[MEASURES]; /* until then windows hold what must not be learnt */
	struct levels aged;        /* the most of the hours older than a day */
	struct levels third, tenth;    /* greatest of the hours, by measure and lane */
	struct levels hours;           /* the most of all hours kept */
	double usual[MEASURES][LANES]; /* the most of the everyday */
	double threshold[MEASURES]
			[LANES]; /* above this a measure is out of the ordinary */
	double tail[LANES];      /* stretch of a lane's greatest bursts */
	double stretch[MEASURES][LANES]; /* of measures, by how hours differ */
	bool stretch_due;                /* to be computed anew */
	double old[LANES]; /* threshold on SUM_1H by what is older than a day */
	bool own_known;
};

void envelope_init(struct envelope *e, const struct learnt *l);

/* Takes the windows' values into the block, for `watched` seconds more: all of them, or
 * the brisk ones. */
void envelope_track(struct envelope *e, struct learnt *l, const struct windows *w,
		    double now, double watched, bool all);

/* What is in the windows now is not to be learnt until it has left them. */
void envelope_soil(struct envelope *e, const struct windows *w, double now);

/* Forgets the blocks since `since`: they belong to an incident. */
void envelope_drop(struct envelope *e, struct learnt *l, double since);

/* Closes the block when it is full: after a twelfth of learn_s, sooner while the pod is
 * young. Returns whether; then the thresholds are to be settled anew. */
bool envelope_turn(struct envelope *e, struct learnt *l, double learn_s, double now);

/* Settles the thresholds from what is learnt. */
void thresholds_settle(struct envelope *e, const struct learnt *l,
		       const struct windows *w, const struct detect_options *options,
		       double now);

#endif
