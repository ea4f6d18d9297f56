/* SPDX-License-Identifier: Apache-2.0 */
/* quota.h - one ResourceQuota. */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_QUOTA_H
#define DORMOUSE_INJECTOR_NAMESPACES_QUOTA_H

#include "namespaces.h"

/* Reads `spec` and `status`; whether it bounds what pods ask for or may have. */
bool quota_read(const cJSON *object, struct quota *quota);

#endif
