/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - one client of the kernel's netlink: dumps and events, for every protocol.
 *
 * Nothing waits, and nothing allocates once a socket is open. Only the kernel's
 * datagrams are read; those of other processes are ignored.
 *
 * No header of this room may have the name of a header in libnl's <netlink/...>: the
 * folder would hide it.
 */
#ifndef DORMOUSE_NETLINK_CLIENT_H
#define DORMOUSE_NETLINK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "messages.h"

struct nl_sock;

/* The largest receive buffer that is requested, whatever the kernel's limit; bytes. */
#define NETLINK_BUFFER_MAX (16 << 20)

/* Datagrams that one system call receives at most, and the bytes of all of them. */
#define NETLINK_BATCH_MAX   16
#define NETLINK_RECEIVE_MAX 32768

/* Total number of attempts for a dump that is interrupted. */
#define NETLINK_DUMP_TRIES 3

struct netlink_client {
	struct nl_sock *socket; /* NULL while closed */
	int fd;                 /* -1 while closed; readable when events wait */
	uint32_t sequence;
	size_t datagram_bytes;
	unsigned batch;
	uint64_t grown; /* times the receive buffer grew; survives a close */
};

#define NETLINK_CLOSED                                                                 \
	{                                                                              \
		.fd = -1                                                               \
	}

/* Opens a closed client, for a protocol such as NETLINK_ROUTE. A datagram longer than
 * `datagram_bytes` (a multiple of 8) cannot be read; up to `batch` datagrams, 1 to
 * NETLINK_BATCH_MAX and NETLINK_RECEIVE_MAX bytes, are received at once. Returns 0 or
 * -1; after -1 the client is closed. */
int netlink_open(struct netlink_client *n, int protocol, size_t datagram_bytes,
		 unsigned batch, struct error *err);
void netlink_close(struct netlink_client *n);

bool netlink_is_open(const struct netlink_client *n);

/* Joins a multicast group, whose messages netlink_read_events() reads. Returns 0 or -1.
 */
int netlink_join(struct netlink_client *n, int group, struct error *err);

/* Requests a receive buffer of so many bytes, at most NETLINK_BUFFER_MAX. Without
 * CAP_NET_ADMIN the kernel's limit is net.core.rmem_max. */
void netlink_ask_buffer(struct netlink_client *n, unsigned bytes);

/* --- dumps --- */

struct netlink_request {
	uint16_t type;
	const void *body; /* the header of the protocol's family */
	size_t length;    /* at most NETLINK_REQUEST_MAX */
};

#define NETLINK_REQUEST_MAX 64

enum dump_end {
	DUMP_DONE,
	DUMP_PARTIAL, /* each message is correct, but some may be missing: the kernel's
		       * table changed meanwhile, or the buffer overran */
	DUMP_FAILED
};

struct dump_failure {
	int errnum;       /* positive */
	bool refused;     /* the kernel answered with errnum */
	const char *step; /* what failed: "send a request"... */
};

/* Makes one dump, from request to end, and visits each message. The visitor must not
 * start another dump, on whichever client: all share one buffer. Enlarges a buffer that
 * overran. Sets *failure with DUMP_FAILED. */
enum dump_end netlink_dump(struct netlink_client *n,
			   const struct netlink_request *request,
			   netlink_visitor *visit, void *context,
			   struct dump_failure *failure);

/* Makes a dump, or several that belong together, from the beginning. */
typedef enum dump_end netlink_dumper(void *context);

/* Calls `dump` until the result is not DUMP_PARTIAL, at most NETLINK_DUMP_TRIES times.
 * Returns the last result. */
enum dump_end netlink_dump_whole(netlink_dumper *dump, void *context);

/* --- events --- */

struct netlink_events {
	netlink_visitor *visit;
	/* Called between two messages where others are missing: the receive buffer
	 * overran and was enlarged, or a datagram was too long. */
	void (*lost)(void *context);
	void *context;
};

/* Visits the waiting messages, at most some thousands; the descriptor stays readable if
 * more are left. Returns 0, or an errno when the socket is broken. */
int netlink_read_events(struct netlink_client *n, const struct netlink_events *events);

/* Datagrams that the kernel dropped since the socket was opened, modulo 2^32. */
uint32_t netlink_drops(const struct netlink_client *n);

#endif
