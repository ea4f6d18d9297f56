/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h - collects the final state of the alerts of a trace. */
#ifndef DORMOUSE_REPLAY_OUTCOME_H
#define DORMOUSE_REPLAY_OUTCOME_H

#include "dormouse/alert.h"

/* The alerts of the store, and those that one sample can evict from it. */
#define OUTCOME_MAX (ALERTS_REMEMBERED + VERDICTS_MAX)

/* Called once for each alert, when it can no longer change. */
typedef void outcome_printer(void *context, const struct alert *alert);

struct outcome {
	outcome_printer *print;
	void *context;
	unsigned count;
	struct alert alerts[OUTCOME_MAX]; /* as last seen, oldest first */
};

/* Starts with no alerts. */
void outcome_begin(struct outcome *o, outcome_printer *print, void *context);

/* Call it for each event of the store, after the store applied the event. Prints the
 * alerts that the store has evicted. */
void outcome_note(struct outcome *o, const struct alert_store *store,
		  const struct alert *alert);

/* Call it at the end of the trace: prints the remaining alerts, oldest first. */
void outcome_end(struct outcome *o);

#endif
