/* SPDX-License-Identifier: Apache-2.0 */
/* json_keep.h - numbers and strings that cJSON would not keep, kept as they are
 * written.
 *
 * Neither a review nor a workload is wrong for a number that no double holds, a NUL or
 * half a surrogate pair in a member that nobody here reads. Such a number becomes a
 * cJSON_Raw of its text. In strings, keys among them, U+0000 becomes the bytes C0 80
 * and half a pair the three bytes that its number would have in UTF-8: no UTF-8 has
 * either, so two strings are equal as they were before, and json_print() writes the
 * escapes.
 */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_KEEP_H
#define DORMOUSE_INJECTOR_JSON_JSON_KEEP_H

#include <cJSON.h>
#include <stddef.h>

/* The four hexadecimal digits of \uXXXX; -1: there are none. */
int json_keep_unit(const unsigned char *digits, const unsigned char *end);

/* The tree of a text that json_scan() accepted, with so many numbers that no double
 * holds; NULL on allocation failure. */
cJSON *json_keep_parse(const char *text, size_t length, unsigned numbers);

#endif
