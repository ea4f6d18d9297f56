/* SPDX-License-Identifier: Apache-2.0 */
/* sock_diag.h - requests the kernel's sockets and reads its answers.
 *
 * sock_parse.c only turns netlink messages into sockets; sock_diag.c makes the
 * requests.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCK_DIAG_H
#define DORMOUSE_COLLECT_SOCKETS_SOCK_DIAG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "netlink/client.h"

/* The states of linux/tcp_states.h that are used here. */
enum {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT = 2,
	STATE_FIN_WAIT1 = 4,
	STATE_FIN_WAIT2 = 5,
	STATE_CLOSE = 7,
	STATE_CLOSE_WAIT = 8,
	STATE_LAST_ACK = 9,
	STATE_LISTEN = 10,
	STATE_CLOSING = 11
};

/* Who sent the first SYN, as far as the byte counters show it. */
enum diag_opener { DIAG_OPENER_UNKNOWN, DIAG_OPENER_HERE, DIAG_OPENER_THERE };

/* One socket as the kernel describes it. IPv4 addresses are kept v4-mapped. */
struct diag_socket {
	uint64_t cookie;      /* unique for the life of the namespace, never 0 */
	uint64_t cgroup_id;   /* 0: not known */
	uint64_t tx_bytes;    /* payload sent, each byte counted once */
	uint64_t tx_again;    /* retransmitted payload */
	uint64_t rx_bytes;    /* payload received; may include 1 for the peer's FIN */
	uint32_t tx_segments; /* these four wrap; the kernel counts them by wire size */
	uint32_t tx_data_segments;
	uint32_t rx_segments;
	uint32_t rx_data_segments;
	uint16_t local_port;  /* host order */
	uint16_t remote_port; /* host order; 0 after a connect() that was refused */
	uint8_t state;
	uint8_t protocol;     /* 0: not known, as in dumps */
	uint8_t opener;       /* enum diag_opener */
	bool has_counters;    /* false for UDP and for the rest of a closed socket */
	bool was_established; /* at any time: its handshake succeeded */
	bool timestamps;      /* its segments have the option (RFC 7323), 12 bytes */
	struct in6_addr local;
	struct in6_addr remote; /* all zero: never connected */
};

/* Reads the kernel's struct tcp_info, of any length, into the counters of *s, whose
 * state must be set. `queued` is the number of bytes that wait to be sent or
 * acknowledged. */
void diag_read_info(const void *info, size_t length, uint32_t queued,
		    struct diag_socket *s);

/* Reads one message; it reads only the message's nlmsg_len bytes. False if the message
 * does not describe a socket. */
bool diag_read(const struct nlmsghdr *message, struct diag_socket *s);

typedef void diag_visitor(void *context, const struct diag_socket *socket);

/* Opens a client for dumps. */
int diag_open(struct netlink_client *n, struct error *err);

/* Opens a client that receives an event when a socket of this namespace is destroyed:
 * IPPROTO_TCP or, with its last remote address but no counters, IPPROTO_UDP. Requests
 * `buffer_bytes` of receive buffer and accepts a smaller one. */
int diag_open_events(struct netlink_client *n, uint8_t protocol, unsigned buffer_bytes,
		     struct error *err);

struct diag_query {
	bool legacy;      /* one walk for both IPv4 and IPv6, TCP only */
	bool counters;    /* request the TCP counters */
	uint8_t family;   /* not for legacy */
	uint8_t protocol; /* not for legacy */
	uint32_t states;  /* 1u << state */
};

/* Dumps the sockets that match and calls `visit` once for each; an interrupted dump is
 * DUMP_PARTIAL. `refusal`, if not NULL, is set to the kernel's errno if it refused the
 * request, else 0. With DUMP_FAILED err gives the reason. */
enum dump_end diag_dump(struct netlink_client *n, const struct diag_query *query,
			diag_visitor *visit, void *context, int *refusal,
			struct error *err);

#endif
