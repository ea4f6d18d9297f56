/* SPDX-License-Identifier: Apache-2.0 */
/* socket_events.h - the source that gives the final counters of ended connections and
 * the remote ends of short-lived UDP sockets. */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKET_EVENTS_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKET_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "accounting.h"
#include "base/error.h"
#include "sock_diag.h"

/* TCP and UDP have a client each, so that many UDP events cannot fill the buffer of
 * TCP's events, the only source of those connections' bytes. */
struct event_source {
	struct netlink_client netlink;
	uint64_t read, lost;
	uint32_t drops; /* of this client, at the last check */
	bool overran;   /* and more may be dropped until it is read empty */
};

struct socket_events {
	struct socket_accounting *accounting;
	struct event_source tcp, udp;
	bool ok; /* TCP's: without UDP only short sockets' peers are missing */
	struct error failure;
	double retry_at;
	unsigned buffer_bytes; /* size to request */

	int epoll_fd, timer_fd;
	bool is_paused; /* events are collected until the timer expires */
	int64_t drained_ns;

	int64_t silent_ns; /* start of the time in which no event ever came */
};

/* Opens the descriptors that wait for events; socket_events_open() opens the source.
 * Release `*e` also after a failure. */
int socket_events_init(struct socket_events *e, struct socket_accounting *accounting,
		       unsigned buffer_bytes, struct error *err);
void socket_events_release(struct socket_events *e);

/* The number of times that receive buffers were enlarged. */
uint64_t socket_events_grown(const struct socket_events *e);

/* Opens the source if it is closed and its retry time has come. */
void socket_events_open(struct socket_events *e, double time);

/* Reads all pending events into the accounting. Returns the number of TCP and UDP
 * events. */
unsigned socket_events_drain(struct socket_events *e);

/* The same, when epoll_fd is readable; sets the next wake-up. */
void socket_events_process(struct socket_events *e);

/* Call it at each scan. If no event has ever come, it closes a socket, which the kernel
 * must report, and marks the source failed if it does not. */
void socket_events_prove(struct socket_events *e);

#endif
