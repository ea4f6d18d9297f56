/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - a trace as CSV. */
#ifndef DORMOUSE_REPLAY_CSV_H
#define DORMOUSE_REPLAY_CSV_H

#include "dormouse/replay.h"
#include "input.h"

struct csv_reader {
	struct input *in;
	const char *name;
	trace_complaint *complain;
	void *context;
	bool has_header, warned_of_columns;
	unsigned column_count;
	int8_t columns[TRACE_COLUMNS_MAX]; /* signals, or negative: see csv.c */
	uint64_t rows, broken;
};

/* Reads from the input, which is the caller's. */
void csv_begin(struct csv_reader *r, struct input *in, const char *name,
	       trace_complaint *complain, void *context);

/* As traces_sample(); the error does not name the input. */
int csv_next(struct csv_reader *r, struct sample *sample, struct error *err);

#endif
