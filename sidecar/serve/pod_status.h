/* SPDX-License-Identifier: Apache-2.0 */
/* pod_status.h - what the monitor knows of its pod at this moment, as JSON: state,
 * signals against their baseline, routines. */
#ifndef DORMOUSE_SERVE_POD_STATUS_H
#define DORMOUSE_SERVE_POD_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "config/identity.h"
#include "dormouse/detect.h"

struct status_source {
	const struct detector *detector;
	const struct identity *pod;
	double started_at; /* of the monitor or the trace, Unix seconds */
	double interval_s;
	int64_t interfaces_matched; /* -1: a trace has no interfaces */
};

/* Writes the index-th chunk: the head, one signal, the place of one routine, or the
 * tail. A place without a routine is empty. Returns false when there is no such chunk.
 * All chunks in order, with the same writer, make the document. */
bool status_put_chunk(const struct status_source *source, size_t index,
		      struct json_writer *w);

#endif
