/* SPDX-License-Identifier: Apache-2.0 */
/* deltas.h - cumulative counters become what flowed, and in which time. */
#ifndef DORMOUSE_DETECT_DELTAS_H
#define DORMOUSE_DETECT_DELTAS_H

#include <stdint.h>

#include "series.h"

/* The last reading of each counter. */
struct counters {
	double time;     /* of the last sample, 0: none */
	double interval; /* the usual time between samples, seconds; 0: not known yet */
	unsigned spans;  /* intervals seen, up to a few: how well it is known */
	uint64_t value[SIGNAL_COUNT];
	double at[SIGNAL_COUNT]; /* when it was read; 0: never */

	/* After a reading that does not follow from the one before: that one, and how
	 * many readings it may still go on from there. */
	uint64_t before[SIGNAL_COUNT];
	double before_at[SIGNAL_COUNT];
	uint8_t fallen[SIGNAL_COUNT]; /* 0: all is well, 1: by the last reading */
};

/* What flowed since the last reading. */
struct deltas {
	double time;
	double elapsed; /* since the last sample, seconds */
	double amount[SERIES_COUNT];
	double span[SERIES_COUNT]; /* the time in which the amount flowed, seconds */
	uint32_t known;            /* series whose increase is known */
	uint32_t late;             /* of these, series not read at the last sample */
};

enum reading {
	READING_IGNORED, /* a repeated or disordered time, or none at all */
	READING_FIRST,   /* nothing before it to compare with, or the clock was set back
			  */
	READING_TAKEN    /* deltas are filled in */
};

enum reading deltas_take(struct counters *c, const struct sample *sample,
			 struct deltas *deltas);

#endif
