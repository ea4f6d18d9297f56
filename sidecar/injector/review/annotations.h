/* SPDX-License-Identifier: Apache-2.0 */
/* annotations.h - what is told to whoever created the pod: never a reason to refuse. */
#ifndef DORMOUSE_INJECTOR_REVIEW_ANNOTATIONS_H
#define DORMOUSE_INJECTOR_REVIEW_ANNOTATIONS_H

#include <cJSON.h>

#define WARNINGS_MAX 16
#define WARNING_SIZE 257 /* with the NUL: the API server cuts at 256 */

/* Lines of UTF-8, in the order of what they are about. Of those beyond WARNINGS_MAX
 * only their number is kept, in the last line. */
struct warnings {
	unsigned count; /* lines */
	unsigned left_out;
	char line[WARNINGS_MAX + 1][WARNING_SIZE];
};

/* An empty list. */
void warnings_clear(struct warnings *w);

/* Adds "dormouse: " and the text. */
void warnings_add(struct warnings *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds one for each annotation and label dormouse.dev/... of the pod that is not known
 * or whose value the sidecar will not take. */
void annotations_check(const cJSON *pod, struct warnings *w);

#endif
