/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - the samples of a trace, held until it is known that they are one life of
 * counters, in the order of time. */
#ifndef DORMOUSE_REPLAY_ROWS_H
#define DORMOUSE_REPLAY_ROWS_H

#include "base/error.h"
#include "dormouse/sample.h"
#include "notes.h"

/* Four months at ten seconds: 60 MiB in the order of time, 280 in any other. */
#define ROWS_MAX (1u << 20)

/* A row as it mostly is: of the signals of the row before it, each risen by less than
 * 2^32. The gauge is as it is. */
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
	struct sample *sorted; /* NULL: they stand as they came */

	bool unordered, doubled; /* a time is before, or equal to, the one before it */
	uint32_t present;        /* signals that any row has */
	struct sample last;      /* row, its gauge 0 */
	struct sample level; /* the last value of each signal, until something fell */
	unsigned falls[SIGNAL_COUNT];
};

/* How far the rows were read; all zeros is the beginning. */
struct rows_cursor {
	size_t next, unusual;
	struct sample last;
};

void rows_free(struct rows *r);

/* 0, or -1 on allocation failure. There is room for ROWS_MAX. Values of absent signals
 * are those of the row before. */
int rows_add(struct rows *r, const struct sample *sample, struct error *err);

/* The next row; false behind the last. */
bool rows_read(const struct rows *r, struct rows_cursor *c, struct sample *sample);

/* Puts the rows into the order of time and makes one of those of one time. -1 when they
 * are no one life of counters: the rows of two, or rates; or on allocation failure. A
 * clock that was set back while the counters went on is left as it is. */
int rows_settle(struct rows *r, struct notes *notes, struct error *err);

#endif
