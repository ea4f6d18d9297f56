/* SPDX-License-Identifier: Apache-2.0 */
/* history_answer.h - the answer of /history, written one value or row at a time: the
 * whole may be a quarter of a megabyte. */
#ifndef DORMOUSE_SERVE_HISTORY_ANSWER_H
#define DORMOUSE_SERVE_HISTORY_ANSWER_H

#include "base/json_writer.h"
#include "dormouse/history.h"
#include "history_query.h"

struct history_answer {
	const struct history *history;
	struct history_query query;
	size_t next; /* the piece after `piece` */
	/* Of the trace: the counters so far, and whether the step before was a gap. */
	uint64_t value[SIGNAL_COUNT];
	bool after_gap;

	struct json_writer json; /* over piece */
	struct text piece;       /* over data */
	size_t taken;            /* of piece, by the reader */
	char data[512];
};

void history_answer_open(struct history_answer *a, const struct history *history,
			 const struct history_query *query);

/* Copies at most `max` bytes. Returns the number of bytes, 0 at the end. */
size_t history_answer_read(struct history_answer *a, char *data, size_t max);

#endif
