/* SPDX-License-Identifier: Apache-2.0 */
/* ports.h - ports that both the pod's own containers and the sidecar use. */
#ifndef DORMOUSE_INJECTOR_REVIEW_PORTS_H
#define DORMOUSE_INJECTOR_REVIEW_PORTS_H

#include <cJSON.h>

#include "annotations.h"
#include "template.h"

/* Adds a warning for each port of the sidecar that a container of the pod declares for
 * TCP or is probed at. The sidecar's ports come from the pod's annotations, else from
 * the template, else from the flags' defaults. */
void ports_check(const cJSON *pod, const struct sidecar_template *template,
		 struct warnings *w);

#endif
