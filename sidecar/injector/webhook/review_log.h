/* SPDX-License-Identifier: Apache-2.0 */
/* review_log.h - logs one line for each review, with a limit a second.
 *
 * The limit is needed because every client of the port can cause lines. It is 10 lines
 * a second for refusals and failures, and 200 for the others (no API server creates
 * more pods). One more line says how many lines are missing.
 */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_REVIEW_LOG_H
#define DORMOUSE_INJECTOR_WEBHOOK_REVIEW_LOG_H

#include <stdint.h>

#include "injector/review/review.h"

#define REVIEW_LOG_PER_SECOND 200
#define REFUSALS_PER_SECOND   10

enum decision_kind { DECISION_MADE, DECISION_REFUSED, DECISION_KINDS };

struct review_log {
	struct {
		double second; /* start of the current second, monotonic seconds */
		unsigned written;
		uint64_t withheld;
	} kinds[DECISION_KINDS];
	uint64_t withheld; /* since the start */
};

/* Logs the outcome of a review. `now` is monotonic seconds. */
void review_log_decision(struct review_log *d, double now,
			 const struct review_result *r);

/* Logs a request that was refused before it was read as a review. */
void review_log_refusal(struct review_log *d, double now, unsigned status,
			const char *why);

/* Logs how many lines are missing, one second after the current second began. */
void review_log_tick(struct review_log *d, double now);

/* Seconds until review_log_tick() has a line to log; -1: it has none. */
double review_log_due(const struct review_log *d, double now);

#endif
