/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - holds the samples of a trace until it is known that they are the counters of
 * one pod, in time order. */
#ifndef DORMOUSE_REPLAY_ROWS_H
#define DORMOUSE_REPLAY_ROWS_H

#include "base/error.h"
#include "dormouse/sample.h"
#include "notes.h"

/* Four months at ten seconds: 60 MiB in time order, 280 MiB in any other order. */
#define ROWS_MAX (1u << 20)

/* The usual row: it has the same signals as the row before it, and each rises by less
 * than 2^32. A gauge is stored as it is. */
struct packed_row {
	double time;
	uint32_t rises[SIGNAL_COUNT];
};

/* Any other row. */
struct unusual_row {
	size_t row;
	struct sample sample;
};

struct rows {
	size_t count;
	struct packed_row *packed;
	struct unusual_row *unusual;
	size_t unusual_count, unusual_capacity;
	struct sample *sorted; /* NULL: the rows are in the order of the input */

	bool unordered, doubled; /* a time is before, or equal to, the previous one */
	uint32_t present;        /* signals that any row has */
	struct sample last;      /* last row, its gauge set to 0 */
	struct sample level;     /* last value of each signal, set at unusual rows */
	unsigned falls[SIGNAL_COUNT];
};

/* The position of a reader; all zeros is the beginning. */
struct rows_cursor {
	size_t next, unusual;
	struct sample last;
};

void rows_free(struct rows *r);

/* Adds a row. There is room for ROWS_MAX. An absent signal has the value of the row
 * before. Returns 0, or -1 on allocation failure. */
int rows_add(struct rows *r, const struct sample *sample, struct error *err);

/* Reads the next row; returns false behind the last. */
bool rows_read(const struct rows *r, struct rows_cursor *c, struct sample *sample);

/* Sorts the rows by time and merges rows of the same time. When a clock was set back
 * while the counters went on, the order stays. Returns 0, TRACE_INVALID for rows of two
 * pods or for rates, or TRACE_FAILED without memory. */
int rows_settle(struct rows *r, struct notes *notes, struct error *err);

#endif
