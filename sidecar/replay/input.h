/* SPDX-License-Identifier: Apache-2.0 */
/* input.h - bytes of a file, a pipe or memory, line by line. */
#ifndef DORMOUSE_REPLAY_INPUT_H
#define DORMOUSE_REPLAY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dormouse/error.h"

struct input {
	int fd; /* -1: everything is in the buffer already */
	char *buffer;
	size_t capacity; /* usable; there is one byte more behind it */
	char *at, *end;  /* what was read and not taken yet */
	bool ended;
	uint64_t line; /* number of the line taken last, from 1 */
};

/* Room for lines of up to `line_max` bytes. -1 for want of memory. */
int input_open(struct input *in, int fd, size_t line_max);

/* The same over a copy of `data`. */
int input_open_memory(struct input *in, const char *data, size_t length,
		      size_t line_max);
void input_close(struct input *in);

/* Reads more, as far as there is room. 1 when it did, 0 at the end, -1 on failure. */
int input_fill(struct input *in, struct error *err);

enum input_result { INPUT_FAILED = -1, INPUT_END, INPUT_LINE, INPUT_TOO_LONG };

/* Takes the next line, without its end (LF or CRLF), where a byte that is no digit may
 * be read. It may be changed, and is valid until the next call. A line that does not
 * fit is dropped and reported as such. */
enum input_result input_line(struct input *in, char **line, size_t *length,
			     struct error *err);

#endif
