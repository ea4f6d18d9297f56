/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.h - the answer of a Prometheus range query as traces. */
#ifndef DORMOUSE_REPLAY_PROMETHEUS_H
#define DORMOUSE_REPLAY_PROMETHEUS_H

#include "dormouse/replay.h"

struct range; /* the answer */

/* Parses {"status": "success", "data": {"resultType": "matrix", "result": [...]}}, the
 * inner object alone, or the list alone, as promtool prints it. NULL on failure, with
 * TRACE_FAILED or TRACE_NONE in *status. */
struct range *range_parse(const char *json, size_t length, const char *name,
			  trace_complaint *complain, void *context, int *status,
			  struct error *err);
void range_free(struct range *r);

/* As traces_next() and traces_sample(). */
int range_next_trace(struct range *r, struct identity *pod);
int range_next(struct range *r, struct sample *sample);

#endif
