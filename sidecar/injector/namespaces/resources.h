/* SPDX-License-Identifier: Apache-2.0 */
/* resources.h - the requests and limits of containers, as integers.
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

/* RESOURCE_NONE: not given. Every amount is less than RESOURCE_MAX, 2^60. */
#define RESOURCE_NONE INT64_C(-1)
#define RESOURCE_MAX  (INT64_C(1) << 60)

struct amounts {
	int64_t of[RESOURCES];
};

struct resources {
	struct amounts requests, limits;
};

extern const struct amounts amounts_none;

/* Converts a quantity (a text or a number) to an amount, rounded up or down. Returns
 * RESOURCE_NONE if it is not a quantity, or less than 0. */
enum rounding { ROUND_UP, ROUND_DOWN };
int64_t resource_amount(enum resource resource, const cJSON *quantity,
			enum rounding rounding);

/* Reads all amounts of an object, such as a container's `requests`. */
struct amounts resources_read(const cJSON *object, enum rounding rounding);

struct text;
/* Writes the amount as a quantity: "10m", "16Mi". */
void resource_put(enum resource resource, int64_t amount, struct text *out);

/* The annotation that sets the sidecar's resources for a pod or a namespace. */
#define RESOURCES_NAME       "resources"
#define RESOURCES_ANNOTATION "dormouse.dev/" RESOURCES_NAME
#define RESOURCES_SUCH_AS    "cpu=5m,memory=8Mi"

/* Parses "cpu=5m,memory=8Mi", in either order and without blanks. One may be missing:
 * its amount is then RESOURCE_NONE. Fails below 1m or 8Mi, because no container starts
 * with less. The error says what is expected. */
int resources_parse(const char *text, struct amounts *amounts, struct error *err);

#endif
