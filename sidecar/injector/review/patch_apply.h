/* SPDX-License-Identifier: Apache-2.0 */
/* patch_apply.h - a JSON Patch applied, as the API server applies a webhook's. */
#ifndef DORMOUSE_INJECTOR_REVIEW_PATCH_APPLY_H
#define DORMOUSE_INJECTOR_REVIEW_PATCH_APPLY_H

#include <cJSON.h>
#include <stddef.h>

#include "base/error.h"

/* Applies the patch (RFC 6902) to the object, in place. It may hold "add" only, which
 * is all that we write. Fails when it does not apply, and then the object may be
 * changed in part. */
int patch_apply(cJSON *object, const char *patch, size_t length, struct error *err);

#endif
