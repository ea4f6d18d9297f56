/* SPDX-License-Identifier: Apache-2.0 */
/* fit.h - what the sidecar asks for, so that its pod is created and stays what it is.
 */
#ifndef DORMOUSE_INJECTOR_REVIEW_FIT_H
#define DORMOUSE_INJECTOR_REVIEW_FIT_H

#include <cJSON.h>

#include "eligibility.h"
#include "review.h"

struct fit {
	/* RESOURCE_NONE: not said in the container. */
	struct resources resources;
	char why[160]; /* it does not fit: in words */
};

/* Tries the sizes that the pod, the namespace or the template names, in their order.
 * SKIP_NOTHING: one fits. SKIP_LIMIT_RANGE, SKIP_RESOURCE_QUOTA: none does. A pod whose
 * annotation cannot be read gets what others get.
 *
 * The class of the pod stays: a BestEffort pod's sidecar asks for no CPU and no memory,
 * a Guaranteed one's for what it may have. A limit of CPU slows the start of the
 * container, and with it that of the pod, so there is one only where the pod needs it:
 * where all its containers have one (they are Guaranteed, or a quota demands it), or
 * where a LimitRange demands it or would put in its own. */
enum skip_reason fit_sidecar(const struct injection *injection, const char *namespace,
			     const cJSON *pod, struct fit *fit);

#endif
