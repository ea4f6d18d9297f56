/* SPDX-License-Identifier: Apache-2.0 */
/* nobody.h - the identity of a pod of which nothing is known. */
#ifndef TESTS_SUPPORT_NOBODY_H
#define TESTS_SUPPORT_NOBODY_H

#include "config/identity.h"

static const struct identity nobody __attribute__((unused)) = {.name = "",
							       .namespace = "",
							       .uid = "",
							       .node = "",
							       .workload = "",
							       .cluster = "",
							       .images = ""};

#endif
