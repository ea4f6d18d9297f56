/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - what wakes a program that otherwise sleeps: a timer, the wish to stop. */
#ifndef DORMOUSE_BASE_LOOP_H
#define DORMOUSE_BASE_LOOP_H

#include <stdbool.h>

#include "error.h"

/* A timerfd that is readable after `seconds`, and each so many seconds again if
 * `again`. Returns the descriptor, which the caller closes, or -1. */
int wake_after(double seconds, bool again, struct error *err);

/* A signalfd that is readable on SIGTERM or SIGINT, which are blocked from now on;
 * SIGPIPE is ignored. Returns the descriptor, which the caller closes, or -1. */
int wake_to_stop(struct error *err);

/* Adds the descriptor to the epoll: events say that it is readable, with its number as
 * data. */
int wake_on(int epoll_fd, int fd, struct error *err);

#endif
