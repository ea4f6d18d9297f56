/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.h - a condition on a label, as Alertmanager reads it (alertmanager,
 * pkg/labels/parse.go): name, one of = != =~ !~, and a value, in quotes or not. */
#ifndef DORMOUSE_SERVE_MATCHER_H
#define DORMOUSE_SERVE_MATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "pattern.h"

#define MATCHER_NAME_MAX  64   /* all label names here are shorter */
#define MATCHER_VALUE_MAX 1024 /* with the NUL */

struct matcher {
	char name[MATCHER_NAME_MAX]; /* "" when the name is longer */
	bool negated, regex;
	char value[MATCHER_VALUE_MAX];
	struct pattern pattern; /* of the value, if `regex` */
};

/* Parses one matcher. A name may also be in quotes, and then of any characters, as
 * newer Alertmanagers accept it. Returns 0, or -1 with the reason in Alertmanager's
 * words. */
int matcher_parse(struct matcher *m, const char *text, struct error *err);

/* Whether the value ("" for a missing label) meets the condition. The budget is that of
 * pattern_matches(). */
bool matcher_takes(const struct matcher *m, const char *value, long *budget);

#endif
