/* SPDX-License-Identifier: Apache-2.0 */
/* line_queue.h - lines on their way to stderr, whose reader may have stopped.
 *
 * A container's stderr is a pipe of 64 KiB to its runtime. If the runtime stops reading
 * it, write(2) waits, and with it everything that the program does. Nothing here waits:
 * what does not fit into the pipe stays in memory of fixed size, in its order, and what
 * does not fit there is lost and counted. Any thread may call these functions.
 */
#ifndef DORMOUSE_BASE_LINE_QUEUE_H
#define DORMOUSE_BASE_LINE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes that wait at most, and how many of them may be ordinary lines, so that
 * these leave room for alerts. */
#define LINE_QUEUE_BYTES    (64 * 1024)
#define LINE_QUEUE_ORDINARY (8 * 1024)

/* Makes writes to stderr return at once, where the kernel lets us open it again. To be
 * called before the program is confined. */
void line_queue_open(void);

/* Writes a line, which ends with a newline, or lets it wait behind those that wait. An
 * ordinary line is lost long before an `important` one. */
void line_queue_put(const char *line, size_t length, bool important);

/* Writes as much of what waits as the reader takes. Returns how many lines were lost
 * since the last call that did not return 0; 0 as long as some still wait. */
uint64_t line_queue_flush(void);

/* Lines lost since the start. */
uint64_t line_queue_lost(void);

/* Adds stderr to an epoll set, which is woken when a reader has made room in it. Does
 * nothing for a file, where there always is. */
void line_queue_wake(int epoll_fd);

#endif
