/* SPDX-License-Identifier: Apache-2.0 */
/* windows.h - sums each series over the last seconds, minutes and hours.
 *
 * Sums slide in steps that are a part of their length. The steps are in time, not in
 * samples, so lost samples, gaps and different intervals do not matter. All amounts are
 * integers below 2^53, so addition and subtraction are exact.
 */
#ifndef DORMOUSE_DETECT_WINDOWS_H
#define DORMOUSE_DETECT_WINDOWS_H

#include "deltas.h"

#define WINDOW_BUCKETS_MAX 20
#define TICK_S             10.0 /* the shortest step of minima */
#define TICKS_SHORT_MAX    6
#define TICK_GROUPS_MAX    10

/* Windows longer than this change little between samples. */
#define LONGEST_FAST WINDOW_10M

struct window_ring {
	int64_t at;    /* number of the newest bucket: time / bucket length */
	unsigned slot; /* its index */
	bool lone;     /* all other buckets are empty */
	/* When the first interval in a bucket began: up to one interval before the
	 * bucket itself. 0 when no interval ended in the bucket. */
	double began[WINDOW_BUCKETS_MAX];
	float highest[WINDOW_BUCKETS_MAX][SIGNAL_COUNT]; /* of interval rates */
	double bucket[WINDOW_BUCKETS_MAX][SERIES_COUNT];
};

/* The minimum of the last ticks. */
struct ticks {
	double length;  /* seconds: TICK_S or the interval, if that is longer */
	double elapsed; /* elapsed time of the current tick */
	double amount[SERIES_COUNT];
	double row[TICKS_SHORT_MAX][SERIES_COUNT];
	double group[TICK_GROUPS_MAX]
		    [SERIES_COUNT]; /* the minimum of each group of rows */
	unsigned rows, groups;      /* number in the short and the long window */
	unsigned row_next, row_count, group_next, group_count;
};

struct windows {
	struct window_ring ring[SUM_WINDOWS];
	struct ticks ticks;
	double value[WINDOWS][SERIES_COUNT];
	double length[WINDOWS]; /* length of each window at this interval, seconds */
};

void windows_clear(struct windows *w);

/* Adds an interval's increases. Returns whether the long windows must be checked: once
 * a minute, or at each interval if that is longer. */
bool windows_add(struct windows *w, struct deltas *deltas, double interval);

/* Received bytes for each byte sent that acknowledges them: 66 bytes, headers included,
 * for each segment of 1,460 bytes, and some requests. */
#define RECEIVED_PER_BYTE 25

/* Returns what is judged and learnt of a series: its value, without what received bytes
 * explain. A download is not egress, but the kernel acknowledges it. */
double windows_judged(const struct windows *w, unsigned window, unsigned series);

/* Returns how many of the last minutes, at most nine and without the newest one,
 * carried less than `rate` per second of the series. */
unsigned windows_minutes_below(const struct windows *w, unsigned series, double rate);

/* Raises the peaks of all series to what windows_judged() returns. */
void windows_raise_peaks(const struct windows *w, unsigned window,
			 double peak[SERIES_COUNT]);

/* Returns when the traffic that `series` shows in `window` began, at the earliest. It
 * walks back over all windows while they carry more than `baseline` per second. */
double windows_onset(const struct windows *w, const struct deltas *deltas,
		     unsigned series, enum window window, double baseline);

/* Adds the rates of the interval that windows_add() just added, for the signals in
 * `known`. For the gauge, the rate is its value. */
void windows_rates(struct windows *w, const double rate[SIGNAL_COUNT], uint32_t known);

/* windows_since() returns how much the series carried since `since`; windows_highest()
 * returns the highest interval rate of the signal since then. Both reach back as far as
 * the windows do. They are exact for a time from windows_onset(), and within one
 * interval for other times. */
double windows_since(const struct windows *w, const struct deltas *deltas,
		     unsigned series, double since);
double windows_highest(const struct windows *w, const struct deltas *deltas,
		       unsigned signal, double since);

#endif
