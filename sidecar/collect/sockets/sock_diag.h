/* SPDX-License-Identifier: Apache-2.0 */
/* sock_diag.h - asking the kernel for its sockets, and reading what it answers.
 *
 * sock_parse.c turns netlink bytes into sockets and does nothing else; sock_diag.c
 * opens channels, sends requests and receives.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCK_DIAG_H
#define DORMOUSE_COLLECT_SOCKETS_SOCK_DIAG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct nl_sock;

/* The states of linux/tcp_states.h that matter here. */
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

/* Who sent the first SYN, as far as the byte counters give it away. */
enum diag_opener { DIAG_OPENER_UNKNOWN, DIAG_OPENER_HERE, DIAG_OPENER_THERE };

/* One socket as the kernel describes it. IPv4 addresses are kept v4-mapped. */
struct diag_socket {
	uint64_t cookie;      /* unique for the life of the namespace, never 0 */
	uint64_t cgroup_id;   /* 0: not told */
	uint64_t tx_bytes;    /* payload sent, each byte once */
	uint64_t tx_again;    /* payload sent once more: retransmitted */
	uint64_t rx_bytes;    /* payload received; the peer's FIN may count as one */
	uint32_t tx_segments; /* these four wrap; the kernel's, by wire size */
	uint32_t tx_data_segments;
	uint32_t rx_segments;
	uint32_t rx_data_segments;
	uint16_t local_port;  /* host order */
	uint16_t remote_port; /* host order; 0 after a connect() that was refused */
	uint8_t state;
	uint8_t protocol;  /* 0: not told, which is how dumps are */
	uint8_t opener;    /* enum diag_opener */
	bool has_counters; /* false for UDP and for what is left of a closed socket */
	bool timestamps;   /* its segments carry the option (RFC 7323), 12 bytes */
	struct in6_addr local;
	struct in6_addr remote; /* all zero: never connected */
};

/* Reads the kernel's struct tcp_info, as long as it is, into the counters of *s, whose
 * state must be set. `queued` are the bytes that wait to be sent or acknowledged. */
void diag_read_info(const void *info, size_t length, uint32_t queued,
		    struct diag_socket *s);

typedef void diag_visitor(void *context, const struct diag_socket *socket);

enum diag_progress {
	DIAG_MORE,   /* the dump goes on in the next datagram */
	DIAG_DONE,   /* it ended */
	DIAG_REFUSED /* it ended with an errno */
};

struct diag_reader {
	uint32_t sequence; /* messages of other sequences are passed over */
	diag_visitor *visit;
	void *context;
	bool interrupted;  /* some message carried NLM_F_DUMP_INTR */
	int error;         /* with DIAG_REFUSED: a positive errno */
	unsigned messages; /* sockets visited */
};

/* Reads one datagram, visiting each well-formed socket in it. Malformed messages are
 * passed over, and nothing outside of data[0..length) is read. */
enum diag_progress diag_read(struct diag_reader *reader, const void *data,
			     size_t length);

struct diag_channel {
	struct nl_sock *netlink; /* NULL: closed */
	int fd;
	uint32_t sequence;
	void *buffer; /* DIAG_BUFFER_BYTES; NULL where events are read */
};

/* The kernel makes dump datagrams of up to 32 KiB when it is offered that much
 * (netlink_dump() in net/netlink/af_netlink.c). */
#define DIAG_BUFFER_BYTES 32768

/* A channel for dumps. */
int diag_open(struct diag_channel *c, struct error *err);

/* A channel that is told when a socket of this namespace is destroyed: IPPROTO_TCP or,
 * with its last remote address but no counters, IPPROTO_UDP. Asks for `buffer_bytes` of
 * receive buffer and takes what it gets. */
int diag_open_events(struct diag_channel *c, uint8_t protocol, unsigned buffer_bytes,
		     struct error *err);
void diag_close(struct diag_channel *c);

struct diag_query {
	bool legacy;      /* one walk for IPv4 and IPv6 together, TCP only */
	bool counters;    /* wants the TCP counters */
	uint8_t family;   /* not for legacy */
	uint8_t protocol; /* not for legacy */
	uint32_t states;  /* 1u << state */
};

enum diag_outcome {
	DIAG_COMPLETE,
	DIAG_PARTIAL, /* the table changed underneath: some sockets may be missing */
	DIAG_FAILED   /* err says why */
};

/* Dumps the sockets that match, visiting each. Never blocks, never allocates.
 * `refusal`, when not NULL, gets the kernel's errno if it refused the request, else 0.
 */
enum diag_outcome diag_dump(struct diag_channel *c, const struct diag_query *query,
			    diag_visitor *visit, void *context, int *refusal,
			    struct error *err);

/* What one drain of an event channel found. */
struct diag_drained {
	unsigned messages;
	bool overrun; /* the kernel had to drop messages since the last drain */
};

/* Visits the destroyed sockets that the kernel has told of. Never blocks. Fails when
 * the channel is broken. */
int diag_drain(struct diag_channel *c, diag_visitor *visit, void *context,
	       struct diag_drained *drained, struct error *err);

/* Messages dropped since the channel was opened, modulo 2^32. */
uint32_t diag_drops(const struct diag_channel *c);

/* Asks for a larger receive buffer. Returns whether it became larger. */
bool diag_grow(const struct diag_channel *c);

#endif
