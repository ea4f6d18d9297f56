/* SPDX-License-Identifier: Apache-2.0 */
/* resources.h - what containers ask for and may have, in whole numbers.
 *
 * CPU in thousandths of a core, memory and storage in bytes.
 */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_RESOURCES_H
#define DORMOUSE_INJECTOR_NAMESPACES_RESOURCES_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum resource { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_STORAGE, RESOURCES };

const char *resource_name(enum resource resource); /* "cpu", ..., as in a pod */

/* Not said. Every amount is less than the largest that is told apart, 2^60. */
#define RESOURCE_NONE INT64_C(-1)
#define RESOURCE_MAX  (INT64_C(1) << 60)

struct amounts {
	int64_t of[RESOURCES];
};

struct resources {
	struct amounts requests, limits;
};

extern const struct amounts amounts_none;

/* A quantity (a text, or a number) as an amount: of what lies between two, the upper or
 * the lower. RESOURCE_NONE where it is no quantity or less than 0. */
enum rounding { ROUND_UP, ROUND_DOWN };
int64_t resource_amount(enum resource resource, const cJSON *quantity,
			enum rounding rounding);

/* All that an object such as a container's `requests` says. */
struct amounts resources_read(const cJSON *object, enum rounding rounding);

struct text;
/* As a quantity: "10m", "16Mi". */
void resource_put(enum resource resource, int64_t amount, struct text *out);

/* The annotation by which a pod or a namespace says what its sidecars ask for. */
#define RESOURCES_NAME       "resources"
#define RESOURCES_ANNOTATION "dormouse.dev/" RESOURCES_NAME
#define RESOURCES_SUCH_AS    "cpu=5m,memory=8Mi"

/* "cpu=5m,memory=8Mi", in either order and without blanks; one may be missing, its
 * amount is then RESOURCE_NONE. Less than 1m or 8Mi, with which no container starts,
 * fails. The error says what would do. */
int resources_parse(const char *text, struct amounts *amounts, struct error *err);

#endif
