/* SPDX-License-Identifier: Apache-2.0 */
/* review_log.h - one line of the log for each review, within reason.
 *
 * Whoever can reach the port can make lines. Refusals and failures are told at most ten
 * times a second, the others at most two hundred (more pods no API server makes); of
 * the rest there is one line that says how many.
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
		double second; /* when the present one began, monotonic */
		unsigned written;
		uint64_t withheld;
	} kinds[DECISION_KINDS];
	uint64_t withheld; /* ever */
};

/* Logs what became of a review; `now` is monotonic seconds. */
void review_log_decision(struct review_log *d, double now,
			 const struct review_result *r);

/* Logs a request that did not come as far as a review. */
void review_log_refusal(struct review_log *d, double now, unsigned status,
			const char *why);

/* Tells how many were left out, a second later. */
void review_log_tick(struct review_log *d, double now);

/* Seconds until review_log_tick() has something to tell; -1: nothing. */
double review_log_due(const struct review_log *d, double now);

#endif
