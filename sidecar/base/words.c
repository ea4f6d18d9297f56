/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - splits /proc's tables into lines and words. */
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool next_line(struct slice *rest, struct slice *line)
{
	const char *newline = NULL;

	if (rest->at < rest->end)
		newline = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
	if (!newline)
		return false;
	line->at = rest->at;
	line->end = newline;
	rest->at = newline + 1;
	return true;
}

bool next_word(struct slice *line, struct slice *word)
{
	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
		line->at++;
	word->at = line->at;
	while (line->at < line->end && *line->at != ' ' && *line->at != '\t')
		line->at++;
	word->end = line->at;
	return word->at < word->end;
}

bool says(const struct slice *word, const char *text, size_t length)
{
	return (size_t)(word->end - word->at) == length &&
	       memcmp(word->at, text, length) == 0;
}

bool read_number(const struct slice *word, uint64_t *number)
{
	const char *at;
	uint64_t n = 0;

	for (at = word->at; at < word->end; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, digit, &n))
			return false;
	}
	*number = n;
	return word->at < word->end;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool read_hex(struct slice *word, unsigned digits, uint32_t *number)
{
	uint32_t n = 0;

	if (word->end - word->at < (int)digits)
		return false;
	for (; digits > 0; digits--) {
		int digit = hex_digit(*word->at++);

		if (digit < 0)
			return false;
		n = n << 4 | (uint32_t)digit;
	}
	*number = n;
	return true;
}

int lines_open(struct lines *lines, const char *path, char *buffer, size_t size)
{
	*lines = (struct lines){.buffer = buffer, .size = size};
	lines->rest = (struct slice){buffer, buffer};
	lines->fd = open(path, O_RDONLY | O_CLOEXEC);
	return lines->fd < 0 ? errno : 0;
}

void lines_close(struct lines *lines)
{
	close(lines->fd);
}

/* Reads more of the file behind the bytes that are left in the buffer. False at the
 * end. */
static bool read_on(struct lines *lines)
{
	size_t left = (size_t)(lines->rest.end - lines->rest.at);
	ssize_t got;

	if (left == lines->size) {
		lines->in_long_line = true;
		left = 0;
	}
	memmove(lines->buffer, lines->rest.at, left);
	do
		got = read(lines->fd, lines->buffer + left, lines->size - left);
	while (got < 0 && errno == EINTR);
	lines->failure = got < 0 ? errno : 0;
	lines->rest =
	    (struct slice){lines->buffer, lines->buffer + left + (got > 0 ? got : 0)};
	return got > 0;
}

bool lines_next(struct lines *lines, struct slice *line)
{
	for (;;) {
		while (!next_line(&lines->rest, line))
			if (!read_on(lines))
				return false;
		if (!lines->in_long_line)
			return true;
		lines->in_long_line = false;
	}
}
