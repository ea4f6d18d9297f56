/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h - what somebody who mistyped a name most likely meant. */
#ifndef DORMOUSE_BASE_NEAREST_H
#define DORMOUSE_BASE_NEAREST_H

#include <stddef.h>

#include "text.h"

/* The best guess so far. */
struct nearest {
	const char *given; /* not NUL-terminated */
	size_t length;
	const char *name; /* NULL: nothing is near */
	unsigned distance;
};

/* No guess yet. */
struct nearest nearest_to(const char *given, size_t length);

/* Takes the candidate, a static name, if it is nearer than the guess so far. Near is: a
 * slip or two (a letter wrong, missing, too many, two swapped), or at least three
 * letters of its beginning. Upper case is lower case, '_' is '-'. */
void nearest_consider(struct nearest *n, const char *candidate);

/* Appends "; did you mean PREFIXname?"; nothing when nothing is near. */
void nearest_say(const struct nearest *n, const char *prefix, struct text *t);

#endif
