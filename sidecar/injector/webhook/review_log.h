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

#define DECISIONS_PER_SECOND 200
#define REFUSALS_PER_SECOND  10

enum decision_kind { DECISION_MADE, DECISION_REFUSED, DECISION_KINDS };

struct decisions {
	struct {
		double second; /* when the present one began, monotonic */
		unsigned written;
		uint64_t withheld;
	} kinds[DECISION_KINDS];
	uint64_t withheld; /* ever */
};

/* Logs what became of a review; `now` is monotonic seconds. */
void decisions_log(struct decisions *d, double now, const struct review_result *r);

/* Logs a request that did not come as far as a review. */
void decisions_log_refusal(struct decisions *d, double now, unsigned status,
			   const char *why);

/* Tells how many were left out, a second later. */
void decisions_tick(struct decisions *d, double now);

/* Seconds until decisions_tick() has something to tell; -1: nothing. */
double decisions_due(const struct decisions *d, double now);

#endif
