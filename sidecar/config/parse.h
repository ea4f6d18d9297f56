/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h - the values of flags, as people write them; numbers and quantities are read
 * by base/units.h. Each function returns 0, or the documented result, and -1 when the
 * text is invalid or does not fit; the target is then unchanged. */
#ifndef DORMOUSE_CONFIG_PARSE_H
#define DORMOUSE_CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "detect_options.h"
#include "listen_address.h"

/* The index of the text in a list of words that ends with NULL. */
int parse_word(const char *text, const char *const *words);

/* "true" or "false". */
int parse_bool(const char *text, bool *on);

/* A non-empty text that fits into `size` bytes with its NUL. */
int parse_string(const char *text, char *target, size_t size);

/* "[::]:9477", "127.0.0.1:9478", ":9477" (every address). */
int parse_listen(const char *text, struct listen_address *listen);

/* "02:00-02:30", UTC; a window over midnight ends earlier than it begins. */
int parse_window(const char *text, struct expect_window *window);

#endif
