/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - any bytes as the arguments and the environment of a command: its words,
 * each ended by a NUL, of which those with an underscore before a "=" are variables.
 */
#ifndef TESTS_FUZZ_WORDS_H
#define TESTS_FUZZ_WORDS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define WORDS_MAX 32

struct words {
	char *copy; /* the bytes, ended by a NUL */
	char *argv[WORDS_MAX + 2];
	int argc;
};

static inline int is_variable(const char *word)
{
	const char *end = strchr(word, '='), *underscore = strchr(word, '_');

	return end && underscore && underscore < end;
}

/* Replaces the environment. free() the copy. */
static inline struct words words_of(const uint8_t *data, size_t size)
{
	struct words w = {.copy = malloc(size + 1), .argv = {"command"}, .argc = 1};

	if (!w.copy)
		abort();
	memcpy(w.copy, data, size);
	w.copy[size] = '\0';
	clearenv();
	for (char *at = w.copy; at < w.copy + size && w.argc <= WORDS_MAX;
	     at += strlen(at) + 1) {
		char *end = strchr(at, '=');

		if (!is_variable(at)) {
			w.argv[w.argc++] = at;
			continue;
		}
		*end = '\0';
		setenv(at, end + 1, 1);
		*end = '='; /* so that strlen() sees the whole word */
	}
	return w;
}

/* What is said to people is one line, without what a terminal would obey. */
static inline void check_line(const char *line)
{
	if (!line[0] || strlen(line) >= ERROR_TEXT_MAX)
		abort();
	for (const char *at = line; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7F)
			abort();
}

#endif
