/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - validates UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF), and finds characters that are unsafe to print. */
#ifndef DORMOUSE_BASE_UTF8_H
#define DORMOUSE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest character, bytes. For NUL-terminated text it may be passed as
 * `available`: a sequence never extends beyond the NUL. */
#define UTF8_MAX 4

/* Length of the sequence at the beginning of `bytes`, of which `available` may be read;
 * 0 if it is invalid or cut off. */
size_t utf8_length(const char *bytes, size_t available);

/* The code point of a sequence whose length utf8_length() returned. */
uint32_t utf8_decode(const char *bytes, size_t length);

/* Whether a character is unsafe in a line for people: control characters (C0, DEL, C1),
 * characters that are invisible or change the direction of writing, line and paragraph
 * separators. */
bool utf8_is_unsafe(uint32_t character);

#endif
