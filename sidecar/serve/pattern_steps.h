/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_steps.h - what the steps of a pattern's program do. */
#ifndef DORMOUSE_SERVE_PATTERN_STEPS_H
#define DORMOUSE_SERVE_PATTERN_STEPS_H

#include <stdbool.h>
#include <stdint.h>

enum pattern_op {
	PATTERN_CHAR,   /* a: the character */
	PATTERN_ANY,    /* any, a line feed only if `negated` */
	PATTERN_CLASS,  /* a, b: the first of its ranges, how many */
	PATTERN_ASSERT, /* a: enum pattern_assertion */
	PATTERN_SPLIT,  /* a, b: both, relative */
	PATTERN_JUMP,   /* a: relative */
	PATTERN_MATCH
};

enum pattern_assertion {
	PATTERN_BEGIN,
	PATTERN_END,
	PATTERN_WORD_EDGE,
	PATTERN_NO_WORD_EDGE
};

/* The character at *text, which moves behind it; a byte that is no UTF-8 is U+FFFD. */
uint32_t pattern_next(const char **text);

/* [0-9A-Za-z_] */
bool pattern_is_word(uint32_t character);

#endif
