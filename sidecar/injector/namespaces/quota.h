/* SPDX-License-Identifier: Apache-2.0 */
/* quota.h - reads one ResourceQuota. */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_QUOTA_H
#define DORMOUSE_INJECTOR_NAMESPACES_QUOTA_H

#include "namespaces.h"

/* Reads `spec` and `status`. Returns whether it bounds pods' requests or limits. */
bool quota_read(const cJSON *object, struct quota *quota);

#endif
