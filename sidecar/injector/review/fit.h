/* SPDX-License-Identifier: Apache-2.0 */
/* fit.h - sizes the sidecar: its pod must be admitted and keep its QoS class. */
#ifndef DORMOUSE_INJECTOR_REVIEW_FIT_H
#define DORMOUSE_INJECTOR_REVIEW_FIT_H

#include <cJSON.h>

#include "eligibility.h"
#include "review.h"

struct fit {
	/* RESOURCE_NONE: left out of the container. */
	struct resources resources;
	char why[160]; /* the reason if no size fits, as text */
};

/* Tries the sizes of the pod, the namespace or the template, in their order. Returns
 * SKIP_NOTHING if one fits, else SKIP_LIMIT_RANGE or SKIP_RESOURCE_QUOTA. An invalid
 * annotation of the pod is ignored.
 *
 * The pod keeps its QoS class: the sidecar of a BestEffort pod requests no CPU and no
 * memory; that of a Guaranteed pod requests as much as its limits. A CPU limit slows
 * the start of the container and so of the pod. It is set only where the pod needs it:
 * where all containers have one (they are Guaranteed, or a quota demands it), or where
 * a LimitRange demands one or would add its own. */
enum skip_reason fit_sidecar(const struct injection *injection, const char *namespace,
			     const cJSON *pod, struct fit *fit);

#endif
