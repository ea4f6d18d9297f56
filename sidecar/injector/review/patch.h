/* SPDX-License-Identifier: Apache-2.0 */
/* patch.h - writes the JSON Patch that adds the sidecar to a pod. */
#ifndef DORMOUSE_INJECTOR_REVIEW_PATCH_H
#define DORMOUSE_INJECTOR_REVIEW_PATCH_H

#include <cJSON.h>

#include "annotations.h"
#include "eligibility.h"
#include "fit.h"
#include "review.h"

struct owner;
struct text;

/* The longest patch. In base64 and with the rest it fits into an answer. */
#define PATCH_MAX 40960

/* Writes the patch (RFC 6902, only "add") that adds the sidecar to the pod. The pod's
 * members keep their places, with two exceptions: the first init container becomes the
 * second, and the annotation that lists evictable volumes is extended. Returns -1 if a
 * member of the pod has the wrong type. `owner` is whose pod it is. */
int patch_write(const struct injection *injection, const struct fit *fit,
		const struct owner *owner, const cJSON *pod, struct text *patch,
		struct error *err);

#endif
