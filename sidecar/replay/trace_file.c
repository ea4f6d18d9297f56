/* SPDX-License-Identifier: Apache-2.0 */
/* trace_file.c - writes a trace. Each line is one write(2), so that a reader, or the
 * file after a crash, has only whole lines. */
#include "trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_MAX_BYTES 512 /* a time and eleven numbers of up to 20 digits */
#define PATH_MAX_BYTES (sizeof(((struct record_options *)0)->path) + 16)

static const char *name_of(const struct trace_file *f)
{
	return f->options->path[0] ? f->options->path : "standard output";
}

/* Removes an incomplete line from the end. This cannot work on a pipe and is not an
 * error there. */
static void take_back(const struct trace_file *f)
{
	int ignored = ftruncate(f->fd, (off_t)f->bytes);

	(void)ignored;
}

/* A pipe that is nearly full accepts a line in several pieces. */
static int write_all(struct trace_file *f, const char *data, size_t length,
		     struct error *err)
{
	size_t written = 0;

	while (written < length) {
		ssize_t n = write(f->fd, data + written, length - written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int cause = errno;
			if (written > 0)
				take_back(f);
			return fail_errno(err, cause, "writing %s", name_of(f));
		}
		written += (size_t)n;
	}
	f->bytes += length;
	return 0;
}

static int write_header(struct trace_file *f, struct error *err)
{
	char line[LINE_MAX_BYTES];
	struct text t = text_over(line, sizeof(line));

	text_put(&t, "time");
	for (int i = 0; i < SIGNAL_COUNT; i++)
		text_printf(&t, ",%s", signal_name((enum signal)i));
	text_put(&t, "\n");
	return write_all(f, t.data, t.length, err);
}

/* Ends the last line if it has no end (after a full disk or a crash). */
static int end_last_line(struct trace_file *f, struct error *err)
{
	char last = '\n';

	if (f->bytes > 0 && pread(f->fd, &last, 1, (off_t)f->bytes - 1) < 0)
		return fail_errno(err, errno, "reading %s", name_of(f));
	return last == '\n' ? 0 : write_all(f, "\n", 1, err);
}

static int open_path(struct trace_file *f, struct error *err)
{
	struct stat status;

	f->fd = open(f->options->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (f->fd < 0 || fstat(f->fd, &status) < 0)
		return fail_errno(err, errno, "opening %s", f->options->path);
	f->bytes = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	return end_last_line(f, err);
}

int trace_file_open(struct trace_file *f, const struct record_options *options,
		    struct error *err)
{
	*f = (struct trace_file){.options = options, .fd = STDOUT_FILENO};
	if (options->path[0] && open_path(f, err) < 0)
		return -1;
	return write_header(f, err);
}

/* Renames FILE.1 to FILE.2 and so on, and FILE to FILE.1; the oldest file is
 * overwritten. */
static int rotate(struct trace_file *f, struct error *err)
{
	char from[PATH_MAX_BYTES], to[PATH_MAX_BYTES];

	if (trace_file_close(f, err) < 0)
		return -1;
	for (unsigned i = f->options->keep; i > 0; i--) {
		snprintf(to, sizeof(to), "%s.%u", f->options->path, i);
		if (i > 1)
			snprintf(from, sizeof(from), "%s.%u", f->options->path, i - 1);
		else
			snprintf(from, sizeof(from), "%s", f->options->path);
		if (rename(from, to) < 0 && errno != ENOENT)
			return fail_errno(err, errno, "renaming %s", from);
	}
	return trace_file_open(f, f->options, err);
}

int trace_file_add(struct trace_file *f, const struct sample *sample, struct error *err)
{
	char line[LINE_MAX_BYTES];
	struct text t = text_over(line, sizeof(line));
	const double max_bytes = f->options->max_bytes;

	text_printf(&t, "%.3f", sample->time);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		text_put(&t, ",");
		if (sample_has(sample, (enum signal)i))
			text_printf(&t, "%" PRIu64, sample->value[i]);
	}
	text_put(&t, "\n");
	if (max_bytes > 0 && (double)(f->bytes + t.length) > max_bytes &&
	    rotate(f, err) < 0)
		return -1;
	return write_all(f, t.data, t.length, err);
}

int trace_file_close(struct trace_file *f, struct error *err)
{
	int fd = f->fd;

	f->fd = -1;
	if (fd >= 0 && close(fd) < 0)
		return fail_errno(err, errno, "writing %s", name_of(f));
	return 0;
}
