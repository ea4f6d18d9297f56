/* SPDX-License-Identifier: Apache-2.0 */
/* answers.h - JSON as Prometheus and its kin answer a range query with: parsed into
 * series. */
#ifndef DORMOUSE_REPLAY_ANSWERS_H
#define DORMOUSE_REPLAY_ANSWERS_H

#include "notes.h"
#include "series.h"
#include "timestamps.h"

/* What an answer has that is of no use, counted. */
struct answers_waste {
	uint64_t unknown, loopback;
	uint64_t histograms; /* series that have no other points */
	uint64_t numbers;    /* values that are numbers, where strings are wanted */
	uint64_t bad_points; /* these and all others */
};

struct answers {
	struct series_list series;
	struct answers_waste waste;
	enum time_form form; /* of the first time, and so of all */
};

/* Reads every document of the text. Returns 0, TRACE_FAILED or TRACE_INVALID. */
int answers_read(struct answers *a, const char *json, size_t length,
		 struct notes *notes, struct error *err);

#endif
