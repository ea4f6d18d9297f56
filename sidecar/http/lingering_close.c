/* SPDX-License-Identifier: Apache-2.0 */
/* lingering_close.c - discards the rest of requests that are already answered. */
#include "lingering_close.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Maximum bytes discarded in one turn. */
#define PIECE ((size_t)1 << 20)

void lingering_close_add(struct lingering_closes *l, int fd, double now)
{
	struct epoll_event event = {.events = EPOLLIN};
	int i = 0;

	while (i < LINGER_PLACES && l->places[i].fd > 0)
		i++;
	int copy = i < LINGER_PLACES ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
	if (copy < 0)
		return;
	shutdown(copy, SHUT_WR);
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, copy, &event) < 0) {
		close(copy);
		return;
	}
	l->places[i].fd = copy;
	l->places[i].until = now + LINGER_MAX_S;
	l->places[i].left = LINGER_BYTES;
	l->count++;
}

/* Discards the bytes that have arrived; false at the end of the stream, on an error, or
 * after too many bytes. */
static bool discard(int fd, size_t *left)
{
	/* For TCP, MSG_TRUNC discards the bytes without copying them (tcp(7)). */
	/* cppcheck-suppress nullPointer */
	ssize_t count = recv(fd, NULL, PIECE, MSG_TRUNC | MSG_DONTWAIT);

	if (count < 0)
		return errno == EAGAIN || errno == EINTR;
	if ((size_t)count >= *left)
		return false;
	*left -= (size_t)count;
	return count > 0;
}

void lingering_close_process(struct lingering_closes *l, double now)
{
	for (int i = 0; l->count > 0 && i < LINGER_PLACES; i++) {
		int fd = l->places[i].fd;

		if (fd == 0 ||
		    (now < l->places[i].until && discard(fd, &l->places[i].left)))
			continue;
		close(fd);
		l->places[i].fd = 0;
		l->count--;
	}
}

void lingering_close_all(struct lingering_closes *l)
{
	for (int i = 0; i < LINGER_PLACES; i++)
		if (l->places[i].fd > 0)
			close(l->places[i].fd);
	l->count = 0;
}
