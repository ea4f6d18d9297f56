/* SPDX-License-Identifier: Apache-2.0 */
/* workload.h - injects the pods in Deployments, CronJobs, Lists and so on. */
#ifndef DORMOUSE_INJECTOR_REVIEW_WORKLOAD_H
#define DORMOUSE_INJECTOR_REVIEW_WORKLOAD_H

#include <cJSON.h>
#include <stdbool.h>

#include "annotations.h"
#include "review.h"

/* Called for each pod or pod template, with the outcome and the warnings that the
 * webhook would have sent. */
typedef void workload_report(const char *kind, const char *name,
			     const struct review_result *result,
			     const struct warnings *warnings);

/* Called for each object of a list that has pods but is of an unknown kind, and so is
 * left unchanged. The sentence names it. */
typedef void workload_passed_over(const char *sentence);

/* The callbacks for results. */
struct workload_audience {
	workload_report *report;
	workload_passed_over *passed_over;
	bool listed; /* `object` is one of several, as if it were in a List */
};

/* Adds the sidecar to every pod in `object` (Pod, Deployment, StatefulSet, DaemonSet,
 * ReplicaSet, Job, CronJob, or a List of them), in place, with the same patch as the
 * webhook's answer. Other objects in a List are left unchanged. Returns 0, -1 on
 * failure, or WORKLOAD_OTHER for another kind or a List with nothing else: it is left
 * unchanged and the error names it. */
#define WORKLOAD_OTHER 1
int workload_inject(const struct injection *injection, cJSON *object,
		    const struct workload_audience *audience, struct error *err);

#endif
