/* SPDX-License-Identifier: Apache-2.0 */
/* eligibility.h - which pods get no sidecar, and for which reason. */
#ifndef DORMOUSE_INJECTOR_REVIEW_ELIGIBILITY_H
#define DORMOUSE_INJECTOR_REVIEW_ELIGIBILITY_H

#include <cJSON.h>
#include <stdbool.h>

/* The reasons, in the order of the checks: the first that applies is reported. Logs,
 * metrics and audit annotations contain the names, which never change. */
enum skip_reason {
	SKIP_NOTHING,          /* the pod gets a sidecar */
	SKIP_SYSTEM_NAMESPACE, /* "system-namespace": kube-*, the injector's own */
	SKIP_MIRROR_POD,       /* "mirror-pod": a kubelet's static pod */
	SKIP_HOST_NETWORK,     /* "host-network": its counters are the node's */
	SKIP_WINDOWS,          /* "windows" */
	SKIP_ALREADY_INJECTED, /* "already-injected": a container has that name */
	SKIP_OPTED_OUT,        /* "opted-out": label dormouse.dev/inject: "false" */
	SKIP_JOB,            /* "job-without-native-sidecar": the Job would never end */
	SKIP_LIMIT_RANGE,    /* "limit-range": no sidecar size fits: see fit.h */
	SKIP_RESOURCE_QUOTA, /* "resource-quota": no size fits into what is left */
	SKIP_REASONS,
};

const char *skip_reason_name(enum skip_reason reason); /* "" for SKIP_NOTHING */

/* The facts that the reasons are checked against. */
struct pod_facts {
	const cJSON *pod;          /* apiVersion v1, kind Pod, or a pod template */
	const char *namespace;     /* "" where unknown */
	const char *own_namespace; /* the injector's; "" where unknown */
	bool job;                  /* the template of a Job or CronJob */
	bool native;               /* the sidecar would be native */
};

/* Checks all reasons but the last two, which fit_sidecar() checks. */
enum skip_reason eligibility_of(const struct pod_facts *facts);

#endif
