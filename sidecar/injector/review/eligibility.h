/* SPDX-License-Identifier: Apache-2.0 */
/* eligibility.h - which pods are left alone, and for which reason. */
#ifndef DORMOUSE_INJECTOR_REVIEW_ELIGIBILITY_H
#define DORMOUSE_INJECTOR_REVIEW_ELIGIBILITY_H

#include <cJSON.h>
#include <stdbool.h>

/* The first that holds counts. The names are for logs, metrics and audit annotations,
 * and never change. */
enum skip_reason {
	SKIP_NOTHING,          /* the pod gets a sidecar */
	SKIP_SYSTEM_NAMESPACE, /* "system-namespace": kube-*, the injector's own */
	SKIP_MIRROR_POD,       /* "mirror-pod": a kubelet's static pod */
	SKIP_HOST_NETWORK,     /* "host-network": its counters are the node's */
	SKIP_WINDOWS,          /* "windows" */
	SKIP_ALREADY_INJECTED, /* "already-injected": a container of that name */
	SKIP_OPTED_OUT,        /* "opted-out": label dormouse.dev/inject: "false" */
	SKIP_JOB,              /* "job-without-native-sidecar": it would never end */
	SKIP_LIMIT_RANGE,      /* "limit-range": no size of it fits: see fit.h */
	SKIP_RESOURCE_QUOTA,   /* "resource-quota": nor into what is left */
	SKIP_REASONS,
};

const char *skip_reason_name(enum skip_reason reason); /* "" for SKIP_NOTHING */

/* What a pod is judged by. */
struct pod_facts {
	const cJSON *pod;          /* apiVersion v1, kind Pod, or a pod template */
	const char *namespace;     /* "" where unknown */
	const char *own_namespace; /* the injector's; "" where unknown */
	bool job;                  /* the template of a Job or CronJob */
	bool native;               /* the sidecar would be a native one */
};

/* All reasons but the last two. */
enum skip_reason eligibility_of(const struct pod_facts *facts);

#endif
