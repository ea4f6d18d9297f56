/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h - the alerts of a trace as they are at its end. */
#ifndef DORMOUSE_REPLAY_OUTCOME_H
#define DORMOUSE_REPLAY_OUTCOME_H

#include "dormouse/alert.h"

/* Those of the store, and those that one sample can push out of it. */
#define OUTCOME_MAX (ALERTS_REMEMBERED + VERDICTS_MAX)

/* Called once for each alert, when nothing more can become of it. */
typedef void outcome_printer(void *context, const struct alert *alert);

struct outcome {
	outcome_printer *print;
	void *context;
	unsigned count;
	struct alert alerts[OUTCOME_MAX]; /* as they were shown last, oldest first */
};

/* Without an alert. */
void outcome_begin(struct outcome *o, outcome_printer *print, void *context);

/* For each event of the store's, which has been applied to the store already. Alerts
 * that the store has forgotten are given out. */
void outcome_note(struct outcome *o, const struct alert_store *store,
		  const struct alert *alert);

/* The trace has ended: gives out the rest, oldest first. */
void outcome_end(struct outcome *o);

#endif
