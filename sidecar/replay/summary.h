/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - what became of a trace, for people. */
#ifndef DORMOUSE_REPLAY_SUMMARY_H
#define DORMOUSE_REPLAY_SUMMARY_H

#include <stdio.h>

#include "dormouse/replay.h"

#define HISTORY_SPANS_MAX                                                              \
	64 /* the pod's states one after the other; more are summed                    \
	    */

struct span {
	enum pod_state state;
	double since; /* Unix seconds */
};

struct history {
	double began,
	    ended; /* times of the first and last sample, 0: there were none */
	uint64_t samples, broken;
	struct span spans[HISTORY_SPANS_MAX];
	size_t span_count; /* there may be more than are kept */
	struct span last;
	double spent[POD_STATE_COUNT]; /* seconds */
};

void history_begin(struct history *h);

/* After the sample was fed. */
void history_note(struct history *h, const struct player *p,
		  const struct sample *sample);

/* After player_finish(); `broken` lines of the trace were skipped. */
void history_end(struct history *h, const struct player *p, uint64_t broken);

/* The table: states over time, alerts, what was learnt. */
void summary_print(const struct history *h, const struct player *p,
		   const struct identity *pod, FILE *out);

#endif
