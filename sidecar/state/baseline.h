/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.h - what was learnt, as a document: JSON for people and machines. */
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
	double started_at; /* Unix seconds: of the monitor, of the trace */
	double interval_s;
	int64_t interfaces_matched; /* -1: there are none behind a trace */
};

/* Writes the index-th chunk: the head, a signal, the tail; false when there is no such
 * chunk. All of them, in order and by one writer, are the document. */
bool baseline_put_chunk(const struct baseline_source *source, size_t index,
			struct json_writer *w);

/* All of it. */
void baseline_put(const struct baseline_source *source, struct json_writer *w);

#endif
