/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h - suggests the name that a mistyped one most likely stands for. */
#ifndef DORMOUSE_BASE_NEAREST_H
#define DORMOUSE_BASE_NEAREST_H

#include <stddef.h>

#include "text.h"

/* The best guess so far. */
struct nearest {
	const char *given; /* not NUL-terminated */
	size_t length;
	const char *name; /* NULL: no candidate is near */
	unsigned distance;
};

/* A search without candidates so far. `given` must outlive it. */
struct nearest nearest_to(const char *given, size_t length);

/* Keeps the candidate, a static name, if it is nearer than the best guess so far. A
 * name is near if it differs by one or two edits (a letter wrong, missing, extra, or
 * two swapped), or if `given` is a prefix of it with at least three letters. Ignores
 * case, and '_' equals '-'. */
void nearest_consider(struct nearest *n, const char *candidate);

/* Appends "; did you mean PREFIXname?", or nothing if no candidate is near. */
void nearest_say(const struct nearest *n, const char *prefix, struct text *t);

#endif
