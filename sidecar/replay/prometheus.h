/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.h - reads the answers of Prometheus range queries as traces. */
#ifndef DORMOUSE_REPLAY_PROMETHEUS_H
#define DORMOUSE_REPLAY_PROMETHEUS_H

#include "dormouse/replay.h"
#include "notes.h"
#include "series.h"

struct range; /* the answers */

/* An empty one, to which series are added with range_add(). Returns NULL on allocation
 * failure. */
struct range *range_new(struct error *err);

/* Parses {"status": "success", "data": {"resultType": "matrix", "result": [...]}}, the
 * inner object alone, or the list alone, as promtool prints it. Several of them may be
 * concatenated or in a list. On failure returns NULL, with TRACE_FAILED or
 * TRACE_INVALID in *status. */
struct range *range_parse(const char *json, size_t length, struct notes *notes,
			  int *status, struct error *err);
void range_free(struct range *r);

/* Moves all series of `from`, parsed from another input, into `into`; call it before a
 * trace is taken from either. */
int range_join(struct range *into, struct range *from, struct error *err);

/* Adds a series, whose hash is set; before a trace is taken. As series_add(). */
int range_add(struct range *r, struct series *s, struct error *err);

/* Whether it has no point at all. */
bool range_is_empty(const struct range *r);

/* As traces_next() and traces_sample(); TRACE_INVALID when the answer, or this trace,
 * has no usable series. */
int range_next_trace(struct range *r, struct identity *pod);
int range_next(struct range *r, struct sample *sample, struct error *err);

/* Goes back to the current trace's first sample. */
void range_rewind(struct range *r);

#endif
