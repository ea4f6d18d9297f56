/* SPDX-License-Identifier: Apache-2.0 */
/* source_states.h - which source works, and what was reported. Private to collect/. */
#ifndef DORMOUSE_COLLECT_SOURCE_STATES_H
#define DORMOUSE_COLLECT_SOURCE_STATES_H

#include <stdbool.h>

#include "base/error.h"
#include "dormouse/collect.h"

/* All zero: every source works, and there is nothing to report. */
struct source_states {
	struct source_state {
		bool failed;
		bool failure_told; /* as the last complaint reported */
		struct error reason;
	} of[COLLECTOR_SOURCE_COUNT];
};

/* Notes whether a source works. `reason` is stored on failure; NULL keeps the stored
 * one. */
void source_states_note(struct source_states *states, enum collector_source source,
			bool ok, const struct error *reason);

/* As collector_complaint(). */
bool source_states_complaint(struct source_states *states, struct error *complaint);

#endif
