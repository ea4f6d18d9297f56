/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - splits /proc's tables into lines and words.
 *
 * Safe on any bytes: nothing outside a slice is read.
 */
#ifndef DORMOUSE_BASE_WORDS_H
#define DORMOUSE_BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of a text: from `at` to before `end`. */
struct slice {
	const char *at, *end;
};

/* Removes the next line from `rest`. False if no complete line is left: an incomplete
 * one may end within a number. */
bool next_line(struct slice *rest, struct slice *line);

/* Removes the next word from the line. False if there is none. */
bool next_word(struct slice *line, struct slice *word);

/* Whether the word equals the text, which has `length` bytes. */
bool says(const struct slice *word, const char *text, size_t length);

/* Reads an unsigned decimal number. False if it does not fit or is something else, such
 * as the negative numbers in some columns. */
bool read_number(const struct slice *word, uint64_t *number);

/* Reads exactly `digits` hexadecimal digits and removes them from the word. */
bool read_hex(struct slice *word, unsigned digits, uint32_t *number);

/* Reads a file line by line through the caller's buffer. */
struct lines {
	int fd;
	int failure; /* errno of a read that failed, else 0 */
	char *buffer;
	size_t size;
	bool in_long_line; /* `rest` begins within a line that did not fit */
	struct slice rest;
};

/* Returns 0, or the errno of a failed open(). */
int lines_open(struct lines *lines, const char *path, char *buffer, size_t size);
void lines_close(struct lines *lines);

/* Sets the next line, valid until the next call. Skips lines longer than the buffer.
 * False at the end. */
bool lines_next(struct lines *lines, struct slice *line);

#endif
