/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - what is UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF), and which of its characters may be shown as they are. */
#ifndef DORMOUSE_BASE_UTF8_H
#define DORMOUSE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes that a character has. Where a text is NUL-terminated that many may be
 * called available: a sequence never goes beyond its NUL. */
#define UTF8_MAX 4

/* The length of the sequence that `bytes` begins with, of which `available` may be
 * read; 0 if that is none, or cut off. */
size_t utf8_length(const char *bytes, size_t available);

/* The character of a sequence of that length, as utf8_length() found it. */
uint32_t utf8_decode(const char *bytes, size_t length);

/* Whether a character is one that has no business in a line for people: control
 * characters (C0, DEL, C1), marks that are invisible or turn the direction of writing,
 * line and paragraph separators. */
bool utf8_is_unsafe(uint32_t character);

#endif
