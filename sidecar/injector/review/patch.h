/* SPDX-License-Identifier: Apache-2.0 */
/* patch.h - what becomes of a pod: left alone for a reason, or a JSON Patch. */
#ifndef DORMOUSE_INJECTOR_REVIEW_PATCH_H
#define DORMOUSE_INJECTOR_REVIEW_PATCH_H

#include <cJSON.h>

#include "annotations.h"
#include "eligibility.h"
#include "fit.h"
#include "review.h"

struct text;

/* The longest patch: with base64 and the rest it fits into an answer. */
#define PATCH_MAX 40960

/* Writes the patch (RFC 6902, nothing but "add") that gives the pod its sidecar. What
 * stands in the pod stays where it is, but for the first init container, which becomes
 * the second, and for the list of volumes without which a pod may be evicted. -1: the
 * pod's own members are not of the kind that they should be. */
int patch_write(const struct injection *injection, const struct fit *fit,
		const cJSON *pod, struct text *patch, struct error *err);

#endif
