/* SPDX-License-Identifier: Apache-2.0 */
/* limit_range.h - reads one LimitRange, and merges several. */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_LIMIT_RANGE_H
#define DORMOUSE_INJECTOR_NAMESPACES_LIMIT_RANGE_H

#include "namespaces.h"

/* Reads `spec`. Returns whether it bounds a container's or a pod's resources. */
bool limit_range_read(const cJSON *object, struct limit_range *range);

/* Narrows `range` so that it satisfies both. */
void limit_range_narrow(struct limit_range *range, const struct limit_range *by);

#endif
