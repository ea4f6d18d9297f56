/* SPDX-License-Identifier: Apache-2.0 */
/* pod_resources.h - a pod's requests and limits, without its sidecar. */
#ifndef DORMOUSE_INJECTOR_REVIEW_POD_RESOURCES_H
#define DORMOUSE_INJECTOR_REVIEW_POD_RESOURCES_H

#include <cJSON.h>
#include <stdbool.h>

#include "injector/namespaces/resources.h"

enum qos_class { QOS_BEST_EFFORT, QOS_BURSTABLE, QOS_GUARANTEED };

struct pod_figures {
	enum qos_class qos;
	bool own_resources; /* pod-level resources, shared by its containers */
	/* The sidecar's amounts are added to these; a missing amount counts as 0. */
	struct resources base;
	struct amounts overhead; /* of the runtime class, for quotas */
	/* Every container has one, init containers too. */
	bool all_request[RESOURCES], all_limit[RESOURCES];
};

/* Reads the figures of a pod. `native`: the sidecar will be the first init container
 * and run beside all others; else it will be an ordinary container, which runs beside
 * no init container. */
void pod_figures_read(const cJSON *pod, bool native, struct pod_figures *figures);

#endif
