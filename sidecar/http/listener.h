/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h - a server's listening socket in its epoll set.
 *
 * A port may be taken, an address may not exist yet, and descriptors may run out. None
 * of these ends the program: the listener tries again, at first soon and then every few
 * seconds, and logs when it is lost and when it is back.
 */
#ifndef DORMOUSE_HTTP_LISTENER_H
#define DORMOUSE_HTTP_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "http_server.h"

struct listener {
	const struct http_settings *settings;
	int epoll_fd;
	int fd;            /* -1: not open */
	uint16_t port;     /* the bound port, or the last one, host order */
	bool awake;        /* the socket is in the epoll set */
	bool told;         /* its present trouble is logged */
	double due;        /* when to try again, monotonic seconds; INFINITY: no need */
	double patience_s; /* the wait after the last failure to open */
};

/* Tries to listen; failures are logged and tried again. The settings must outlive it;
 * the socket waits in `epoll_fd`, always as EPOLLIN. */
void listener_open(struct listener *l, const struct http_settings *settings,
		   int epoll_fd, double now);

/* Closes the socket, and does not try again. */
void listener_close(struct listener *l);

/* Tries again if that is due. */
void listener_process(struct listener *l, double now);

/* Seconds until listener_process() is due; negative: not at all. */
double listener_due_s(const struct listener *l, double now);

/* What became of an attempt to accept. */
enum accepted {
	ACCEPT_NOBODY,    /* nobody waits */
	ACCEPT_GONE,      /* that client is gone; another one may wait */
	ACCEPT_EXHAUSTED, /* no descriptor or memory: the client waits */
	ACCEPT_DONE,
};

/* Accepts one connection into `*fd`, which the caller closes. Without a descriptor or
 * memory the listener pauses, so that it is not ready again at once. */
enum accepted listener_accept(struct listener *l, double now, int *fd,
			      struct sockaddr_storage *from, socklen_t *length);

#endif
