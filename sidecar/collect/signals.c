/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c - adds up the signals. */
#include "signals.h"

#include <string.h>

/* Ethernet, IPv4, and TCP with timestamps, as every Linux speaks it; or UDP. IPv6's
 * header is 20 bytes longer. A link counts a packet that the card will cut up as one,
 * with one header: so does this. */
#define TCP_HEADERS_BYTES 66
#define UDP_HEADERS_BYTES 42
#define IP6_MORE_BYTES    20

/* What a segment that is sent again carries, at most: Ethernet's 1500 less headers. */
#define SEGMENT_BYTES 1448

#define DATAGRAM_BYTES_MAX  65507 /* what one can carry over IPv4 */
#define DATAGRAM_BYTES_WIRE 1472  /* in one Ethernet frame; longer ones are rare */

/* TCP's headers differ (options, IPv6's extensions): its part of the estimate is good
 * to one part in this many. */
#define TCP_ERROR_SHARE 32

uint64_t mark_move(struct mark *mark, uint64_t now)
{
	uint64_t moved = mark->made && now > mark->at ? now - mark->at : 0;

	if (mark->made && now < mark->at / 2) {
		mark->fell = !mark->fell;
		if (mark->fell)
			return 0;
		moved = now;
	}
	mark->at = now;
	mark->made = true;
	mark->fell = false;
	return moved;
}

