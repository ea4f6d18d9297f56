/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - the series of Prometheus' answers: joined where several answers have one,
 * and sorted into traces. */
#ifndef DORMOUSE_REPLAY_SERIES_H
#define DORMOUSE_REPLAY_SERIES_H

#include <cJSON.h>
#include <stddef.h>

#include "labels.h"
#include "notes.h"

#define SERIES_MAX  65536
#define POINTS_MAX  (1u << 25) /* of all series, in 512 MiB */
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
	unsigned trace; /* the least order of its series */
	struct point *points;
	size_t count, next;
	uint64_t conflicts; /* points that say something else of the same time */
	bool shared;        /* another series of the trace is the same signal */
	uint64_t total; /* its increase so far, as Prometheus' increase() counts it */
};

struct series_list {
	struct series *at;
	size_t count, capacity;
	size_t points;
	unsigned orders; /* given out */
};

void series_free(struct series_list *list);

/* Takes the series over, its memory too. -1 when there are too many, or on allocation
 * failure. */
int series_add(struct series_list *list, struct series *s, struct error *err);

/* Moves all series of `from` behind those of `to`. */
int series_move(struct series_list *to, struct series_list *from, struct error *err);

/* Makes one of the series that are one, their points in the order of time and each time
 * once, and sorts: traces stand together, in the order of appearance. -1 on allocation
 * failure. */
int series_settle(struct series_list *list, struct error *err);

/* Whether the series is one counter; else the error says what it is. */
int series_check(const struct series *s, struct error *err);

#endif
