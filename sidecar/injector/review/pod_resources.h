/* SPDX-License-Identifier: Apache-2.0 */
/* pod_resources.h - what a pod asks for and may have, without its sidecar. */
#ifndef DORMOUSE_INJECTOR_REVIEW_POD_RESOURCES_H
#define DORMOUSE_INJECTOR_REVIEW_POD_RESOURCES_H

#include <cJSON.h>
#include <stdbool.h>

#include "injector/namespaces/resources.h"

enum qos_class { QOS_BEST_EFFORT, QOS_BURSTABLE, QOS_GUARANTEED };

struct pod_figures {
	enum qos_class qos;
	bool own_resources; /* the pod has resources of its own, its containers share */
	/* What the sidecar's amounts are added to, none counting as 0. */
	struct resources base;
	struct amounts overhead; /* of the runtime class, for quotas */
	/* Each container says it, init containers too. */
	bool all_request[RESOURCES], all_limit[RESOURCES];
};

/* `native`: the sidecar will be the first init container, and run beside all others;
 * else one of the containers, beside no init container. */
void pod_figures_read(const cJSON *pod, bool native, struct pod_figures *figures);

#endif
