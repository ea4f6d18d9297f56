/* SPDX-License-Identifier: Apache-2.0 */
/* sanitize.h - words of strangers, made safe to print: nothing in them moves a cursor,
 * changes a colour or turns the direction of a line. */
#ifndef DORMOUSE_BASE_SANITIZE_H
#define DORMOUSE_BASE_SANITIZE_H

#include <stddef.h>
#include <stdio.h>

#include "text.h"

/* Appends the value with a '?' for each control character, each mark that is invisible
 * or turns the direction of writing, and each byte that is no UTF-8. */
void text_sanitized(struct text *t, const char *value);

/* The same into a buffer of `size` bytes, where what does not fit is cut at a whole
 * character and, from four bytes on, shown as "...". NULL is empty. Returns the buffer.
 */
char *sanitize(char *buffer, size_t size, const char *value);

/* Columns on a terminal of the first `length` bytes of sanitized text: two for the wide
 * characters of East Asia and pictures. */
size_t display_columns(const char *text, size_t length);

/* Bytes of the longest beginning that is at most so many columns wide. */
size_t display_fitting(const char *text, size_t columns);

/* Writes words of sanitized text in lines of at most `width` columns, each behind
 * `indent` blanks; the first line has `column` columns already. A word that is wider
 * than a line is broken. Ends with a newline. */
void display_wrapped(FILE *out, const char *text, size_t indent, size_t width,
		     size_t column);

#endif
