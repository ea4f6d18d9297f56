/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - timers, signals and descriptors that wake a sleeping program. */
#ifndef DORMOUSE_BASE_LOOP_H
#define DORMOUSE_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "error.h"

/* Creates a timerfd that is readable after `seconds`, and then every `seconds` if
 * `again`. Returns the descriptor, which the caller closes, or -1. */
int wake_after(double seconds, bool again, struct error *err);

/* --- signals --- */

enum wake_signal {
	WAKE_NONE,
	WAKE_STOP,  /* SIGTERM, SIGINT or SIGQUIT */
	WAKE_RELOAD /* SIGHUP */
};

/* Blocks the signals of enum wake_signal, ignores every other signal that ends a
 * program without an error of its own (SIGPIPE, SIGUSR1, SIGALRM, ...), and creates a
 * signalfd. Call it before other threads start. Returns the descriptor, which the
 * caller closes, or -1. */
int wake_on_signals(struct error *err);

/* Takes the next signal off the descriptor, if there is one. Does not wait. */
enum wake_signal wake_signal(int signal_fd);

/* From now on a signal of WAKE_STOP ends the process at once, with the status 128 and
 * its number, as a shell reports it: for a program that ends already, and may hang. */
void wake_stop_at_once(void);

/* --- waiting --- */

/* Adds the descriptor to the epoll set as EPOLLIN, with its number as data. Returns 0
 * or -1. */
int wake_on(int epoll_fd, int fd, struct error *err);

/* How often waiting failed. Starts as zeros. */
struct wake_failures {
	uint64_t count; /* since the start */
	unsigned in_row;
	int errnum; /* of the last one */
};

/* As epoll_wait(), for descriptors of which none blocks. If the kernel cannot wait
 * (ENOMEM), sleeps instead, 10 ms at first and longer each time, at most 100 ms or
 * `timeout_ms`, counts the failure and returns -1: the caller then treats every
 * descriptor as ready. Returns 0 after a signal. */
int wake_wait(int epoll_fd, struct epoll_event *events, int max, int timeout_ms,
	      struct wake_failures *failures);

#endif
