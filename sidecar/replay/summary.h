/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - what became of a trace, for people. */
#ifndef DORMOUSE_REPLAY_SUMMARY_H
#define DORMOUSE_REPLAY_SUMMARY_H

#include <stdio.h>

#include "dormouse/replay.h"

#define HISTORY_SPANS_MAX 12 /* more changes of state than that are drawn instead */
#define HISTORY_DAYS_MAX  31
#define SLOT_S            1800 /* one letter of the drawing */
#define SLOTS_A_DAY       (86400 / SLOT_S)

struct state_span {
	enum pod_state state;
	double since; /* Unix seconds */
};

struct history {
	double began,
	    ended; /* times of the first and last sample, 0: there were none */
	uint64_t samples, broken;
	uint32_t present; /* bits of the signals that any sample had */
	struct state_span spans[HISTORY_SPANS_MAX];
	size_t span_count; /* there may be more than are kept */
	struct state_span last;
	double spent[POD_STATE_COUNT]; /* seconds */

	/* A letter for each half hour since midnight before the first sample: the state
	 * that most of it was spent in. */
	char slots[HISTORY_DAYS_MAX * SLOTS_A_DAY];
	long slot;                          /* the one at hand */
	double slot_spent[POD_STATE_COUNT]; /* seconds */
};

void history_begin(struct history *h);

/* After the sample was fed. */
void history_note(struct history *h, const struct replayer *p,
		  const struct sample *sample);

/* After replayer_finish(); `broken` lines of the trace were skipped. */
void history_end(struct history *h, const struct replayer *p, uint64_t broken);

/* The table: states over time, alerts, what was learnt. `notes` are lines on the trace.
 */
void summary_print(const struct history *h, const struct replayer *p,
		   const struct identity *pod, const char *notes, FILE *out);

#endif
