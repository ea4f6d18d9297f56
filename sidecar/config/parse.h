/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h - the values of flags, as people write them. Each function returns 0, or the
 * documented result, and -1 when the text is invalid or out of range; the target is
 * then unchanged. */
#ifndef DORMOUSE_CONFIG_PARSE_H
#define DORMOUSE_CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "detect_options.h"
#include "listen_address.h"

/* "100ms", "10s", "5m", "1h", "30d", also "1.5h" and, the larger unit first, "1h30m";
 * in seconds, never negative. */
int parse_duration(const char *text, double *seconds);

/* "500", "500B", "64KiB", "2MB" (units with an i are powers of 1024, others of 1000),
 * or without the B as in Kubernetes: "512Ki". A final "/s" is allowed. In bytes. */
int parse_size(const char *text, double *bytes);

/* A whole number in decimal. */
int parse_count(const char *text, unsigned long minimum, unsigned long maximum,
		unsigned *count);

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
