/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_steps.h - the steps of a pattern's program. */
#ifndef DORMOUSE_SERVE_PATTERN_STEPS_H
#define DORMOUSE_SERVE_PATTERN_STEPS_H

#include <stdbool.h>
#include <stdint.h>

enum pattern_op {
	PATTERN_CHAR,   /* a: the character */
	PATTERN_ANY,    /* any character; a line feed only if `negated` */
	PATTERN_CLASS,  /* a, b: its first range, and their number */
	PATTERN_ASSERT, /* a: enum pattern_assertion */
	PATTERN_SPLIT,  /* a, b: both targets, relative */
	PATTERN_JUMP,   /* a: the target, relative */
	PATTERN_MATCH
};

enum pattern_assertion {
	PATTERN_BEGIN,
	PATTERN_END,
	PATTERN_WORD_EDGE,
	PATTERN_NO_WORD_EDGE
};

/* Returns the character at *text and moves *text behind it; a byte that is not valid
 * UTF-8 is U+FFFD. */
uint32_t pattern_next(const char **text);

/* [0-9A-Za-z_] */
bool pattern_is_word(uint32_t character);

#endif
