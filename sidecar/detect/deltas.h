/* SPDX-License-Identifier: Apache-2.0 */
/* deltas.h - computes increases from cumulative counters, and their time spans. */
#ifndef DORMOUSE_DETECT_DELTAS_H
#define DORMOUSE_DETECT_DELTAS_H

#include <stdint.h>

#include "series.h"

/* The last reading of each counter. */
struct counters {
	double time;     /* of the last sample; 0: none */
	double interval; /* the usual time between samples, seconds; 0: not known yet */
	unsigned spans;  /* intervals seen, up to SPANS_UNTIL_KNOWN */
	uint64_t value[SIGNAL_COUNT];
	double at[SIGNAL_COUNT]; /* when it was read; 0: never */

	/* After a reading that cannot follow the last one: the last one, and a count of
	 * the readings since then. */
	uint64_t before[SIGNAL_COUNT];
	double before_at[SIGNAL_COUNT];
	uint8_t fallen[SIGNAL_COUNT]; /* 0: no fall; 1: the last reading fell */
};

/* The increases since the last reading. */
struct deltas {
	double time;
	double elapsed; /* since the last sample, seconds */
	double amount[SERIES_COUNT];
	double span[SERIES_COUNT]; /* the time span of the amount, seconds */
	uint32_t known;            /* series whose increase is known */
	uint32_t late;             /* of these, series absent in the last sample */
};

enum reading {
	READING_IGNORED, /* a repeated, earlier or invalid time */
	READING_FIRST,   /* no earlier reading, or the clock was set back */
	READING_TAKEN    /* deltas are filled in */
};

enum reading deltas_take(struct counters *c, const struct sample *sample,
			 struct deltas *deltas);

#endif
