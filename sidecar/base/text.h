/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - text built piece by piece into memory of fixed size.
 *
 * A piece that does not fit is left out and sets `overflowed`. A text that overflowed
 * is never sent: its maker enlarges the buffer or reports a failure. Nothing allocates.
 */
#ifndef DORMOUSE_BASE_TEXT_H
#define DORMOUSE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *data;      /* NUL-terminated whenever capacity > 0; owned by the caller */
	size_t length;   /* without the NUL */
	size_t capacity; /* with the NUL */
	bool overflowed; /* something was left out; the text is cut at a whole piece */
};

/* An empty text over `capacity` bytes at `data`. */
struct text text_over(char *data, size_t capacity);

/* Append. A piece that does not fit completely is left out and sets `overflowed`. Every
 * later piece is left out too, so the text is always a prefix of the intended one. */
void text_put(struct text *t, const char *piece);
void text_put_bytes(struct text *t, const char *piece, size_t length);
void text_printf(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Append a finite number in the shortest form that reads back equal. */
void text_number(struct text *t, double value);

/* Append a whole number in decimal digits. */
void text_unsigned(struct text *t, uint64_t value);

/* Append bytes that should be UTF-8 but can be anything, such as an interface's name.
 * Valid UTF-8 stays unchanged. Other bytes and unsafe characters (utf8.h) become \xHH,
 * and so does a backslash that begins such an escape in the input. So different inputs
 * give different outputs, and a valid name looks the same as in other programs.
 * `quoted`: for text between quotes in JSON and in Prometheus' labels, with a backslash
 * before each quote and backslash. */
void text_visible(struct text *t, const char *bytes, bool quoted);

/* Append RFC 3339 in UTC with milliseconds, without quotes. */
void text_time(struct text *t, double unix_seconds);

#endif
