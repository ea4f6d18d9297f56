/* SPDX-License-Identifier: Apache-2.0 */
/* trace_fixture.h - for tests of the readers: a text as an input, everything that is
 * read from it, everything that is said about it; and commands in a process of their
 * own. */
#ifndef TESTS_REPLAY_TRACE_FIXTURE_H
#define TESTS_REPLAY_TRACE_FIXTURE_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/nobody.h"
#include "../support/testing.h"
#include "dormouse/replay.h"

#define SAMPLES_MAX 4096
#define OUTPUT_MAX  (1u << 20)

struct reading {
	struct sample samples[SAMPLES_MAX];
	size_t count;
	char said[8192]; /* a line a complaint */
	int complaints;
	int result; /* TRACE_END, TRACE_FAILED or TRACE_INVALID */
	struct error err;
};

/* One at a time: it is large. */
static struct reading reading;

static inline void note_complaint(void *context, const char *line)
{
	struct reading *r = context;
	size_t length = strlen(r->said);

	snprintf(r->said + length, sizeof(r->said) - length, "%s\n", line);
	r->complaints++;
}

/* A file without a name that holds the text. */
static inline int text_file(const char *text, size_t length)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Reads all traces of the text; their samples one behind the other. The map says what
 * columns are called, NULL: as usual. */
static inline struct reading *read_mapped(const char *text, size_t length,
					  const struct column_map *map)
{
	struct identity pod = nobody;
	int fd = text_file(text, length);

	memset(&reading, 0, sizeof(reading));
	struct traces *t = traces_open(fd, "t.csv", note_complaint, &reading,
				       &reading.result, &reading.err);
	if (t)
		traces_map_columns(t, map);
	while (t && traces_next(t, &pod) == TRACE_SAMPLE)
		while (
		    (reading.result = traces_sample(t, &reading.samples[reading.count],
						    &reading.err)) == TRACE_SAMPLE)
			assert_true(++reading.count < SAMPLES_MAX);
	traces_close(t);
	close(fd);
	return &reading;
}

static inline struct reading *read_bytes(const char *text, size_t length)
{
	return read_mapped(text, length, NULL);
}

static inline struct reading *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* A sample's value; fails the test where it is absent. */
static inline uint64_t value_of(const struct sample *s, enum signal signal)
{
	assert_true(sample_has(s, signal));
	return s->value[signal];
}

/* A command in a process of its own, with this standard input; what it printed is cut
 * at OUTPUT_MAX. Returns its exit status. */
struct ran {
	char out[OUTPUT_MAX], err[8192];
	int status;
};

static struct ran ran;

static inline void take_output(int fd, char *text, size_t size)
{
	ssize_t got = pread(fd, text, size - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
	close(fd);
}

static inline struct ran *run_command(int (*command)(int, char **), const char *input,
				      char **argv)
{
	int in = text_file(input, strlen(input));
	int out = text_file("", 0), err = text_file("", 0);
	int argc = 0;

	while (argv[argc])
		argc++;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		int status = command(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &ran.status, 0), child);
	assert_true(WIFEXITED(ran.status));
	ran.status = WEXITSTATUS(ran.status);
	take_output(out, ran.out, sizeof(ran.out));
	take_output(err, ran.err, sizeof(ran.err));
	close(in);
	return &ran;
}

static inline unsigned count_lines(const char *text)
{
	unsigned lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

#endif
