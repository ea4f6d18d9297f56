/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - prints the result of a trace for people. */
#ifndef DORMOUSE_REPLAY_SUMMARY_H
#define DORMOUSE_REPLAY_SUMMARY_H

#include <stdio.h>

#include "dormouse/replay.h"

#define HISTORY_SPANS_MAX 12 /* with more state changes, the summary draws them */
#define HISTORY_DAYS_MAX  31
#define SLOT_S            1800 /* one letter of the drawing, seconds */
#define SLOTS_A_DAY       (86400 / SLOT_S)

struct state_span {
	enum pod_state state;
	double since; /* Unix seconds */
};

struct history {
	double began,
	    ended; /* times of the first and last sample, 0: there were none */
	uint64_t samples, broken;
	uint32_t present; /* bits of the signals that any sample has */
	struct state_span spans[HISTORY_SPANS_MAX];
	size_t span_count; /* may exceed the number kept */
	struct state_span last;
	double spent[POD_STATE_COUNT]; /* seconds */

	/* A letter for each half hour since the midnight before the first sample: the
	 * state that lasted longest in it. */
	char slots[HISTORY_DAYS_MAX * SLOTS_A_DAY];
	long slot;                          /* the current one */
	double slot_spent[POD_STATE_COUNT]; /* seconds */
};

void history_begin(struct history *h);

/* Call it after the sample was fed. */
void history_note(struct history *h, const struct replayer *p,
		  const struct sample *sample);

/* Call it after replayer_finish(); `broken` is the number of skipped lines. */
void history_end(struct history *h, const struct replayer *p, uint64_t broken);

/* Prints the table: states over time, alerts, learned baseline. `notes` are lines about
 * the trace. */
void summary_print(const struct history *h, const struct replayer *p,
		   const struct identity *pod, const char *notes, FILE *out);

#endif
