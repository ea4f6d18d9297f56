/* SPDX-License-Identifier: Apache-2.0 */
/* trace_file.h - a trace being written: whole lines, files of bounded size. */
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

/* Opens the file, or standard output, and writes the header. A file that is there is
 * continued on a new line: what it has is never lost. */
int trace_file_open(struct trace_file *f, const struct record_options *options,
		    struct error *err);

/* Adds the sample as one line; in a new file, when this one would grow beyond its size.
 * A line that could be written in part only is taken back. */
int trace_file_add(struct trace_file *f, const struct sample *sample,
		   struct error *err);

/* Everything reached the file, or the error says what did not. */
int trace_file_close(struct trace_file *f, struct error *err);

#endif
