/* SPDX-License-Identifier: Apache-2.0 */
/* printed.h - a stream into memory that says so when there is none left.
 *
 * open_memstream() of glibc loses what does not fit, and neither ferror() nor fclose()
 * tells.
 */
#ifndef DORMOUSE_INJECTOR_JSON_PRINTED_H
#define DORMOUSE_INJECTOR_JSON_PRINTED_H

#include <stdio.h>

#include "base/error.h"

/* What was printed, all zero at first; the caller frees `text`, also after a failure.
 */
struct printed {
	char *text; /* not NUL-terminated */
	size_t length, room;
};

/* `printed` outlives the stream. NULL on allocation failure. */
FILE *printed_open(struct printed *printed, struct error *err);

/* Closes it; fails unless all that was written to it is there. */
int printed_close(FILE *stream, struct error *err);

#endif
