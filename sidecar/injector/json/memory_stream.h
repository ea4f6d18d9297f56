/* SPDX-License-Identifier: Apache-2.0 */
/* memory_stream.h - a stream into memory that reports allocation failures.
 *
 * open_memstream() of glibc loses what does not fit, and neither ferror() nor fclose()
 * reports it.
 */
#ifndef DORMOUSE_INJECTOR_JSON_MEMORY_STREAM_H
#define DORMOUSE_INJECTOR_JSON_MEMORY_STREAM_H

#include <stdio.h>

#include "base/error.h"

/* The output. Initialize it to zero. The caller frees `text`, also after a failure. */
struct memory_stream {
	char *text; /* not NUL-terminated */
	size_t length, room;
};

/* `memory` must outlive the stream. Returns NULL on allocation failure. */
FILE *memory_stream_open(struct memory_stream *memory, struct error *err);

/* Closes the stream. Fails unless the memory has all that was written to it. */
int memory_stream_close(FILE *stream, struct error *err);

#endif
