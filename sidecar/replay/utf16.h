/* SPDX-License-Identifier: Apache-2.0 */
/* utf16.h - UTF-16, as Windows' programs save it, turned into UTF-8 piece by piece. */
#ifndef DORMOUSE_REPLAY_UTF16_H
#define DORMOUSE_REPLAY_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct utf16 {
	bool big_endian;
	bool half;     /* a unit's first byte was read: */
	uint8_t first; /* this */
	uint16_t high; /* the first unit of a pair, 0: none waits */
};

/* The most that `length` bytes become, what waited before them included. */
#define UTF16_AS_UTF8(length) (((length) / 2 + 2) * 3)

/* Turns the next bytes into UTF-8 at `to`. What is no character becomes U+FFFD. Returns
 * how many bytes were written. */
size_t utf16_turn(struct utf16 *u, const uint8_t *from, size_t length, char *to);

/* At the end: what waited for more is U+FFFD. As utf16_turn(). */
size_t utf16_end(struct utf16 *u, char *to);

#endif
