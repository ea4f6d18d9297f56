/* SPDX-License-Identifier: Apache-2.0 */
/* lingering_close.h - connections that were answered before they were heard out.
 *
 * Closing a socket with bytes unread resets the connection, and the reset may overtake
 * the answer (RFC 9112, 9.6). So what such a client still sends is thrown away for a
 * moment, until it has read the answer and closes.
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
		size_t left;  /* bytes that are still taken */
	} places[LINGER_PLACES];
	int epoll_fd; /* in which they wait, as EPOLLIN */
	unsigned count;
};

/* Takes a copy of the descriptor, which the caller is about to close, and says that
 * nothing more will be sent. When all places are taken, nothing is done. */
void lingering_close_add(struct lingering_closes *l, int fd, double now);

/* Reads, and closes those that are done or had their time. */
void lingering_close_process(struct lingering_closes *l, double now);

void lingering_close_all(struct lingering_closes *l);

#endif
