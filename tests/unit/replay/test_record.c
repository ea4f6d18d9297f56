/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - `dormouse record`: whole lines, files of bounded size, and counters
 * that are the kernel's. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "../support/namespace_fixture.h"
#include "../support/testing.h"
#include "dormouse/replay.h"
#include "replay/trace_file.h"
#include "trace_fixture.h"

#define HEADER_BEGINS "time,tx_bytes,"
#define ARGV(...)     ((char *[]){(char *)"record", __VA_ARGS__, NULL})

static char folder[] = "/tmp/test_record.XXXXXX";
static struct record_options options;
static char text[65536];

static int make_folder(void **state)
{
	(void)state;
	clearenv();
	if (!mkdtemp(folder))
		return -1;
	snprintf(options.path, sizeof(options.path), "%s/t.csv", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* A fresh start, and nothing is left behind. */
static int remove_files(void **state)
{
	char path[300];

	(void)state;
	unlink(options.path);
	for (int i = 1; i <= 9; i++) {
		snprintf(path, sizeof(path), "%s.%d", options.path, i);
		unlink(path);
	}
	options.max_bytes = 0;
	options.keep = 4;
	return 0;
}

static struct sample sample_at(double time)
{
	struct sample s = {.time = time};

	sample_set(&s, SIGNAL_TX_BYTES, UINT64_MAX);
	sample_set(&s, SIGNAL_DESTINATIONS, 3);
	return s;
}

static const char *content(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	take_output(fd, text, sizeof(text));
	return text;
}

CASE(a_sample_is_a_line_and_what_is_absent_an_empty_cell)
{
	struct sample s = sample_at(1767225600.25);
	struct trace_file f;
	struct error err;

	assert_int_equal(trace_file_open(&f, &options, &err), 0);
	assert_int_equal(trace_file_add(&f, &s, &err), 0);
	assert_int_equal(trace_file_close(&f, &err), 0);
	const char *written = content(options.path);
	assert_memory_equal(written, HEADER_BEGINS, strlen(HEADER_BEGINS));
	assert_string_equal(strchr(written, '\n') + 1,
			    "1767225600.250,18446744073709551615,,,,,,,,,,3,,,\n");

	struct reading *r = read_text(written);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->complaints, 0);
	assert_true(r->samples[0].time == s.time);
	assert_int_equal(r->samples[0].present, s.present);
	assert_true(value_of(&r->samples[0], SIGNAL_TX_BYTES) == UINT64_MAX);
}

CASE(a_file_that_is_there_is_continued_on_a_new_line)
{
	struct sample s = sample_at(1767225610);
	struct trace_file f;
	struct error err;

	FILE *before = fopen(options.path, "we");
	assert_non_null(before);
	fputs("time,tx_bytes\n1767225600,7\n17672256", before);
	fclose(before);
	assert_int_equal(trace_file_open(&f, &options, &err), 0);
	assert_int_equal(trace_file_add(&f, &s, &err), 0);
	assert_int_equal(trace_file_close(&f, &err), 0);

	struct reading *r = read_text(content(options.path));
	assert_int_equal(r->count, 2);
	assert_int_equal(r->complaints, 1); /* the line that was cut */
	assert_int_equal(value_of(&r->samples[0], SIGNAL_TX_BYTES), 7);
	assert_true(value_of(&r->samples[1], SIGNAL_TX_BYTES) == UINT64_MAX);
}

CASE(rotation_keeps_so_many_files_of_whole_traces)
{
	struct trace_file f;
	struct error err;
	char path[300];
	double last = 0;
	unsigned files = 0;

	options.max_bytes = 4096;
	options.keep = 2;
	assert_int_equal(trace_file_open(&f, &options, &err), 0);
	for (int i = 0; i < 500; i++) {
		struct sample s = sample_at(1767225600 + 10 * i);
		assert_int_equal(trace_file_add(&f, &s, &err), 0);
	}
	assert_int_equal(trace_file_close(&f, &err), 0);

	for (int i = 9; i >= 0; i--) {
		struct stat status;

		snprintf(path, sizeof(path), i > 0 ? "%s.%d" : "%s", options.path, i);
		if (stat(path, &status) < 0)
			continue;
		files++;
		assert_true(status.st_size <= 4096);
		struct reading *r = read_text(content(path));
		assert_int_equal(r->complaints, 0);
		assert_true(r->count > 10 || i == 0);
		if (last > 0)
			assert_true(r->samples[0].time == last + 10);
		last = r->samples[r->count - 1].time;
	}
	assert_int_equal(files, 3);
	assert_true(last == 1767225600 + 10 * 499);
}

CASE(a_full_disk_is_an_error_and_not_half_a_line)
{
	struct sample s = sample_at(1767225600);
	struct trace_file f;
	struct error err;

	snprintf(options.path, sizeof(options.path), "/dev/full");
	assert_int_equal(trace_file_open(&f, &options, &err), -1);
	assert_string_equal(err.text, "writing /dev/full: No space left on device");
	trace_file_close(&f, &err);
	snprintf(options.path, sizeof(options.path), "%s/t.csv", folder);

	/* The file-size limit cuts a line as a full disk would. */
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit limit = {512, 512};
		int result = 0;

		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) < 0 ||
		    trace_file_open(&f, &options, &err) < 0)
			_exit(99);
		for (int i = 0; i < 100 && result == 0; i++)
			result = trace_file_add(&f, &s, &err);
		_exit(result < 0 && strstr(err.text, "File too large") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	const char *written = content(options.path);
	assert_true(written[strlen(written) - 1] == '\n');
	assert_int_equal(read_text(written)->complaints, 0);
}

