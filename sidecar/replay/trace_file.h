/* SPDX-License-Identifier: Apache-2.0 */
/* trace_file.h - writes a trace: whole lines, files of bounded size. */
#ifndef DORMOUSE_REPLAY_TRACE_FILE_H
#define DORMOUSE_REPLAY_TRACE_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "config/options.h"
#include "dormouse/sample.h"

struct trace_file {
	const struct record_options *options;
	int fd;
	uint64_t bytes; /* in this file */
};

/* Opens the file, or standard output, and writes the header. Appends to an existing
 * file on a new line: its content is never lost. */
int trace_file_open(struct trace_file *f, const struct record_options *options,
		    struct error *err);

/* Adds the sample as one line; starts a new file when the line exceeds the size limit
 * of this one. Removes a line that was written only in part. */
int trace_file_add(struct trace_file *f, const struct sample *sample,
		   struct error *err);

/* Closes the file. Returns -1, with the reason, when data could not be written. */
int trace_file_close(struct trace_file *f, struct error *err);

#endif
