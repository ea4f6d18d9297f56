/* SPDX-License-Identifier: Apache-2.0 */
/* answers.h - parses the JSON answers of Prometheus range queries, and of compatible
 * servers, into series. */
#ifndef DORMOUSE_REPLAY_ANSWERS_H
#define DORMOUSE_REPLAY_ANSWERS_H

#include "notes.h"
#include "series.h"
#include "timestamps.h"

/* Counts the parts of an answer that are ignored. */
struct answers_waste {
	uint64_t unknown, loopback;
	uint64_t histograms; /* series that have only histogram points */
	uint64_t numbers;    /* values that are JSON numbers instead of strings */
	uint64_t bad_points; /* all invalid points, `numbers` included */
};

struct answers {
	struct series_list series;
	struct answers_waste waste;
	enum time_form form; /* form of the first time; all others must match it */
};

/* Reads every JSON document of the text. Returns 0, TRACE_FAILED or TRACE_INVALID. */
int answers_read(struct answers *a, const char *json, size_t length,
		 struct notes *notes, struct error *err);

#endif
