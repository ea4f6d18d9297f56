/* SPDX-License-Identifier: Apache-2.0 */
/* test_line_queue.c - a log whose reader stops: nothing waits, lines stay whole and in
 * order, and alerts are the last to be lost. Real pipes and sockets. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testing.h"
#include "base/line_queue.h"
#include "base/log.h"

/* A case runs in a process of its own: stderr, and what waits for it, are the whole
 * process's. Its exit status is the line that was not as it must be. */
#define MUST(condition)                                                                \
	do {                                                                           \
		if (!(condition))                                                      \
			_exit(__LINE__ % 255 + 1);                                     \
	} while (0)

/* Whoever waits for the reader is ended by the alarm. */
#define PATIENCE_S 60

static void in_a_child(void (*body)(void))
{
	int status = -1;
	const pid_t child = fork();

	if (child == 0) {
		alarm(PATIENCE_S);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFSIGNALED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What was put, and what the reader found. */
static char put[1 << 20], found[1 << 20];
static size_t put_length, found_length;

static void make_pipe(int ends[2])
{
	MUST(pipe(ends) == 0);
	MUST(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
}

/* Puts line number `number`, of that many bytes; whether it was not lost. */
static bool put_line(unsigned number, size_t bytes, bool important)
{
	static char line[16 * 1024];
	const uint64_t lost = line_queue_lost();

	memset(line, '.', bytes);
	snprintf(line, bytes, "%c%u", important ? 'A' : 'o', number);
	line[strlen(line)] = '.';
	line[bytes - 1] = '\n';
	line_queue_put(line, bytes, important);
	if (line_queue_lost() != lost) {
		MUST(line_queue_lost() == lost + 1);
		return false;
	}
	memcpy(put + put_length, line, bytes);
	put_length += bytes;
	return true;
}

/* Reads what is there; returns how many bytes. */
static size_t take(int fd)
{
	const size_t before = found_length;
	struct pollfd in = {fd, POLLIN, 0};

	while (poll(&in, 1, 0) == 1 && in.revents & POLLIN) {
		const ssize_t count =
		    read(fd, found + found_length, sizeof(found) - found_length);
		MUST(count > 0);
		found_length += (size_t)count;
	}
	return found_length - before;
}

/* The reader reads until nothing comes any more. Returns what flush() said of losses.
 */
static uint64_t drain(int fd)
{
	uint64_t lost = 0;

	while (take(fd) > 0)
		lost += line_queue_flush();
	return lost;
}

static void expect_all(void)
{
	MUST(found_length == put_length);
	MUST(memcmp(found, put, put_length) == 0);
}

/* Ordinary lines until one is lost. Returns how many. */
static unsigned fill(size_t bytes)
{
	unsigned count = 0;

	while (put_line(count, bytes, false))
		count++;
	return count;
}

static void lose_ordinary_lines(void)
{
	int ends[2];

	make_pipe(ends);
	line_queue_open();
	/* Whole lines in each page of the pipe but the last, and in memory. */
	MUST(fill(100) > 15 * (4096 / 100) + LINE_QUEUE_ORDINARY / 100);
	for (unsigned i = 1; i < 50; i++)
		MUST(!put_line(i, 100, false));
	MUST(line_queue_lost() == 50);
	MUST(line_queue_flush() == 0); /* nobody reads yet */
	MUST(drain(ends[0]) == 50);
	MUST(line_queue_flush() == 0); /* told once */
	expect_all();
	MUST(put_line(0, 100, false));
	take(ends[0]);
	expect_all();
}

CASE(what_does_not_fit_is_counted_and_the_rest_arrives_in_order)
{
	in_a_child(lose_ordinary_lines);
}

static void lose_alerts_last(void)
{
	int ends[2];
	unsigned alerts = 0;

	make_pipe(ends);
	line_queue_open();
	fill(300);
	MUST(!put_line(1, 300, false));
	/* The longest alerts. */
	while (put_line(alerts, LOG_ALERT_MAX + 1024, true))
		alerts++;
	MUST(alerts >= 6);
	MUST(!put_line(2, 300, false));
	MUST(put_line(alerts, 400, true)); /* a shorter one still fits */
	drain(ends[0]);
	expect_all();
}

CASE(alerts_have_room_when_ordinary_lines_have_none)
{
	in_a_child(lose_alerts_last);
}

/* The same numbers in each run: Knuth's generator of MMIX. */
static uint64_t any(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 33;
}

/* Lines of all lengths, while the reader reads now and then, and little. */
static void read_slowly(void)
{
	int ends[2];
	unsigned lost = 0;

	make_pipe(ends);
	MUST(fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
	line_queue_open();
	for (unsigned i = 0; i < 2000 && put_length < sizeof(put) / 2; i++) {
		lost += !put_line(i, 20 + any() % 9000, i % 3 == 0);
		if (any() % 4 == 0) {
			const ssize_t count = read(ends[0], found + found_length, 3000);
			MUST(count > 0);
			found_length += (size_t)count;
		}
		line_queue_flush();
	}
	MUST(lost > 0);
	MUST(line_queue_lost() == lost);
	drain(ends[0]);
	expect_all();
}

CASE(lines_of_all_lengths_stay_whole_before_a_slow_reader)
{
	in_a_child(read_slowly);
}

static void leave_the_flags_of_others(void)
{
	int ends[2];

	make_pipe(ends);
	line_queue_open();
	MUST((fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);
	MUST((fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) != 0);
}

CASE(those_who_share_the_pipe_keep_their_flags)
{
	in_a_child(leave_the_flags_of_others);
}

/* Neither can be opened again: poll() alone tells. */
static void write_to_a_socket(void)
{
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	MUST(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	line_queue_open();
	MUST((fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0);
	fill(1000);
	MUST(put_line(0, 9000, true));
	MUST(drain(ends[0]) == 1);
	expect_all();
}

static void write_to_a_pipe_of_another(void)
{
	int ends[2];

	make_pipe(ends);
	fill(1000);
	MUST(put_line(0, 9000, true));
	MUST(drain(ends[0]) == 1);
	expect_all();
}

CASE(what_cannot_be_opened_again_does_not_block_either)
{
	in_a_child(write_to_a_socket);
	in_a_child(write_to_a_pipe_of_another);
}

/* A file is neither begun anew nor truncated. */
static void append_to_a_file(void)
{
	char path[] = "/tmp/dormouse-lines.XXXXXX";
	const int fd = mkstemp(path);

	MUST(fd >= 0 && unlink(path) == 0);
	MUST(write(fd, "before\n", 7) == 7);
	MUST(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
	line_queue_open();
	line_queue_put("after\n", 6, false);
	MUST(pread(fd, found, sizeof(found), 0) == 13);
	MUST(memcmp(found, "before\nafter\n", 13) == 0);
}

CASE(a_file_is_continued)
{
	in_a_child(append_to_a_file);
}

/* A reader that comes back, as one of a named pipe may. */
static void lose_the_reader(void)
{
	char folder[] = "/tmp/dormouse-lines.XXXXXX", path[64];

	MUST(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/pipe", folder);
	MUST(mkfifo(path, 0600) == 0);
	int reader = open(path, O_RDONLY | O_NONBLOCK);
	const int writer = open(path, O_WRONLY);
	MUST(reader >= 0 && writer >= 0);
	MUST(dup2(writer, STDERR_FILENO) == STDERR_FILENO);
	line_queue_open();
	signal(SIGPIPE, SIG_IGN);
	close(reader);
	MUST(put_line(1, 100, false));
	MUST(put_line(2, 100, true));
	reader = open(path, O_RDONLY | O_NONBLOCK);
	unlink(path);
	rmdir(folder);
	MUST(line_queue_flush() == 0);
	drain(reader);
	expect_all();
}

CASE(lines_wait_for_a_reader_that_comes_back)
{
	in_a_child(lose_the_reader);
}

/* The loop is woken by the room, and not as long as there is none. */
static void wake_the_loop(void)
{
	int ends[2];
	struct epoll_event event;
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	make_pipe(ends);
	line_queue_open();
	line_queue_wake(epoll_fd);
	fill(1000);
	epoll_wait(epoll_fd, &event, 1, 0); /* the room of the beginning */
	MUST(epoll_wait(epoll_fd, &event, 1, 0) == 0);
	take(ends[0]);
	MUST(epoll_wait(epoll_fd, &event, 1, PATIENCE_S * 1000) == 1);
	line_queue_flush();
	drain(ends[0]);
	expect_all();
}

CASE(the_loop_wakes_when_there_is_room)
{
	in_a_child(wake_the_loop);
}

/* The line that says so is written by the flush itself. */
static void tell_of_the_lost(void)
{
	int ends[2];
	char line[512];

	make_pipe(ends);
	log_open(LOG_JSON);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	while (line_queue_lost() < 3)
		log_event(LOG_LEVEL_INFO, "much", "%s", line);
	while (take(ends[0]) > 0)
		log_flush();
	found[found_length] = '\0';
	MUST(strstr(found, "\"event\":\"log-lines-lost\",\"message\":\"3 lines were "
			   "lost while nobody read the log\"}\n"));
}

CASE(a_line_says_how_many_were_lost)
{
	in_a_child(tell_of_the_lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		what_does_not_fit_is_counted_and_the_rest_arrives_in_order),
	    cmocka_unit_test(alerts_have_room_when_ordinary_lines_have_none),
	    cmocka_unit_test(lines_of_all_lengths_stay_whole_before_a_slow_reader),
	    cmocka_unit_test(those_who_share_the_pipe_keep_their_flags),
	    cmocka_unit_test(what_cannot_be_opened_again_does_not_block_either),
	    cmocka_unit_test(a_file_is_continued),
	    cmocka_unit_test(lines_wait_for_a_reader_that_comes_back),
	    cmocka_unit_test(the_loop_wakes_when_there_is_room),
	    cmocka_unit_test(a_line_says_how_many_were_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
