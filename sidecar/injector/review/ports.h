/* SPDX-License-Identifier: Apache-2.0 */
/* ports.h - ports that a pod's own containers and the sidecar both want. */
#ifndef DORMOUSE_INJECTOR_REVIEW_PORTS_H
#define DORMOUSE_INJECTOR_REVIEW_PORTS_H

#include <cJSON.h>

#include "annotations.h"
#include "template.h"

/* Adds a warning for each port of the sidecar's that a container of the pod declares
 * for TCP, or is probed at. Which ports are the sidecar's, the pod's annotations say,
 * else the template, else the flags' defaults. */
void ports_check(const cJSON *pod, const struct sidecar_template *template,
		 struct warnings *w);

#endif
