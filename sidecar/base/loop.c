/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - timers and signals as descriptors. */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

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

int wake_to_stop(struct error *err)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
		return fail_errno(err, errno, "blocking signals");
	int fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 ? fd : fail_errno(err, errno, "signalfd");
}

int wake_on(int epoll_fd, int fd, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return fail_errno(err, errno, "epoll_ctl");
	return 0;
}