static uint64_t less(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void add(struct signals *s, enum signal signal, uint64_t moved)
{
	s->value[signal] += moved;
	s->present |= 1u << signal;
}

void signals_begin(struct signals *s)
{
	s->present = 0;
}

/* Adds what the link's counter moved by, less what the monitor's own did. */
static void add_link(struct signals *s, enum signal signal, struct mark *link,
		     uint64_t link_now, struct mark *own, uint64_t own_now)
{
	uint64_t moved = mark_move(link, link_now), own_moved = mark_move(own, own_now);

	add(s, signal, less(moved, own_moved));
}

void signals_from_links(struct signals *s, const struct link_sums *flowed,
			const struct own_traffic *own)
{
	add_link(s, SIGNAL_TX_BYTES, &s->link.tx_bytes, flowed->tx_bytes,
		 &s->own.tx_bytes, own->tx_bytes);
	add_link(s, SIGNAL_TX_PACKETS, &s->link.tx_packets, flowed->tx_packets,
		 &s->own.tx_packets, own->tx_packets);
	add_link(s, SIGNAL_RX_BYTES, &s->link.rx_bytes, flowed->rx_bytes,
		 &s->own.rx_bytes, own->rx_bytes);
	add_link(s, SIGNAL_RX_PACKETS, &s->link.rx_packets, flowed->rx_packets,
		 &s->own.rx_packets, own->rx_packets);
}

/* What a counter of /proc/net moved by, 0 while it is not there. */
static uint64_t moved_of(struct mark *mark, const struct protocol_counters *p,
			 enum protocol_counter counter)
{
	return protocol_has(p, counter) ? mark_move(mark, p->value[counter]) : 0;
}

void signals_from_octets(struct signals *s, const struct protocol_counters *p,
			 const struct own_traffic *own)
{
	uint64_t in, out;

	if (!protocol_has(p, IP_OUT_OCTETS) && !protocol_has(p, IP6_OUT_OCTETS))
		return;
	out = moved_of(&s->ip_out, p, IP_OUT_OCTETS) +
	      moved_of(&s->ip6_out, p, IP6_OUT_OCTETS);
	in = moved_of(&s->ip_in, p, IP_IN_OCTETS) +
	     moved_of(&s->ip6_in, p, IP6_IN_OCTETS);
	add(s, SIGNAL_TX_BYTES, less(out, mark_move(&s->own.tx_bytes, own->tx_bytes)));
	add(s, SIGNAL_RX_BYTES, less(in, mark_move(&s->own.rx_bytes, own->rx_bytes)));
}

void signals_volume_anew(struct signals *s)
{
	s->link.tx_bytes.made = s->link.tx_packets.made = false;
	s->link.rx_bytes.made = s->link.rx_packets.made = false;
	s->ip_in.made = s->ip_out.made = false;
	s->ip6_in.made = s->ip6_out.made = false;
}

void signals_from_sockets(struct signals *s, const struct collect_totals *totals,
			  uint64_t tcp_tx_packets, const struct protocol_counters *p,
			  const struct own_traffic *own)
{
	add(s, SIGNAL_TCP_TX_PACKETS,
	    mark_move(&s->tcp.socket_segments, tcp_tx_packets));
	add(s, SIGNAL_TCP_NEW_SOCKETS,
	    mark_move(&s->tcp.socket_opens, totals->tcp_opened));
	s->value[SIGNAL_TCP_TX_BYTES] = totals->tcp_tx_bytes;
	s->value[SIGNAL_TCP_INITIATED_TX_BYTES] = totals->tcp_initiated_tx_bytes;
	s->value[SIGNAL_DESTINATIONS] = totals->destinations;
	s->present |= 1u << SIGNAL_TCP_TX_BYTES | 1u << SIGNAL_TCP_INITIATED_TX_BYTES |
		      1u << SIGNAL_DESTINATIONS;
	moved_of(&s->tcp.snmp_segments, p, TCP_OUT_SEGS);
	moved_of(&s->tcp.snmp_opens, p, TCP_ACTIVE_OPENS);
	mark_move(&s->tcp.own_segments, own->tcp_tx_packets);
}

void signals_from_snmp(struct signals *s, const struct protocol_counters *p,
		       const struct own_traffic *own)
{
	uint64_t own_moved = mark_move(&s->tcp.own_segments, own->tcp_tx_packets);

	/* When sockets work again, what they have seen meanwhile is counted already. */
	s->tcp.socket_segments.made = false;
	s->tcp.socket_opens.made = false;
	if (protocol_has(p, TCP_OUT_SEGS))
		add(s, SIGNAL_TCP_TX_PACKETS,
		    less(moved_of(&s->tcp.snmp_segments, p, TCP_OUT_SEGS), own_moved));
	if (protocol_has(p, TCP_ACTIVE_OPENS))
		add(s, SIGNAL_TCP_NEW_SOCKETS,
		    moved_of(&s->tcp.snmp_opens, p, TCP_ACTIVE_OPENS));
}

void signals_from_table(struct signals *s, const struct collect_totals *totals,
			const struct protocol_counters *p)
{
	s->value[SIGNAL_DESTINATIONS] = totals->destinations;
	s->present |= 1u << SIGNAL_DESTINATIONS;
	if (!protocol_has(p, TCP_ACTIVE_OPENS))
		add(s, SIGNAL_TCP_NEW_SOCKETS,
		    mark_move(&s->tcp.socket_opens, totals->tcp_opened));
}

/* The two kinds of UDP are one here. */
static uint64_t sum_of(const struct protocol_counters *p, enum protocol_counter udp,
		       enum protocol_counter udplite)
{
	return p->value[udp] + (protocol_has(p, udplite) ? p->value[udplite] : 0);
}

void signals_udp_packets(struct signals *s, const struct protocol_counters *p,
			 uint64_t link_packets, uint64_t loopback_packets)
{
	uint64_t left = mark_move(&s->udp.link_packets, link_packets);
	uint64_t stayed = mark_move(&s->udp.loopback_packets, loopback_packets);
	uint64_t datagrams = 0;

	if (protocol_has(p, UDP_OUT_DATAGRAMS))
		datagrams = mark_move(&s->udp.datagrams, sum_of(p, UDP_OUT_DATAGRAMS,
								UDPLITE_OUT_DATAGRAMS));
	if (protocol_has(p, UDP6_OUT_DATAGRAMS))
		datagrams +=
		    mark_move(&s->udp.datagrams6,
			      sum_of(p, UDP6_OUT_DATAGRAMS, UDPLITE6_OUT_DATAGRAMS));
	/* Datagrams that went between the two readings were on their links the last
	 * time; never more than then went by there. */
	uint64_t packets = left + s->udp.spare_packets;
	if (stayed > 0)
		datagrams = least(datagrams, packets);
	s->udp.spare_packets = least(less(packets, datagrams), left);
	if (protocol_has(p, UDP_OUT_DATAGRAMS))
		add(s, SIGNAL_UDP_TX_PACKETS, datagrams);
}

/* What the links sent that is neither TCP nor header. Below 0 where TCP's bytes ran
 * ahead of the links'. */
static int64_t not_tcp(const struct udp_span *span)
{
	uint64_t datagrams = least(span->datagrams, span->link_packets);
	uint64_t again = least(span->tcp_retransmitted * SEGMENT_BYTES,
			       span->tcp_bytes / (TCP_ERROR_SHARE / 4));
	uint64_t headers = UDP_HEADERS_BYTES * datagrams +
			   TCP_HEADERS_BYTES * (span->link_packets - datagrams) +
			   IP6_MORE_BYTES * least(span->packets6, span->link_packets);

	return (int64_t)(span->link_bytes - span->tcp_bytes - again - headers);
}

static int64_t within(int64_t value, int64_t from, int64_t to)
{
	return value < from ? from : value > to ? to : value;
}

/* How good it is: exact for UDP alone over Ethernet. Beside TCP it is off by what TCP's
 * headers differ from the usual and by packets that are neither TCP nor UDP. What TCP's
 * counters tell too early (they are read a moment later than the links') or too late (a
 * connection's end is told a moment after it) is wrong in one span and taken back in
 * the next: that is what `carry` is for. So what would make the datagrams longer than a
 * frame is told only if it is still there in the next span, and stands out from TCP's
 * error: an application may let the card cut datagrams up, but it is rare. Links
 * without Ethernet headers make it 14 bytes a packet low. */
uint64_t udp_bytes_estimate(const struct udp_span *span, int64_t *carry)
{
	int64_t error = (int64_t)(span->tcp_bytes / TCP_ERROR_SHARE);
	int64_t sure = (int64_t)span->datagrams * DATAGRAM_BYTES_WIRE;
	int64_t doubtful = (int64_t)span->datagrams * DATAGRAM_BYTES_MAX - sure;
	int64_t bytes = not_tcp(span) + *carry;
	int64_t confirmed = *carry > 0 && bytes > error ? *carry : 0;
	int64_t told = within(bytes, 0, sure + confirmed);

	*carry = within(bytes - told, -(told > error ? told : error),
			doubtful > error ? doubtful : error);
	return (uint64_t)told;
}

void signals_udp_bytes(struct signals *s, const struct protocol_counters *p,
		       const uint64_t *tcp_tx_bytes,
		       const struct link_sums *until_sockets)
{
	const uint32_t needed = 1u << SIGNAL_TX_BYTES | 1u << SIGNAL_TX_PACKETS |
				1u << SIGNAL_UDP_TX_PACKETS;
	struct udp_span span;
	bool tcp_known;

	if ((s->present & needed) != needed)
		return;
	span.link_bytes = mark_move(&s->udp.span_bytes, s->value[SIGNAL_TX_BYTES] +
							    until_sockets->tx_bytes);
	span.link_packets =
	    mark_move(&s->udp.span_packets,
		      s->value[SIGNAL_TX_PACKETS] + until_sockets->tx_packets);
	span.packets6 = moved_of(&s->udp.span_packets6, p, IP6_OUT_REQUESTS);
	span.tcp_retransmitted =
	    moved_of(&s->udp.span_retransmitted, p, TCP_RETRANS_SEGS);
	span.datagrams =
	    mark_move(&s->udp.span_datagrams, s->value[SIGNAL_UDP_TX_PACKETS]);
	tcp_known = tcp_tx_bytes && s->udp.span_tcp.made;
	span.tcp_bytes = tcp_tx_bytes ? mark_move(&s->udp.span_tcp, *tcp_tx_bytes) : 0;
	s->udp.span_tcp.made = tcp_tx_bytes != NULL;
	if (!tcp_known)
		s->udp.carry = 0;
	if (!tcp_known && span.datagrams < span.link_packets - span.link_packets / 10)
		return;
	add(s, SIGNAL_UDP_TX_BYTES, udp_bytes_estimate(&span, &s->udp.carry));
}
