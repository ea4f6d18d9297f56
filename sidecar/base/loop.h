/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - timers and stop signals that wake a sleeping program. */
#ifndef DORMOUSE_BASE_LOOP_H
#define DORMOUSE_BASE_LOOP_H

#include <stdbool.h>

#include "error.h"

/* Creates a timerfd that is readable after `seconds`, and then every `seconds` if
 * `again`. Returns the descriptor, which the caller closes, or -1. */
int wake_after(double seconds, bool again, struct error *err);

/* Blocks SIGTERM and SIGINT, ignores SIGPIPE, and creates a signalfd that is readable
 * on SIGTERM or SIGINT. Returns the descriptor, which the caller closes, or -1. */
int wake_to_stop(struct error *err);

/* Adds the descriptor to the epoll set as EPOLLIN, with its number as data. Returns 0
 * or -1. */
int wake_on(int epoll_fd, int fd, struct error *err);

#endif
