/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.h - the answers of Prometheus range queries as traces. */
#ifndef DORMOUSE_REPLAY_PROMETHEUS_H
#define DORMOUSE_REPLAY_PROMETHEUS_H

#include "dormouse/replay.h"
#include "notes.h"

struct range; /* the answers */

/* Parses {"status": "success", "data": {"resultType": "matrix", "result": [...]}}, the
 * inner object alone, or the list alone, as promtool prints it; several such, one
 * behind the other or in a list, too. NULL on failure, with TRACE_FAILED or
 * TRACE_INVALID in *status. */
struct range *range_parse(const char *json, size_t length, struct notes *notes,
			  int *status, struct error *err);
void range_free(struct range *r);

/* Moves all series of `from`, which was parsed from another input, into `into`, before
 * a trace was taken from either. */
int range_join(struct range *into, struct range *from, struct error *err);

/* As traces_next() and traces_sample(); TRACE_INVALID where nothing, or nothing of this
 * trace, is of use. */
int range_next_trace(struct range *r, struct identity *pod);
int range_next(struct range *r, struct sample *sample, struct error *err);

#endif
