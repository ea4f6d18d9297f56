/* SPDX-License-Identifier: Apache-2.0 */
/* input.c - bytes of a file, a pipe or memory, line by line.
 *
 * One buffer of a few lines, refilled by read(2): a mapped file would be no faster and
 * die of SIGBUS when it is cut while it is read.
 */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_BUFFERED 4

static int allocate(struct input *in, int fd, size_t capacity)
{
	*in = (struct input){.fd = fd, .capacity = capacity, .ended = fd < 0};
	in->buffer = malloc(capacity + 1);
	in->at = in->end = in->buffer;
	return in->buffer ? 0 : -1;
}

int input_open(struct input *in, int fd, size_t line_max)
{
	return allocate(in, fd, line_max * LINES_BUFFERED);
}

int input_open_memory(struct input *in, const char *data, size_t length,
		      size_t line_max)
{
	size_t capacity = length > line_max ? length : line_max;

	if (allocate(in, -1, capacity) < 0)
		return -1;
	memcpy(in->buffer, data, length);
	in->end = in->buffer + length;
	return 0;
}

void input_close(struct input *in)
{
	free(in->buffer);
	*in = (struct input){.fd = -1};
}

int input_fill(struct input *in, struct error *err)
{
	if (in->ended)
		return 0;

	size_t kept = (size_t)(in->end - in->at);
	memmove(in->buffer, in->at, kept);
	in->at = in->buffer;
	in->end = in->buffer + kept;
	if (kept == in->capacity)
		return 0;

	ssize_t got;
	do
		got = read(in->fd, in->end, in->capacity - kept);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail_errno(err, errno, "reading");
	in->ended = got == 0;
	in->end += got;
	return got > 0;
}

/* Drops everything up to the end of the line that did not fit. */
static enum input_result drop_line(struct input *in, struct error *err)
{
	for (;;) {
		char *newline = memchr(in->at, '\n', (size_t)(in->end - in->at));

		if (newline) {
			in->at = newline + 1;
			return INPUT_TOO_LONG;
		}
		in->at = in->end;
		int more = input_fill(in, err);
		if (more < 0)
			return INPUT_FAILED;
		if (more == 0)
			return INPUT_TOO_LONG;
	}
}

enum input_result input_line(struct input *in, char **line, size_t *length,
			     struct error *err)
{
	size_t searched = 0;
	char *newline;

	for (;;) {
		newline = memchr(in->at + searched, '\n',
				 (size_t)(in->end - in->at) - searched);
		if (newline)
			break;
		searched = (size_t)(in->end - in->at);
		int more = input_fill(in, err);
		if (more < 0)
			return INPUT_FAILED;
		if (more == 0)
			break;
	}
	if (!newline && in->at == in->end)
		return INPUT_END;
	in->line++;
	if (!newline && !in->ended)
		return drop_line(in, err);

	char *end = newline ? newline : in->end;
	*line = in->at;
	*length = (size_t)(end - in->at);
	in->at = newline ? newline + 1 : in->end;
	*end = '\n'; /* behind the last line there is one byte of room */
	if (*length > 0 && end[-1] == '\r')
		(*length)--;
	return INPUT_LINE;
}
