/* SPDX-License-Identifier: Apache-2.0 */
/* limit_range.h - one LimitRange, or several as one. */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_LIMIT_RANGE_H
#define DORMOUSE_INJECTOR_NAMESPACES_LIMIT_RANGE_H

#include "namespaces.h"

/* Reads `spec`; whether it bounds a container's or a pod's CPU, memory or storage. */
bool limit_range_read(const cJSON *object, struct limit_range *range);

/* Makes `range` as narrow as both. */
void limit_range_narrow(struct limit_range *range, const struct limit_range *by);

#endif
