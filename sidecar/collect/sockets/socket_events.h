/* SPDX-License-Identifier: Apache-2.0 */
/* socket_events.h - the source that says what ended connections had sent, and where
 * short UDP sockets pointed. */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKET_EVENTS_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKET_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "accounting.h"
#include "base/error.h"
#include "sock_diag.h"

/* TCP and UDP have a client each, so that a flood of UDP sockets takes no room from
 * the connections, whose bytes are told nowhere else. */
struct event_source {
	struct netlink_client netlink;
	uint64_t read, lost;
	uint32_t drops; /* of this client, as last seen */
};

struct socket_events {
	struct socket_accounting *accounting;
	struct event_source tcp, udp;
	bool ok; /* tcp's: without udp nothing but short sockets' peers is missing */
	struct error failure;
	double retry_at;
	unsigned buffer_bytes; /* to ask for */

	int epoll_fd, timer_fd;
	bool is_paused; /* events gather until the timer */
	int64_t drained_ns;

	int64_t silent_ns; /* since when none came, while there never was any */
};

/* Opens what events are waited with, not yet the source: socket_events_open(). `*e` may
 * be released even when this failed. */
int socket_events_init(struct socket_events *e, struct socket_accounting *accounting,
		       unsigned buffer_bytes, struct error *err);
void socket_events_release(struct socket_events *e);

/* How often receive buffers were enlarged. */
uint64_t socket_events_grown(const struct socket_events *e);

/* Opens the source if it is closed and not to be left alone until a later time. */
void socket_events_open(struct socket_events *e, double time);

/* Takes what is there into the accounting. Returns how many events of TCP and UDP that
 * was.
 */
unsigned socket_events_drain(struct socket_events *e);

/* The same, when epoll_fd is readable; sets what will wake it next. */
void socket_events_process(struct socket_events *e);

/* To be called at each scan. Where no event has ever come it ends a socket, of which
 * the kernel must tell, and takes the source for failed when it does not. */
void socket_events_prove(struct socket_events *e);

#endif
