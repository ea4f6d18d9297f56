/* SPDX-License-Identifier: Apache-2.0 */
/* test_loop.c - what wakes a program, and what must not end it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testing.h"
#include "base/clock.h"
#include "base/loop.h"

/* Runs `body` in a process of its own, since signals are the whole process's. Returns
 * how it ended, as waitpid() has it. */
static int in_a_child(int (*body)(void))
{
	int status = -1;
	const pid_t child = fork();

	if (child == 0)
		_exit(body());
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int opened(void)
{
	struct error err;
	const int fd = wake_on_signals(&err);

	if (fd < 0)
		_exit(100);
	return fd;
}

static int hear_each(void)
{
	static const struct {
		int number;
		enum wake_signal heard;
	} signals[] = {{SIGTERM, WAKE_STOP},
		       {SIGINT, WAKE_STOP},
		       {SIGQUIT, WAKE_STOP},
		       {SIGHUP, WAKE_RELOAD}};
	const int fd = opened();

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (wake_signal(fd) != WAKE_NONE)
			return 1;
		kill(getpid(), signals[i].number);
		if (wake_signal(fd) != signals[i].heard)
			return 2;
	}
	return 0;
}

CASE(signals_are_heard_for_what_they_ask)
{
	assert_int_equal(in_a_child(hear_each), 0);
}

/* Every signal that may come from outside and is no fault. */
static int survive_all(void)
{
	const int fd = opened();

	for (int number = 1; number <= SIGRTMAX; number++) {
		if (number > SIGSYS && number < SIGRTMIN) /* the C library's own */
			continue;
		switch (number) {
		case SIGKILL:
		case SIGSTOP:
		case SIGTSTP:
		case SIGTTIN:
		case SIGTTOU: /* stop it, as a shell's user wants */
		case SIGILL:
		case SIGTRAP:
		case SIGABRT:
		case SIGBUS:
		case SIGFPE:
		case SIGSEGV:
		case SIGSYS: /* faults */
		case SIGXCPU:
			continue;
		}
		if (kill(getpid(), number) < 0 && errno != EINVAL)
			return 1;
	}
	return wake_signal(fd) == WAKE_NONE;
}

CASE(no_other_signal_ends_a_program)
{
	assert_int_equal(in_a_child(survive_all), 0);
}

static int end_twice(void)
{
	const int fd = opened();

	kill(getpid(), SIGTERM);
	if (wake_signal(fd) != WAKE_STOP)
		return 1;
	wake_stop_at_once();
	kill(getpid(), SIGTERM);
	return 2;
}

CASE(a_second_signal_to_stop_ends_it_at_once)
{
	const int status = in_a_child(end_twice);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
}

CASE(a_wait_that_fails_is_a_growing_pause)
{
	struct wake_failures failures = {0};
	struct epoll_event event;
	const double begin = clock_monotonic();

	/* A descriptor that is none: epoll_wait() fails as it does without memory. */
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(wake_wait(-1, &event, 1, -1, &failures), -1);
		assert_int_equal(failures.count, i);
		assert_int_equal(failures.errnum, EBADF);
	}
	assert_true(clock_monotonic() - begin >= 0.140);
	assert_int_equal(wake_wait(-1, &event, 1, 0, &failures), -1);
	assert_int_equal(failures.in_row, 5);
}

CASE(a_wait_that_works_ends_the_row_of_failures)
{
	struct wake_failures failures = {.count = 7, .in_row = 7};
	struct epoll_event event;
	struct error err;
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	const int timer_fd = wake_after(0.001, false, &err);

	assert_true(epoll_fd >= 0 && timer_fd >= 0);
	assert_int_equal(wake_on(epoll_fd, timer_fd, &err), 0);
	assert_int_equal(wake_wait(epoll_fd, &event, 1, 10000, &failures), 1);
	assert_int_equal(event.data.fd, timer_fd);
	assert_int_equal(failures.in_row, 0);
	assert_int_equal(failures.count, 7);
	close(timer_fd);
	close(epoll_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signals_are_heard_for_what_they_ask),
	    cmocka_unit_test(no_other_signal_ends_a_program),
	    cmocka_unit_test(a_second_signal_to_stop_ends_it_at_once),
	    cmocka_unit_test(a_wait_that_fails_is_a_growing_pause),
	    cmocka_unit_test(a_wait_that_works_ends_the_row_of_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
