/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - lines and words of /proc's tables.
 *
 * Safe on any bytes: nothing outside of a span is read.
 */
#ifndef DORMOUSE_BASE_WORDS_H
#define DORMOUSE_BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of a text, from `at` up to but without `end`. */
struct slice {
	const char *at, *end;
};

/* Cuts the next line off `rest`. False when there is no whole one: what has no end may
 * be cut in a number. */
bool next_line(struct slice *rest, struct slice *line);

/* Cuts the next word off a line. False when there is none. */
bool next_word(struct slice *line, struct slice *word);

/* Whether that is the word. */
bool says(const struct slice *word, const char *text);

/* Reads a word of digits that fits. A negative number, which some columns have, is
 * none. */
bool read_number(const struct slice *word, uint64_t *number);

/* Reads `digits` hexadecimal digits off the beginning of a word. */
bool read_hex(struct slice *word, unsigned digits, uint32_t *number);

/* The lines of a file, through a buffer of the caller's. */
struct lines {
	int fd;
	int failure; /* errno of a read that failed, else 0 */
	char *buffer;
	size_t size;
	bool in_long_line; /* the rest begins in a line that did not fit */
	struct slice rest;
};

/* Returns 0, or the errno of why it cannot be opened. */
int lines_open(struct lines *lines, const char *path, char *buffer, size_t size);
void lines_close(struct lines *lines);

/* The next line, valid until the next call. A line longer than the buffer is passed
 * over. False at the end. */
bool lines_next(struct lines *lines, struct slice *line);

#endif
