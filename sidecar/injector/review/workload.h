/* SPDX-License-Identifier: Apache-2.0 */
/* workload.h - where the pod is in a Deployment, a CronJob, a List. */
#ifndef DORMOUSE_INJECTOR_REVIEW_WORKLOAD_H
#define DORMOUSE_INJECTOR_REVIEW_WORKLOAD_H

#include <cJSON.h>
#include <stdbool.h>

#include "annotations.h"
#include "review.h"

/* Called for each pod or pod template: what became of it, and what the webhook would
 * have warned of. */
typedef void workload_report(const char *kind, const char *name,
			     const struct review_result *result,
			     const struct warnings *warnings);

/* Called for each object among others that has pods, but is of a kind that is not known
 * here, and is left as it is: a sentence that names it. */
typedef void workload_passed_over(const char *sentence);

/* Who is told. */
struct workload_audience {
	workload_report *report;
	workload_passed_over *passed_over;
	bool listed; /* `object` is one of several, as if it were in a List */
};

/* Adds the sidecar to every pod in `object` (Pod, Deployment, StatefulSet, DaemonSet,
 * ReplicaSet, Job, CronJob, or a List of them), in place, by the very patch that the
 * webhook would answer with. What a List has besides is left as it is. Returns 0, -1
 * when it fails, WORKLOAD_OTHER for another kind, or a List that has nothing else: it
 * is left as it is and the error names it. */
#define WORKLOAD_OTHER 1
int workload_inject(const struct injection *injection, cJSON *object,
		    const struct workload_audience *audience, struct error *err);

#endif
