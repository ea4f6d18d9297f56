/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c - adds up the signals. */
#include "signals.h"

#include <string.h>

uint64_t counter_moved(struct counter_base *base, uint64_t now)
{
	uint64_t moved = base->is_set && now > base->value ? now - base->value : 0;

	if (base->is_set && now < base->value / 2) {
		base->fell = !base->fell;
		if (base->fell)
			return 0;
		moved = now;
	}
	base->value = now;
	base->is_set = true;
	base->fell = false;
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

/* Adds the increment of the link's counter, less the monitor's own. */
static void add_link(struct signals *s, enum signal signal, struct counter_base *link,
		     uint64_t link_now, struct counter_base *own, uint64_t own_now)
{
	uint64_t moved = counter_moved(link, link_now),
		 own_moved = counter_moved(own, own_now);

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

/* The increment of a counter of /proc/net, 0 if it is absent. */
static uint64_t moved_of(struct counter_base *base, const struct protocol_counters *p,
			 enum protocol_counter counter)
{
	return protocol_has(p, counter) ? counter_moved(base, p->value[counter]) : 0;
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
	add(s, SIGNAL_TX_BYTES,
	    less(out, counter_moved(&s->own.tx_bytes, own->tx_bytes)));
	add(s, SIGNAL_RX_BYTES,
	    less(in, counter_moved(&s->own.rx_bytes, own->rx_bytes)));
}

void signals_volume_anew(struct signals *s)
{
	s->link.tx_bytes.is_set = s->link.tx_packets.is_set = false;
	s->link.rx_bytes.is_set = s->link.rx_packets.is_set = false;
	s->ip_in.is_set = s->ip_out.is_set = false;
	s->ip6_in.is_set = s->ip6_out.is_set = false;
}

static void set_destinations(struct signals *s, const struct collect_totals *totals)
{
	s->value[SIGNAL_DESTINATIONS] = totals->destinations;
	s->value[SIGNAL_NEW_DESTINATIONS] = totals->new_destinations;
	s->present |= 1u << SIGNAL_DESTINATIONS | 1u << SIGNAL_NEW_DESTINATIONS;
}

void signals_from_sockets(struct signals *s, const struct collect_totals *totals,
			  uint64_t tcp_tx_packets, const struct protocol_counters *p,
			  const struct own_traffic *own)
{
	add(s, SIGNAL_TCP_TX_PACKETS,
	    counter_moved(&s->tcp.socket_segments, tcp_tx_packets));
	add(s, SIGNAL_TCP_NEW_SOCKETS,
	    counter_moved(&s->tcp.socket_opens, totals->tcp_opened));
	s->value[SIGNAL_TCP_TX_BYTES] = totals->tcp_tx_bytes;
	s->value[SIGNAL_TCP_INITIATED_TX_BYTES] = totals->tcp_initiated_tx_bytes;
	s->present |= 1u << SIGNAL_TCP_TX_BYTES | 1u << SIGNAL_TCP_INITIATED_TX_BYTES;
	set_destinations(s, totals);
	moved_of(&s->tcp.snmp_segments, p, TCP_OUT_SEGS);
	moved_of(&s->tcp.snmp_opens, p, TCP_ACTIVE_OPENS);
	counter_moved(&s->tcp.own_segments, own->tcp_tx_packets);
}

void signals_from_snmp(struct signals *s, const struct protocol_counters *p,
		       const struct own_traffic *own)
{
	uint64_t own_moved = counter_moved(&s->tcp.own_segments, own->tcp_tx_packets);

	/* When sockets work again, what they count for this time is already in the
	 * signal. */
	s->tcp.socket_segments.is_set = false;
	s->tcp.socket_opens.is_set = false;
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
	set_destinations(s, totals);
	if (!protocol_has(p, TCP_ACTIVE_OPENS))
		add(s, SIGNAL_TCP_NEW_SOCKETS,
		    counter_moved(&s->tcp.socket_opens, totals->tcp_opened));
}

/* Returns the attempts that the kernel counted as failed and the sockets did not. The
 * two counters are read one after the other, so for a moment there can be more
 * embryonic resets than attempts. */
static uint64_t unseen_of(uint64_t attempts, uint64_t embryonic,
			  const struct failed_attempts *seen)
{
	return less(less(attempts, embryonic), seen->others + seen->loopback);
}

bool signals_failed_unexplained(const struct signals *s,
				const struct failed_attempts *seen,
				const struct protocol_counters *p)
{
	const struct counter_base *base = &s->failed.attempts;

	if (!protocol_has(p, TCP_ATTEMPT_FAILS) || !base->is_set)
		return false;
	return unseen_of(s->failed.attempts_moved +
			     less(p->value[TCP_ATTEMPT_FAILS], base->value),
			 s->failed.embryonic_moved, seen) > 0;
}

void signals_from_failed(struct signals *s, const struct failed_attempts *seen,
			 const struct protocol_counters *p)
{
	uint64_t *value = &s->value[SIGNAL_TCP_FAILED_CONNECTIONS];

	s->failed.attempts_moved += moved_of(&s->failed.attempts, p, TCP_ATTEMPT_FAILS);
	s->failed.embryonic_moved +=
	    moved_of(&s->failed.embryonic, p, TCP_EMBRYONIC_RESETS);
	uint64_t unseen =
	    unseen_of(s->failed.attempts_moved, s->failed.embryonic_moved, seen);
	uint64_t failed = seen->others + least(unseen, s->failed.unseen);

	s->failed.unseen = unseen;
	*value = failed > *value ? failed : *value;
	s->present |= 1u << SIGNAL_TCP_FAILED_CONNECTIONS;
}

/* The sum of UDP and UDP-Lite. */
static uint64_t sum_of(const struct protocol_counters *p, enum protocol_counter udp,
		       enum protocol_counter udplite)
{
	return p->value[udp] + (protocol_has(p, udplite) ? p->value[udplite] : 0);
}

void signals_udp_packets(struct signals *s, const struct protocol_counters *p,
			 uint64_t link_packets, uint64_t loopback_packets)
{
	uint64_t left = counter_moved(&s->udp.link_packets, link_packets);
	uint64_t stayed = counter_moved(&s->udp.loopback_packets, loopback_packets);
	uint64_t datagrams = 0;

	if (protocol_has(p, UDP_OUT_DATAGRAMS))
		datagrams =
		    counter_moved(&s->udp.datagrams,
				  sum_of(p, UDP_OUT_DATAGRAMS, UDPLITE_OUT_DATAGRAMS));
	if (protocol_has(p, UDP6_OUT_DATAGRAMS))
		datagrams +=
		    counter_moved(&s->udp.datagrams6, sum_of(p, UDP6_OUT_DATAGRAMS,
							     UDPLITE6_OUT_DATAGRAMS));
	/* Datagrams sent between the two readings were on their links at the last
	 * reading, so the limit includes the packets that were spare then. */
	uint64_t packets = left + s->udp.spare_packets;
	if (stayed > 0)
		datagrams = least(datagrams, packets);
	s->udp.spare_packets = least(less(packets, datagrams), left);
	if (protocol_has(p, UDP_OUT_DATAGRAMS))
		add(s, SIGNAL_UDP_TX_PACKETS, datagrams);
}

static void begin_span(struct signals *s)
{
	s->span.udp_carry = 0;
	s->span.balance = (struct sent_balance){0};
}

/* Computes the traffic since the last span and begins the next one. Returns whether
 * TCP's part of it is known. */
static bool take_span(struct signals *s, const struct protocol_counters *p,
		      const struct tcp_payload *tcp,
		      const struct link_sums *until_sockets, struct sent_span *span)
{
	bool tcp_known = tcp && s->span.tcp.is_set;

	span->link_bytes = counter_moved(&s->span.bytes, s->value[SIGNAL_TX_BYTES] +
							     until_sockets->tx_bytes);
	span->link_packets = counter_moved(
	    &s->span.packets, s->value[SIGNAL_TX_PACKETS] + until_sockets->tx_packets);
	span->packets6 = moved_of(&s->span.packets6, p, IP6_OUT_REQUESTS);
	span->tcp_segments =
	    protocol_has(p, TCP_OUT_SEGS)
		? counter_moved(&s->span.segments, p->value[TCP_OUT_SEGS])
		: UINT32_MAX;
	span->tcp_segments += moved_of(&s->span.again, p, TCP_RETRANS_SEGS);
	span->other_packets = moved_of(&s->span.icmp, p, ICMP_OUT_MSGS) +
			      moved_of(&s->span.icmp6, p, ICMP6_OUT_MSGS) +
			      moved_of(&s->span.forwarded, p, IP_FORWARDED) +
			      moved_of(&s->span.forwarded6, p, IP6_FORWARDED);
	span->datagrams =
	    counter_moved(&s->span.datagrams, s->value[SIGNAL_UDP_TX_PACKETS]);
	span->tcp_bytes = tcp ? counter_moved(&s->span.tcp, tcp->bytes) : 0;
	span->tcp_again = tcp ? counter_moved(&s->span.tcp_again, tcp->again) : 0;
	span->reports_late = tcp && tcp->reports_late;
	s->span.tcp.is_set = s->span.tcp_again.is_set = tcp != NULL;
	return tcp_known;
}

void signals_from_span(struct signals *s, const struct protocol_counters *p,
		       const struct tcp_payload *tcp,
		       const struct link_sums *until_sockets, double time)
{
	const uint32_t needed = 1u << SIGNAL_TX_BYTES | 1u << SIGNAL_TX_PACKETS |
				1u << SIGNAL_UDP_TX_PACKETS;
	struct sent_span span;
	uint64_t udp_bytes;
	bool tcp_known;

	if ((s->present & needed) != needed)
		return;
	tcp_known = take_span(s, p, tcp, until_sockets, &span);
	if (!tcp_known)
		begin_span(s);
	if (!tcp_known && span.datagrams < span.link_packets - span.link_packets / 10)
		return;
	udp_bytes = sent_udp_bytes(&span, &s->span.udp_carry);
	if (tcp_known)
		add(s, SIGNAL_UNACCOUNTED_TX_BYTES,
		    sent_unaccounted_bytes(&s->span.balance, &span, &udp_bytes, time));
	add(s, SIGNAL_UDP_TX_BYTES, udp_bytes);
}
