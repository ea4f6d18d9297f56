/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - the series of Prometheus' answers: joins a series that several answers
 * contain, and sorts series into traces. */
#ifndef DORMOUSE_REPLAY_SERIES_H
#define DORMOUSE_REPLAY_SERIES_H

#include <cJSON.h>
#include <stddef.h>

#include "labels.h"
#include "notes.h"

#define SERIES_MAX  65536
#define POINTS_MAX  (1u << 25) /* of all series: 512 MiB */
#define SAME_TIME_S 0.001      /* Prometheus' times are whole milliseconds */

struct point {
	double time;
	uint64_t value;
};

struct series {
	cJSON *labels; /* owned */
	uint64_t hash; /* of the labels that name the trace */
	enum exporter exporter;
	enum signal signal;
	unsigned order; /* of appearance */
	unsigned trace; /* the lowest order of its series */
	struct point *points;
	size_t count, next;
	uint64_t conflicts; /* points with the same time but another value */
	bool shared;        /* another series of the trace has the same signal */
	uint64_t total;     /* increase so far, counted as by Prometheus' increase() */
};

struct series_list {
	struct series *at;
	size_t count, capacity;
	size_t points;
	unsigned orders; /* assigned so far */
};

void series_free(struct series_list *list);

/* Takes ownership of the series and its memory. Returns 0, TRACE_INVALID when there are
 * too many series or points, or TRACE_FAILED without memory. */
int series_add(struct series_list *list, struct series *s, struct error *err);

/* Moves all series of `from` behind those of `to`. Returns as series_add(). */
int series_move(struct series_list *to, struct series_list *from, struct error *err);

/* Joins the series that are one; sorts their points by time, one for each time. Sorts
 * the list by trace, traces in the order of appearance. Returns -1 on allocation
 * failure. */
int series_settle(struct series_list *list, struct error *err);

/* Checks that the series is one counter; otherwise the error says what it is. */
int series_check(const struct series *s, struct error *err);

#endif
