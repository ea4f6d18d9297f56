/* SPDX-License-Identifier: Apache-2.0 */
/* utf16.h - converts UTF-16, as Windows programs save it, to UTF-8 in chunks. */
#ifndef DORMOUSE_REPLAY_UTF16_H
#define DORMOUSE_REPLAY_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct utf16 {
	bool big_endian;
	bool half;     /* the first byte of a unit was read: */
	uint8_t first; /* this */
	uint16_t high; /* the first unit of an open pair; 0: none */
};

/* The largest result of `length` bytes, pending bytes included. */
#define UTF16_AS_UTF8(length) (((length) / 2 + 2) * 3)

/* Converts the next bytes to UTF-8 at `to`. An invalid character becomes U+FFFD.
 * Returns the number of bytes written. */
size_t utf16_turn(struct utf16 *u, const uint8_t *from, size_t length, char *to);

/* Call it at the end: an incomplete character becomes U+FFFD. Returns as utf16_turn().
 */
size_t utf16_end(struct utf16 *u, char *to);

#endif
