/* SPDX-License-Identifier: Apache-2.0 */
/* sent_span.h - the bytes that the links sent in a span of time, and what accounts for
 * them. Private to collect/. Pure.
 *
 * Bytes are conserved: the bytes that the links sent, without the monitor's own, are
 * the sum of TCP of tracked sockets with headers, UDP, and unaccounted bytes. The
 * unaccounted bytes contain everything that the sockets' counters do not show:
 * connections that were reset (the kernel clears their counters first), a socket that
 * connects again and again, raw and packet sockets, ICMP, tunnels, and forwarding by
 * the kernel.
 */
#ifndef DORMOUSE_COLLECT_SENT_SPAN_H
#define DORMOUSE_COLLECT_SENT_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct sent_span {
	uint64_t link_bytes, link_packets; /* without the monitor's own */
	uint64_t packets6;                 /* IPv6; may include loopback */
	uint64_t tcp_bytes;                /* payload, each byte counted once */
	uint64_t tcp_again;                /* retransmitted payload */
	uint64_t tcp_segments;  /* as the protocol counts them: all sockets, and
				 * segments of no socket; may include loopback */
	uint64_t other_packets; /* ICMP and forwarded, as the kernel counts them */
	uint64_t datagrams;     /* UDP and UDP-Lite */
	bool reports_late;      /* ends of connections are known to be unreported */
};

/* Returns the UDP payload in the span: the bytes that the links sent, less TCP's
 * payload and retransmissions, less the headers of all packets. `carry`, 0 at first,
 * keeps the undecided rest of the spans before: see sent_span.c, also for the
 * accuracy. */
uint64_t sent_udp_bytes(const struct sent_span *span, int64_t *carry);

/* The number of spans kept until their unaccounted bytes are reported. */
#define SENT_PAST 16

/* The balance of all spans so far; all zero at first. */
struct sent_balance {
	int64_t rest; /* sent but not accounted for, up to the last span */
	int64_t told;
	double held_since; /* reports are late since then; 0: they are not */
	struct {
		double time;
		int64_t rest;
	} past[SENT_PAST]; /* its value after each of the last spans */
	unsigned next;
};

/* Adds a span that ends at `time`, monotonic seconds. `*udp_bytes` is its UDP payload;
 * the function adds the payload of datagrams that were on the links before they were
 * counted. Returns the unaccounted bytes, headers included. Bytes are reported only if
 * they are still unaccounted for one span later and at least a second later (or after
 * SENT_PAST spans), because the kernel reports a connection's end a moment after it;
 * and while reports are known to be late not for ten seconds. */
uint64_t sent_unaccounted_bytes(struct sent_balance *balance,
				const struct sent_span *span, uint64_t *udp_bytes,
				double time);

#endif
