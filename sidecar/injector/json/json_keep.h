/* SPDX-License-Identifier: Apache-2.0 */
/* json_keep.h - keeps the numbers and strings that cJSON alone would change.
 *
 * A review or a workload may have a number that no double holds, a NUL or half a
 * surrogate pair in a member that Dormouse does not read. That is no reason to refuse
 * it. Such a number becomes a cJSON_Raw of its text. In strings and keys, U+0000
 * becomes the bytes C0 80, and half a pair becomes the three bytes that UTF-8 would use
 * for its number. Valid UTF-8 contains neither, so two strings stay equal or different
 * as before, and json_print() writes the escapes again.
 */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_KEEP_H
#define DORMOUSE_INJECTOR_JSON_JSON_KEEP_H

#include <cJSON.h>
#include <stddef.h>

/* Returns the value of the four hexadecimal digits of \uXXXX, or -1 without them. */
int json_keep_unit(const unsigned char *digits, const unsigned char *end);

/* Parses a text that json_scan() accepted. `numbers`: how many of its numbers no double
 * holds. Returns NULL on allocation failure. */
cJSON *json_keep_parse(const char *text, size_t length, unsigned numbers);

#endif
