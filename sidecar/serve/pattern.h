/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h - regular expressions as Alertmanager takes them: RE2's syntax, matched
 * against the whole text.
 *
 * A program of Thompson's kind: time is bounded by the length of the program times that
 * of the text, whatever the expression; memory is fixed. The C library's regcomp()
 * knows another syntax and bounds neither.
 *
 * Understood: literals, '.', classes ([a-z], [^a], [[:alpha:]], \d \w \s and their
 * opposites), groups, '|', * + ? {n} {n,} {n,m} and their lazy forms, ^ $ \A \z \b \B,
 * escapes, the flags i (ASCII letters) and s. Refused with a reason: Unicode classes
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
	int32_t a, b; /* a character; relative targets; ranges, from and how many */
};

struct pattern {
	struct pattern_step steps[PATTERN_STEPS_MAX];
	int length;
	struct pattern_range {
		uint32_t first, last;
	} ranges[PATTERN_RANGES_MAX];
	int range_count;
};

/* 0, or -1 with the reason in Go's words where it has some. */
int pattern_compile(struct pattern *p, const char *expression, struct error *err);

/* Whether all of the text matches. Takes what it costs off the budget; once that is
 * negative, answers are false and worth nothing. */
bool pattern_matches(const struct pattern *p, const char *text, long *budget);

#endif
