/* SPDX-License-Identifier: Apache-2.0 */
/* input.c - reads a file, a pipe or memory line by line.
 *
 * There is one buffer of a few lines, refilled by decoder_read(). A mapped file would
 * not be faster, and the process would get SIGBUS when the file is truncated meanwhile.
 */
#include "input.h"

#include <stdlib.h>
#include <string.h>

#define LINES_BUFFERED 4

int input_open(struct input *in, int fd, size_t line_max)
{
	*in = (struct input){.capacity = line_max * LINES_BUFFERED};
	decoder_open(&in->decoder, fd);
	in->buffer = malloc(in->capacity + INPUT_SPARE);
	in->at = in->end = in->buffer;
	return in->buffer ? 0 : -1;
}

void input_close(struct input *in)
{
	decoder_close(&in->decoder);
	free(in->buffer);
	*in = (struct input){.buffer = NULL};
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

	ssize_t got = decoder_read(&in->decoder, in->end, in->capacity - kept, err);
	if (got < 0)
		return -1;
	in->ended = got == 0;
	in->end += got;
	memset(in->end, 0, INPUT_SPARE);
	return got > 0;
}

static int skip_byte_order_mark(struct input *in, struct error *err)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};
	int more = 1;

	while (more > 0 && (size_t)(in->end - in->at) < sizeof(mark))
		more = input_fill(in, err);
	if (more < 0)
		return -1;
	if ((size_t)(in->end - in->at) >= sizeof(mark) &&
	    memcmp(in->at, mark, sizeof(mark)) == 0)
		in->at += sizeof(mark);
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int input_peek(struct input *in, struct error *err)
{
	size_t skipped = 0;

	if (skip_byte_order_mark(in, err) < 0)
		return -1;
	for (;;) {
		for (; in->at + skipped < in->end; skipped++)
			if (!is_space(in->at[skipped]))
				return (unsigned char)in->at[skipped];
		int more = input_fill(in, err);
		if (more <= 0)
			return more;
	}
}

static int grow(struct input *in, size_t capacity, struct error *err)
{
	size_t kept = (size_t)(in->end - in->at);
	char *buffer;

	memmove(in->buffer, in->at, kept);
	buffer = realloc(in->buffer, capacity + INPUT_SPARE);
	if (!buffer)
		return fail_memory(err, "the input");
	in->buffer = in->at = buffer;
	in->end = buffer + kept;
	in->capacity = capacity;
	return 0;
}

char *input_all(struct input *in, size_t max, size_t *length, struct error *err)
{
	int more;

	while ((more = input_fill(in, err)) > 0 || !in->ended) {
		if (more < 0)
			return NULL;
		*length = (size_t)(in->end - in->at);
		if (*length > max) {
			fail(err, "more than %zu MiB", max >> 20);
			return NULL;
		}
		if (*length == in->capacity && grow(in, in->capacity * 2, err) < 0)
			return NULL;
	}
	*length = (size_t)(in->end - in->at);
	*in->end = '\0';
	return in->at;
}

/* Discards the rest of a line that did not fit. */
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
	*end = '\n'; /* one byte is free behind the last line */
	if (*length > 0 && end[-1] == '\r')
		(*length)--;
	return INPUT_LINE;
}
