/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - one client of the kernel's netlink: dumps and events, for every protocol.
 *
 * Nothing waits and nothing allocates once a socket is open. Only datagrams of the
 * kernel are read; what another process sends to the socket is passed over.
 *
 * No header of this room may have a name that libnl has in its <netlink/...>: the
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

/* A receive buffer is never asked to be larger, whatever the limits allow; bytes. */
#define NETLINK_BUFFER_MAX (16 << 20)

/* Datagrams received by one system call at most. */
#define NETLINK_BATCH_MAX 32

/* A dump that was interrupted is made so many times in all. */
#define NETLINK_DUMP_TRIES 3

struct netlink_client {
	struct nl_sock *socket; /* NULL while closed */
	int fd;                 /* -1 while closed; readable when events wait */
	uint32_t sequence;
	size_t datagram_bytes;
	unsigned batch;
	unsigned char *buffer; /* batch * datagram_bytes */
	uint64_t grown;        /* how often the receive buffer was; outlives a close */
};

#define NETLINK_CLOSED                                                                 \
	{                                                                              \
		.fd = -1                                                               \
	}

/* Opens a closed client, for a protocol such as NETLINK_ROUTE. A datagram of more than
 * `datagram_bytes` (a multiple of 8) cannot be read; `batch` of them, 1 to
 * NETLINK_BATCH_MAX, are received at once. Returns 0 or -1; the client is closed then.
 */
int netlink_open(struct netlink_client *n, int protocol, size_t datagram_bytes,
		 unsigned batch, struct error *err);
void netlink_close(struct netlink_client *n);

bool netlink_is_open(const struct netlink_client *n);

/* Joins a multicast group, whose messages netlink_read_events() reads. Returns 0 or -1.
 */
int netlink_join(struct netlink_client *n, int group, struct error *err);

/* Asks for a receive buffer of so many bytes, NETLINK_BUFFER_MAX at most. Without
 * CAP_NET_ADMIN the kernel gives net.core.rmem_max at most. */
void netlink_ask_buffer(struct netlink_client *n, unsigned bytes);

/* --- dumps --- */

struct netlink_request {
	uint16_t type;
	const void *body; /* the header of the protocol's family */
	size_t length;    /* NETLINK_REQUEST_MAX at most */
};

#define NETLINK_REQUEST_MAX 64

enum dump_end {
	DUMP_DONE,
	DUMP_PARTIAL, /* what is true by itself, but some of it may be missing: the
			 kernel's table changed meanwhile, or the buffer overran */
	DUMP_FAILED
};

struct dump_failure {
	int errnum;       /* positive */
	bool refused;     /* by the kernel, which answered with errnum */
	const char *step; /* what failed: "send a request"... */
};

/* One dump from request to end, each message visited, which must not ask this client
 * for another. A buffer that overran is enlarged. Sets *failure with DUMP_FAILED. */
enum dump_end netlink_dump(struct netlink_client *n,
			   const struct netlink_request *request,
			   netlink_visitor *visit, void *context,
			   struct dump_failure *failure);

/* Makes a dump, or several that belong together, from their beginning. */
typedef enum dump_end netlink_dumper(void *context);

/* Calls `dump` again while it is DUMP_PARTIAL, NETLINK_DUMP_TRIES times in all. Returns
 * how the last one ended. */
enum dump_end netlink_dump_whole(netlink_dumper *dump, void *context);

/* --- events --- */

struct netlink_events {
	netlink_visitor *visit;
	/* Called where messages are missing between those before and those after: the
	 * receive buffer overran, and is enlarged, or a datagram was too long. */
	void (*lost)(void *context);
	void *context;
};

/* Visits the messages that wait, up to some thousands: what then is left keeps the
 * descriptor readable. Returns 0, or an errno when the socket is broken. */
int netlink_read_events(struct netlink_client *n, const struct netlink_events *events);

/* Datagrams that the kernel dropped since the socket was opened, modulo 2^32. */
uint32_t netlink_drops(const struct netlink_client *n);

#endif
