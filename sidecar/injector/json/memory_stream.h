/* SPDX-License-Identifier: Apache-2.0 */
/* memory_stream.h - a stream into memory that says so when there is none left.
 *
 * open_memstream() of glibc loses what does not fit, and neither ferror() nor fclose()
 * tells.
 */
#ifndef DORMOUSE_INJECTOR_JSON_MEMORY_STREAM_H
#define DORMOUSE_INJECTOR_JSON_MEMORY_STREAM_H

#include <stdio.h>

#include "base/error.h"

/* What was printed, all zero at first; the caller frees `text`, also after a failure.
 */
struct memory_stream {
	char *text; /* not NUL-terminated */
	size_t length, room;
};

/* `memory` outlives the stream. NULL on allocation failure. */
FILE *memory_stream_open(struct memory_stream *memory, struct error *err);

/* Closes it; fails unless all that was written to it is there. */
int memory_stream_close(FILE *stream, struct error *err);

#endif
