/* SPDX-License-Identifier: Apache-2.0 */
/* patch_apply.h - applies a JSON Patch as the API server applies a webhook's. */
#ifndef DORMOUSE_INJECTOR_REVIEW_PATCH_APPLY_H
#define DORMOUSE_INJECTOR_REVIEW_PATCH_APPLY_H

#include <cJSON.h>
#include <stddef.h>

#include "base/error.h"

/* Applies the patch (RFC 6902) to the object, in place. It may contain only "add", as
 * the patches of patch_write() do. If it fails, the object may be partly changed. */
int patch_apply(cJSON *object, const char *patch, size_t length, struct error *err);

#endif
