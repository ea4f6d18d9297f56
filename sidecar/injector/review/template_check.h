/* SPDX-License-Identifier: Apache-2.0 */
/* template_check.h - validates a template. */
#ifndef DORMOUSE_INJECTOR_REVIEW_TEMPLATE_CHECK_H
#define DORMOUSE_INJECTOR_REVIEW_TEMPLATE_CHECK_H

#include <cJSON.h>

#include "base/error.h"

/* The flags of `dormouse run` that the container sets itself. */
#define TEMPLATE_STATE_FLAG    "state"
#define TEMPLATE_BASELINE_FLAG "baseline"

/* Fails with an error that names the member that is unknown or has an invalid value. */
int template_check(const cJSON *tree, struct error *err);

#endif
