/* SPDX-License-Identifier: Apache-2.0 */
/* source_states.h - which source works, and what was said of it. Private to collect/.
 */
#ifndef DORMOUSE_COLLECT_SOURCE_STATES_H
#define DORMOUSE_COLLECT_SOURCE_STATES_H

#include <stdbool.h>

#include "base/error.h"
#include "dormouse/collect.h"

/* All zero: every source works, and nothing needs to be said. */
struct source_states {
	struct source_state {
		bool failed;
		bool failure_told; /* what the last complaint said */
		struct error reason;
	} of[COLLECTOR_SOURCE_COUNT];
};

/* Notes what became of a source. `reason` is kept where it failed; NULL keeps the one
 * that is there. */
void source_states_note(struct source_states *states, enum collector_source source,
			bool ok, const struct error *reason);

/* As collector_complaint(). */
bool source_states_complaint(struct source_states *states, struct error *complaint);

#endif