/* --- the command, in a network namespace of its own ------------------------------- */

#define PATIENCE_S 20

static bool in_namespace;

/* record in a process of its own, to options.path. */
static pid_t start_recording(void)
{
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(record_main(6, ARGV((char *)"--interval=100ms",
					  (char *)"--interfaces", (char *)"v0",
					  (char *)"--out", options.path)));
	return child;
}

/* Waits for a sample with that many bytes sent; what is written is always whole. */
static struct sample wait_for_bytes(uint64_t tx_bytes)
{
	const time_t deadline = time(NULL) + PATIENCE_S;

	for (;;) {
		const char *written = content(options.path);
		if (written && written[0]) {
			struct reading *r = read_text(written);
			assert_int_equal(r->complaints, 0);
			struct sample last = r->samples[r->count - (r->count > 0)];
			if (r->count > 0 &&
			    value_of(&last, SIGNAL_TX_BYTES) >= tx_bytes)
				return last;
		}
		assert_true(time(NULL) < deadline);
		usleep(20000);
	}
}

CASE(counters_are_the_kernels_and_sigterm_ends_it_cleanly)
{
	enum { FRAMES = 1000, LENGTH = 1000 };
	int status;

	if (!in_namespace)
		skip();
	pid_t recorder = start_recording();
	wait_for_bytes(0);
	assert_int_equal(send_frames("v0", FRAMES, LENGTH), 0);
	struct sample s = wait_for_bytes((uint64_t)FRAMES * LENGTH);
	assert_int_equal(kill(recorder, SIGTERM), 0);
	assert_int_equal(waitpid(recorder, &status, 0), recorder);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(value_of(&s, SIGNAL_TX_BYTES), FRAMES * LENGTH);
	assert_int_equal(value_of(&s, SIGNAL_TX_PACKETS), FRAMES);
	assert_int_equal(value_of(&s, SIGNAL_RX_BYTES), 0);
}

CASE(a_duration_ends_it_with_a_sample_at_its_end)
{
	if (!in_namespace)
		skip();
	struct ran *r = run_command(
	    record_main, "", ARGV((char *)"--interval=5m", (char *)"--duration=200ms"));
	assert_int_equal(r->status, 0);
	struct reading *read = read_text(r->out);
	assert_int_equal(read->count, 2);
	assert_true(read->samples[1].time - read->samples[0].time > 0.19);
}

CASE(a_file_that_cannot_be_written_is_one_line_and_status_1)
{
	if (!in_namespace)
		skip();
	struct ran *r =
	    run_command(record_main, "", ARGV((char *)"--out", (char *)"/dev/full"));
	assert_int_equal(r->status, 1);
	assert_string_equal(r->err,
			    "dormouse: writing /dev/full: No space left on device\n");
}

CASE(rotation_of_standard_output_is_a_bad_flag)
{
	struct ran *r = run_command(record_main, "", ARGV((char *)"--max-size=1MB"));

	assert_int_equal(r->status, 2);
	assert_non_null(strstr(r->err, "--out FILE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, remove_files)
	    TEST(a_sample_is_a_line_and_what_is_absent_an_empty_cell),
	    TEST(a_file_that_is_there_is_continued_on_a_new_line),
	    TEST(rotation_keeps_so_many_files_of_whole_traces),
	    TEST(a_full_disk_is_an_error_and_not_half_a_line),
	    TEST(counters_are_the_kernels_and_sigterm_ends_it_cleanly),
	    TEST(a_duration_ends_it_with_a_sample_at_its_end),
	    TEST(a_file_that_cannot_be_written_is_one_line_and_status_1),
	    TEST(rotation_of_standard_output_is_a_bad_flag),
	};

	in_namespace = own_namespace_enter() && make_veth("v0", "v1");
	options.keep = 4;
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
