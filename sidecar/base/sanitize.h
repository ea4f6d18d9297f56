/* SPDX-License-Identifier: Apache-2.0 */
/* sanitize.h - makes untrusted text safe to print: it cannot move the cursor, change a
 * colour or reverse the direction of a line. */
#ifndef DORMOUSE_BASE_SANITIZE_H
#define DORMOUSE_BASE_SANITIZE_H

#include <stddef.h>
#include <stdio.h>

#include "text.h"

/* Appends the value with a '?' for each control character, each character that is
 * invisible or changes the direction of writing, and each byte of invalid UTF-8. */
void text_sanitized(struct text *t, const char *value);

/* The same into a buffer of `size` bytes. A longer text is cut at a whole character,
 * and ends with "..." if `size` is at least four. NULL counts as empty. Returns the
 * buffer. */
char *sanitize(char *buffer, size_t size, const char *value);

/* Terminal columns of the first `length` bytes of sanitized text: two for each wide
 * East Asian character or pictograph. */
size_t display_columns(const char *text, size_t length);

/* Length in bytes of the longest prefix that is at most `columns` wide. */
size_t display_fitting(const char *text, size_t columns);

/* Writes sanitized text, wrapped at words into lines of at most `width` columns, each
 * indented by `indent` blanks. The first line has `column` columns already. A word that
 * is wider than a line is broken. Ends with a newline. */
void display_wrapped(FILE *out, const char *text, size_t indent, size_t width,
		     size_t column);

#endif
