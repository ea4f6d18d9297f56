/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h - the values of flags, as people write them. Each function returns 0, or
 * what it says, and -1 when the text is none of that kind or out of range; the result
 * is then unchanged. */
#ifndef DORMOUSE_CONFIG_PARSE_H
#define DORMOUSE_CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "detect_options.h"
#include "listen_address.h"

/* "100ms", "10s", "5m", "1h", "30d", also "1.5h" and, the larger unit first, "1h30m";
 * never negative. In seconds. */
int parse_duration(const char *text, double *seconds);

/* "500", "500B", "64KiB", "2MB" (powers of 1024 with an i, of 1000 without), as
 * Kubernetes has it without the B, too: "512Ki"; with or without "/s" behind it. In
 * bytes. */
int parse_size(const char *text, double *bytes);

/* A whole number in decimal. */
int parse_count(const char *text, unsigned long minimum, unsigned long maximum,
		unsigned *count);

/* One of the words, which end with NULL: its index. */
int parse_word(const char *text, const char *const *words);

/* "true" or "false". */
int parse_bool(const char *text, bool *on);

/* A text that is not empty and fits into `size` bytes with its NUL. */
int parse_string(const char *text, char *target, size_t size);

/* "[::]:9477", "127.0.0.1:9478", ":9477" (every address). */
int parse_listen(const char *text, struct listen_address *listen);

/* "02:00-02:30", UTC; the end may be earlier than the beginning: over midnight. */
int parse_window(const char *text, struct expect_window *window);

#endif
