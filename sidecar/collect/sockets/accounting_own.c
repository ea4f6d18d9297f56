/* SPDX-License-Identifier: Apache-2.0 */
/* accounting_own.c - the traffic of the monitor's own connections on the links. */
#include "accounting_parts.h"

/* The headers of a packet on an Ethernet link. */
#define ETHERNET_HEADER_BYTES  14
#define IP4_HEADER_BYTES       20
#define IP6_HEADER_BYTES       40
#define TCP_HEADER_BYTES       20
#define TIMESTAMP_OPTION_BYTES 12
#define SYN_OPTIONS_BYTES      20 /* MSS, SACK permitted, timestamps, window scale */
#define SYN_OPTIONS_LEAST      4  /* MSS */

/* The minimum number of packets for so many segments: one for each without payload, and
 * one for all with payload, because the card may split what the link counts as one
 * (GSO), or may have merged what it received (GRO). A segment without payload is not
 * merged with another. */
static uint64_t packets_at_least(uint32_t segments, uint32_t data_segments)
{
	return (data_segments > 0) +
	       (segments > data_segments ? segments - data_segments : 0);
}

/* The minimum of payload received. The peer's FIN counts as one byte of it. */
static uint64_t received_at_least(const struct diag_socket *s, uint64_t bytes,
				  uint32_t data_segments)
{
	bool may_have_fin = s->state != STATE_ESTABLISHED;

	return data_segments > 0 && bytes > 0 ? bytes - may_have_fin : 0;
}

/* Adds the minimum that the link carried: payload, and the headers of the minimum
 * number of packets. A counter that fell was cleared by a reset. */
static void advance_own(struct socket_accounting *a, struct tracked_socket *t,
			const struct diag_socket *s)
{
	uint32_t segments = s->tx_segments - t->tx_segments;
	uint32_t rx_segments = s->rx_segments - t->rx_segments;

	if (s->tx_bytes < t->tx_bytes || s->tx_again < t->tx_again ||
	    s->rx_bytes < t->rx_bytes || segments > INT32_MAX ||
	    rx_segments > INT32_MAX)
		return;
	uint64_t headers = t->headers + (s->timestamps ? TIMESTAMP_OPTION_BYTES : 0);
	uint64_t sent = s->tx_bytes - t->tx_bytes + s->tx_again - t->tx_again;
	uint32_t rx_data = s->rx_data_segments - t->rx_data_segments;
	uint64_t received = received_at_least(s, s->rx_bytes - t->rx_bytes, rx_data);
	uint64_t tx_packets =
	    packets_at_least(segments, s->tx_data_segments - t->tx_data_segments);
	uint64_t rx_packets = packets_at_least(rx_segments, rx_data);

	a->own.tx_bytes += sent + tx_packets * headers;
	a->own.tx_packets += tx_packets;
	a->own.tcp_tx_packets += segments;
	a->own.rx_bytes += received + rx_packets * headers;
	a->own.rx_packets += rx_packets;
	containers_add_own(&a->containers, s->tx_bytes - t->tx_bytes);
	accounting_set_counted(t, s);
}

void accounting_own_listener(struct socket_accounting *a, uint64_t cookie)
{
	if (a->own_listener_count < OWN_LISTENERS_MAX)
		a->own_listeners[a->own_listener_count++] = cookie;
}

/* Adds the handshake. An accepted socket's counters do not include the SYN and the
 * SYN-ACK, except that the SYN is a segment received (tcp_create_openreq_child() in
 * net/ipv4/tcp_minisocks.c); both have their own options. */
static void count_handshake(struct socket_accounting *a, const struct tracked_socket *t,
			    const struct diag_socket *s)
{
	a->own.tx_bytes +=
	    t->headers + (s->timestamps ? SYN_OPTIONS_BYTES : SYN_OPTIONS_LEAST);
	a->own.tx_packets++;
	a->own.tcp_tx_packets++;
	if (s->timestamps)
		a->own.rx_bytes += SYN_OPTIONS_BYTES - TIMESTAMP_OPTION_BYTES;
}

bool accounting_own_accepted(struct socket_accounting *a, const struct diag_socket *s)
{
	if (accounting_is_loopback(a, s))
		return false;
	struct tracked_socket *t = socket_table_add(&a->own_table, s->cookie);
	if (!t) {
		a->untracked++;
		return false;
	}
	/* A dump may have seen it while it waited to be accepted. */
	struct tracked_socket *met = socket_table_find(&a->table, s->cookie);
	if (met)
		socket_table_remove(&a->table, met);
	t->dump = a->dump;
	t->headers =
	    ETHERNET_HEADER_BYTES + TCP_HEADER_BYTES +
	    (IN6_IS_ADDR_V4MAPPED(&s->remote) ? IP4_HEADER_BYTES : IP6_HEADER_BYTES);
	count_handshake(a, t, s);
	advance_own(a, t, s);
	return true;
}

bool accounting_own_seen(struct socket_accounting *a, const struct diag_socket *s)
{
	struct tracked_socket *t = socket_table_find(&a->own_table, s->cookie);

	if (!t)
		return false;
	t->dump = a->dump;
	advance_own(a, t, s);
	return true;
}

bool accounting_own_destroyed(struct socket_accounting *a, const struct diag_socket *s)
{
	if (!accounting_own_seen(a, s))
		return false;
	socket_table_remove(&a->own_table, socket_table_find(&a->own_table, s->cookie));
	return true;
}
