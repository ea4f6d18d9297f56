/* SPDX-License-Identifier: Apache-2.0 */
/* annotations.h - warnings for the creator of a pod; they never refuse the pod. */
#ifndef DORMOUSE_INJECTOR_REVIEW_ANNOTATIONS_H
#define DORMOUSE_INJECTOR_REVIEW_ANNOTATIONS_H

#include <cJSON.h>

#define WARNINGS_MAX 16
#define WARNING_SIZE 257 /* with the NUL: the API server cuts at 256 */

/* Lines of UTF-8, in the order of the pod's members. Beyond WARNINGS_MAX, the last line
 * has only the number of the others. */
struct warnings {
	unsigned count; /* lines */
	unsigned left_out;
	char line[WARNINGS_MAX + 1][WARNING_SIZE];
};

/* Empties the list. */
void warnings_clear(struct warnings *w);

/* Adds a line: "dormouse: " and the text. */
void warnings_add(struct warnings *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a warning for each annotation and label dormouse.dev/... of the pod that is
 * unknown or has a value that the sidecar will refuse. */
void annotations_check(const cJSON *pod, struct warnings *w);

#endif
