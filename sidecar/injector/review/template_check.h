/* SPDX-License-Identifier: Apache-2.0 */
/* template_check.h - what a template may say. */
#ifndef DORMOUSE_INJECTOR_REVIEW_TEMPLATE_CHECK_H
#define DORMOUSE_INJECTOR_REVIEW_TEMPLATE_CHECK_H

#include <cJSON.h>

#include "base/error.h"

/* The one flag of `dormouse run` that the container sets itself. */
#define TEMPLATE_STATE_FLAG "state"

/* Fails with the member that is not known or whose value will not do. */
int template_check(const cJSON *tree, struct error *err);

#endif
