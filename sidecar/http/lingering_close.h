/* SPDX-License-Identifier: Apache-2.0 */
/* lingering_close.h - connections that were answered before their request was complete.
 *
 * Closing a socket with unread bytes resets the connection, and the reset may overtake
 * the answer (RFC 9112, 9.6). So the further input of such a client is discarded for a
 * short time, until the client has read the answer and closes.
 */
#ifndef DORMOUSE_HTTP_LINGERING_CLOSE_H
#define DORMOUSE_HTTP_LINGERING_CLOSE_H

#include <stddef.h>

#define LINGER_PLACES 16
#define LINGER_MAX_S  2.0
#define LINGER_BYTES  (32 * 1024 * 1024)

struct lingering_closes {
	struct {
		int fd;       /* 0: free */
		double until; /* monotonic seconds */
		size_t left;  /* bytes that may still be discarded */
	} places[LINGER_PLACES];
	int epoll_fd; /* they wait in this set, as EPOLLIN */
	unsigned count;
};

/* Duplicates the descriptor, which the caller is about to close, and shuts down
 * sending. Does nothing when all places are taken. */
void lingering_close_add(struct lingering_closes *l, int fd, double now);

/* Discards input, and closes the connections that ended or exceeded LINGER_MAX_S or
 * LINGER_BYTES. */
void lingering_close_process(struct lingering_closes *l, double now);

void lingering_close_all(struct lingering_closes *l);

#endif
