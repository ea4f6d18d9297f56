/* SPDX-License-Identifier: Apache-2.0 */
/* evaluation.h - how well a workload is watched, on its own traffic: the alerts that
 * would have come, and which made-up thefts would have shown. */
#ifndef DORMOUSE_INJECTOR_LEARN_EVALUATION_H
#define DORMOUSE_INJECTOR_LEARN_EVALUATION_H

#include "trial.h"

#define EVALUATION_THEFTS 4  /* of each size in each pod */
#define EVALUATION_PODS   25 /* of a workload, in which thefts are put */
#define EVALUATION_SHOWN  10 /* alerts of a workload that are listed */
#define EVALUATION_WITHIN_S                                                            \
	(2 * THEFT_S) /* a later alert, after the theft's begin, is none of it */

struct theft_score {
	unsigned thefts, found;
	float delay_s[EVALUATION_PODS * EVALUATION_THEFTS]; /* of those found */
};

struct shown_alert {
	double raised; /* Unix seconds */
	enum alert_kind kind;
	unsigned risk;
	const char *pod; /* its name, which the list of pods owns */
	char summary[200];
};

struct evaluation {
	unsigned pods, alerts;
	double watched_s;     /* of all pods */
	unsigned with_thefts; /* pods in which thefts were put */
	struct theft_score score[THEFT_SIZES];
	struct shown_alert shown[EVALUATION_SHOWN];
	unsigned shown_count;
};

/* Plays the range's current trace: once as it is, and again with each theft. `trial`
 * and the plan are those of the first time, which was done already with the plan's
 * `raised` being evaluation_show(). */
int evaluation_add(struct evaluation *e, const struct trial *trial, struct range *range,
		   const struct trial_plan *plan, uint64_t seed, struct error *err);

/* For struct trial_plan: keeps the alert, while there is room. */
void evaluation_show(struct evaluation *e, const char *pod, const struct alert *alert);

/* Returns the median of the delays in seconds; NAN: no theft was found. */
double evaluation_delay(const struct theft_score *score);

#endif
