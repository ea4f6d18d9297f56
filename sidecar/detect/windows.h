/* SPDX-License-Identifier: Apache-2.0 */
/* windows.h - how much each series carried in the last seconds, minutes and hours.
 *
 * Sums slide in steps of a part of their length, in time, not in numbers of samples:
 * lost samples, gaps and any interval are the same to them. All amounts are whole
 * numbers below 2^53, so that adding and taking away again is exact.
 */
#ifndef DORMOUSE_DETECT_WINDOWS_H
#define DORMOUSE_DETECT_WINDOWS_H

#include "deltas.h"

#define WINDOW_BUCKETS_MAX 20
#define TICK_S             10.0 /* the finest step that minima are judged in */
#define TICKS_SHORT_MAX    6
#define TICK_GROUPS_MAX    10

/* Longer windows than this change little from one sample to the next. */
#define LONGEST_FAST WINDOW_10M

struct window_ring {
	int64_t at;    /* number of the newest bucket: time over bucket length */
	unsigned slot; /* where it is */
	bool lone;     /* no other bucket holds anything */
	/* When the first interval that a bucket holds began: up to an interval before
	 * the bucket does. 0 where none ended in it. */
	double began[WINDOW_BUCKETS_MAX];
	float highest[WINDOW_BUCKETS_MAX][SIGNAL_COUNT]; /* rate of an interval */
	double bucket[WINDOW_BUCKETS_MAX][SERIES_COUNT];
};

/* What was never fallen below: the least of the last ticks. */
struct ticks {
	double length;  /* seconds: TICK_S or the interval, if that is longer */
	double elapsed; /* into the tick that is being filled */
	double amount[SERIES_COUNT];
	double row[TICKS_SHORT_MAX][SERIES_COUNT];
	double group[TICK_GROUPS_MAX]
		    [SERIES_COUNT]; /* the least of each group of rows */
	unsigned rows, groups;      /* how many make the short, the long window */
	unsigned row_next, row_count, group_next, group_count;
};

struct windows {
	struct window_ring ring[SUM_WINDOWS];
	struct ticks ticks;
	double value[WINDOWS][SERIES_COUNT];
	double length[WINDOWS]; /* seconds that each window spans at this interval */
};

void windows_clear(struct windows *w);

/* Takes in what flowed. Returns whether it is time to look at the long windows: once a
 * minute, or at each interval that is longer. */
bool windows_add(struct windows *w, struct deltas *deltas, double interval);

/* When the traffic that series `series` shows in `window` began, at the earliest; walks
 * back over all windows as long as there is more than `baseline` a second in them. */
double windows_onset(const struct windows *w, const struct deltas *deltas,
		     unsigned series, enum window window, double baseline);

/* Takes in the rates of the interval that windows_add() just took, of the signals in
 * `known`; what the gauge shows is its rate. */
void windows_rates(struct windows *w, const double rate[SIGNAL_COUNT], uint32_t known);

/* How much the series carried since then, and the highest rate that the signal had in
 * an interval since, as far as the windows reach back. Exact for what windows_onset()
 * returned and within an interval for any other time. */
double windows_since(const struct windows *w, const struct deltas *deltas,
		     unsigned series, double since);
double windows_highest(const struct windows *w, const struct deltas *deltas,
		       unsigned signal, double since);

#endif
