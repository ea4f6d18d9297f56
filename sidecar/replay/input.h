/* SPDX-License-Identifier: Apache-2.0 */
/* input.h - bytes of a file, a pipe or memory, line by line. */
#ifndef DORMOUSE_REPLAY_INPUT_H
#define DORMOUSE_REPLAY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "decoder.h"

#define INPUT_SPARE 8 /* bytes of any value that may be read behind a line's end */

struct input {
	struct decoder decoder;
	char *buffer;
	size_t capacity; /* usable; INPUT_SPARE bytes more are behind it */
	char *at, *end;  /* what was read and not taken yet */
	bool ended;
	uint64_t line; /* number of the line taken last, from 1 */
};

/* Room for lines of up to `line_max` bytes. -1 on allocation failure. */
int input_open(struct input *in, int fd, size_t line_max);
void input_close(struct input *in);

/* The first byte that is not white space, without taking anything but a byte order
 * mark; 0 when there is none, -1 on failure. */
int input_peek(struct input *in, struct error *err);

/* Everything that is left, with a NUL behind it, owned by the input. NULL on failure:
 * more than `max` bytes, too. */
char *input_all(struct input *in, size_t max, size_t *length, struct error *err);

/* Reads more, as far as there is room. 1 when it did, 0 at the end, -1 on failure. */
int input_fill(struct input *in, struct error *err);

enum input_result { INPUT_FAILED = -1, INPUT_END, INPUT_LINE, INPUT_TOO_LONG };

/* Takes the next line, without its end (LF or CRLF), where a byte that is no digit may
 * be read. It may be changed, and is valid until the next call. A line that does not
 * fit is dropped and reported as such. */
enum input_result input_line(struct input *in, char **line, size_t *length,
			     struct error *err);

#endif
