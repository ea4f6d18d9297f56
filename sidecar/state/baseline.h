/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.h - writes the learnt baseline as JSON for people and tools. */
#ifndef DORMOUSE_STATE_BASELINE_H
#define DORMOUSE_STATE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "config/identity.h"
#include "dormouse/detect.h"

struct baseline_source {
	const struct detector *detector;
	const struct identity *pod;
	double started_at; /* of the monitor or the trace, Unix seconds */
	double interval_s;
	int64_t interfaces_matched; /* -1: a trace has no interfaces */
};

/* Writes the index-th chunk: the head, one signal, the place of one routine, or the
 * tail. A place without a routine is empty. Returns false when there is no such chunk.
 * All chunks in order, with the same writer, make the document. */
bool baseline_put_chunk(const struct baseline_source *source, size_t index,
			struct json_writer *w);

/* Writes a routine as one object. */
void routine_json(const struct routine_view *view, struct json_writer *w);

/* Writes the whole document. */
void baseline_put(const struct baseline_source *source, struct json_writer *w);

#endif
