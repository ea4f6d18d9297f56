/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h - regular expressions as Alertmanager accepts them: RE2's syntax, matched
 * against the whole text.
 *
 * This is a program of Thompson's kind: time is bounded by the length of the program
 * times the length of the text, for any expression; memory is fixed. The C library's
 * regcomp() has another syntax and bounds neither.
 *
 * Supported: literals, '.', classes ([a-z], [^a], [[:alpha:]], \d \w \s and their
 * opposites), groups, '|', * + ? {n} {n,} {n,m} and their lazy forms, ^ $ \A \z \b \B,
 * escapes, the flags i (ASCII letters) and s. Rejected with a reason: Unicode classes
 * (\pL), \Q, \C, the flags m and U.
 */
#ifndef DORMOUSE_SERVE_PATTERN_H
#define DORMOUSE_SERVE_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PATTERN_STEPS_MAX  1000 /* of a program */
#define PATTERN_RANGES_MAX 256  /* of all its classes */

struct pattern_step {
	uint8_t op;
	bool fold, negated;
	int32_t a, b; /* character; relative targets; first range and count */
};

struct pattern {
	struct pattern_step steps[PATTERN_STEPS_MAX];
	int length;
	struct pattern_range {
		uint32_t first, last;
	} ranges[PATTERN_RANGES_MAX];
	int range_count;
};

/* Returns 0, or -1 with the reason, in the words of Go's regexp package where it has
 * them. */
int pattern_compile(struct pattern *p, const char *expression, struct error *err);

/* Whether the whole text matches. Subtracts the cost from the budget; when the budget
 * is negative, the result is false and must be ignored. */
bool pattern_matches(const struct pattern *p, const char *text, long *budget);

#endif
