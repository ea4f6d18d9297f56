/* SPDX-License-Identifier: Apache-2.0 */
/* input.h - reads a file, a pipe or memory line by line. */
#ifndef DORMOUSE_REPLAY_INPUT_H
#define DORMOUSE_REPLAY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "decoder.h"

#define INPUT_SPARE 8 /* readable bytes behind the end of a line, of any value */

struct input {
	struct decoder decoder;
	char *buffer;
	size_t capacity; /* usable bytes; INPUT_SPARE more follow */
	char *at, *end;  /* bytes that were read but not taken yet */
	bool ended;
	uint64_t line; /* number of the last line taken, from 1 */
};

/* Allocates room for lines of up to `line_max` bytes. -1 on allocation failure. */
int input_open(struct input *in, int fd, size_t line_max);
void input_close(struct input *in);

/* Returns the first byte that is not white space; takes nothing except a byte order
 * mark. Returns 0 at the end, -1 on failure. */
int input_peek(struct input *in, struct error *err);

/* Reads all remaining bytes and appends a NUL; owned by the input. Returns NULL on
 * failure, also for more than `max` bytes. */
char *input_all(struct input *in, size_t max, size_t *length, struct error *err);

/* Reads more bytes if there is room. Returns 1 when it did, 0 at the end, -1 on
 * failure. */
int input_fill(struct input *in, struct error *err);

enum input_result { INPUT_FAILED = -1, INPUT_END, INPUT_LINE, INPUT_TOO_LONG };

/* Takes the next line, without its end (LF or CRLF); the byte behind it is readable and
 * not a digit. The caller may modify the line; it is valid until the next call. A line
 * that does not fit is discarded and reported as INPUT_TOO_LONG. */
enum input_result input_line(struct input *in, char **line, size_t *length,
			     struct error *err);

#endif
