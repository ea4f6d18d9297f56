/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - timers and signals as descriptors. */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* How long to sleep instead of waiting: at first, and at most. */
#define PAUSE_MS      10
#define PAUSE_MOST_MS 100

int wake_after(double seconds, bool again, struct error *err)
{
	struct timespec time = {.tv_sec = (time_t)seconds};

	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	struct itimerspec setting = {.it_value = time};
	if (again)
		setting.it_interval = time;

	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd >= 0 && timerfd_settime(fd, 0, &setting, NULL) == 0)
		return fd;
	fail_errno(err, errno, "setting a timer");
	if (fd >= 0)
		close(fd);
	return -1;
}

static sigset_t stop_signals(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGQUIT);
	return stop;
}

/* signal(7) lists which signals end a program by default. Those of faults (SIGSEGV,
 * SIGABRT, ...) and of limits that mean to end it (SIGXCPU) keep that meaning. */
static void ignore_others(void)
{
	static const int others[] = {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
				     SIGPROF, SIGIO,   SIGPWR,  SIGXFSZ, SIGSTKFLT};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		signal(others[i], SIG_IGN);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		signal(number, SIG_IGN);
#ifndef __GLIBC__
	/* musl keeps the first ones (32 to 34) for its threads, and lets nobody ignore
	 * them. The programs that are linked with it have one thread. The kernel's
	 * struct has the handler first; its other members are 0. */
	const unsigned long ignored[8] = {(unsigned long)SIG_IGN};
	for (int number = 32; number < SIGRTMIN; number++)
		syscall(SYS_rt_sigaction, number, ignored, NULL, 8);
#endif
}

int wake_on_signals(struct error *err)
{
	sigset_t heard = stop_signals();

	sigaddset(&heard, SIGHUP);
	ignore_others();
	if (sigprocmask(SIG_BLOCK, &heard, NULL) < 0)
		return fail_errno(err, errno, "blocking signals");
	int fd = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 ? fd : fail_errno(err, errno, "signalfd");
}

enum wake_signal wake_signal(int signal_fd)
{
	struct signalfd_siginfo heard;

	if (read(signal_fd, &heard, sizeof(heard)) != sizeof(heard))
		return WAKE_NONE;
	return heard.ssi_signo == SIGHUP ? WAKE_RELOAD : WAKE_STOP;
}

static void end_at_once(int number)
{
	_exit(128 + number);
}

/* A handler, because the first process of a container has no default actions: pid
 * namespaces(7). */
void wake_stop_at_once(void)
{
	sigset_t stop = stop_signals();

	signal(SIGTERM, end_at_once);
	signal(SIGINT, end_at_once);
	signal(SIGQUIT, end_at_once);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

int wake_on(int epoll_fd, int fd, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return fail_errno(err, errno, "epoll_ctl");
	return 0;
}

/* The next pause: doubled with each failure in a row. */
static int pause_ms(const struct wake_failures *failures, int timeout_ms)
{
	int pause = PAUSE_MS;

	for (unsigned i = 1; i < failures->in_row && pause < PAUSE_MOST_MS; i++)
		pause *= 2;
	if (pause > PAUSE_MOST_MS)
		pause = PAUSE_MOST_MS;
	return timeout_ms >= 0 && timeout_ms < pause ? timeout_ms : pause;
}

int wake_wait(int epoll_fd, struct epoll_event *events, int max, int timeout_ms,
	      struct wake_failures *failures)
{
	const int count = epoll_wait(epoll_fd, events, max, timeout_ms);

	if (count >= 0) {
		failures->in_row = 0;
		return count;
	}
	if (errno == EINTR)
		return 0;
	failures->errnum = errno;
	failures->count++;
	failures->in_row++;
	const int pause = pause_ms(failures, timeout_ms);
	const struct timespec time = {pause / 1000, pause % 1000 * 1000000L};
	nanosleep(&time, NULL);
	return -1;
}
