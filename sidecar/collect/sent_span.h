/* SPDX-License-Identifier: Apache-2.0 */
/* sent_span.h - what the links sent in a span of time, and what accounts for it.
 * Private to collect/. Pure.
 *
 * Bytes are conserved: what the links sent, less what the monitor itself sent, is TCP
 * of the sockets that are followed, with headers, and UDP, and what nobody accounts
 * for. That last part is where everything shows that the sockets' counters do not tell:
 * connections that were reset (the kernel clears their counters first), a socket
 * connected anew again and again, raw and packet sockets, ICMP, tunnels and forwarding
 * by the kernel.
 */
#ifndef DORMOUSE_COLLECT_SENT_SPAN_H
#define DORMOUSE_COLLECT_SENT_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct sent_span {
	uint64_t link_bytes, link_packets; /* own left out */
	uint64_t packets6;                 /* of them IPv6; loopback may be in it */
	uint64_t tcp_bytes;                /* payload of sockets, each byte once */
	uint64_t tcp_again;                /* payload sent once more */
	uint64_t tcp_segments;  /* as the protocol counts them: all sockets, and
				 * what belongs to none; loopback may be in it */
	uint64_t other_packets; /* ICMP and forwarded, as the kernel counts them */
	uint64_t datagrams;     /* UDP and UDP-Lite */
};

/* The UDP payload in the span: what the links sent less TCP's payload, what of it was
 * sent again, and the headers of all packets. `carry`, 0 at first, is what the spans
 * before left open: see sent_span.c, also for how good it is. */
uint64_t sent_udp_bytes(const struct sent_span *span, int64_t *carry);

/* Spans that are remembered until what they left open is told. */
#define SENT_PAST 16

/* The account over all spans so far; all zero at first. */
struct sent_balance {
	int64_t rest; /* sent and not accounted for, up to the last span */
	int64_t told;
	struct {
		double time;
		int64_t rest;
	} past[SENT_PAST]; /* after each of the last spans */
	unsigned next;
};

/* Takes in a span that ends at `time`, monotonic seconds, and of which `*udp_bytes` are
 * UDP payload; adds to them those that were on the links before they were counted.
 * Returns the bytes, headers included, that turned out to be nobody's: those that were
 * still missing an account one span later, and a second later at least (or SENT_PAST
 * spans), because the kernel tells of a connection's end a moment after it. */
uint64_t sent_unaccounted_bytes(struct sent_balance *balance,
				const struct sent_span *span, uint64_t *udp_bytes,
				double time);

#endif
