/* SPDX-License-Identifier: Apache-2.0 */
/* memory_stream.c - a stream into memory that reports allocation failures. */
#include "memory_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 16384

/* A cookie_write_function_t: a return value below `length` means failure. */
static ssize_t add(void *cookie, const char *bytes, size_t length)
{
	struct memory_stream *p = cookie;
	size_t room = p->room ? p->room : ROOM_FIRST;

	while (room - p->length < length)
		room *= 2;
	if (room > p->room) {
		char *text = realloc(p->text, room);
		if (!text) {
			errno = ENOMEM;
			return 0;
		}
		p->text = text;
		p->room = room;
	}
	memcpy(p->text + p->length, bytes, length);
	p->length += length;
	return (ssize_t)length;
}

FILE *memory_stream_open(struct memory_stream *memory, struct error *err)
{
	FILE *stream = fopencookie(memory, "w", (cookie_io_functions_t){.write = add});

	if (!stream)
		fail_memory(err, "the output");
	return stream;
}

int memory_stream_close(FILE *stream, struct error *err)
{
	bool whole = fflush(stream) == 0 && !ferror(stream);

	if (fclose(stream) == 0 && whole)
		return 0;
	return fail_memory(err, "the output");
}
