/* SPDX-License-Identifier: Apache-2.0 */
/* signals.h - from what the sources say to the signals of a sample. Private to
 * collect/.
 *
 * Pure. Each signal is a counter that only grows, added up from what its source moved
 * by, because sources come and go: when one fails and another stands in, the signal
 * goes on from where it was.
 */
#ifndef DORMOUSE_COLLECT_SIGNALS_H
#define DORMOUSE_COLLECT_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/protocols/protocols.h"
#include "dormouse/collect.h"
#include "dormouse/sample.h"
#include "sent_span.h"

/* What a counter showed when it was last used. */
struct mark {
	uint64_t at;
	bool made; /* false: the next use only makes the mark */
	bool fell; /* a reading below half of `at` was put off */
};

/* What the counter moved by since the mark, which moves along. 0 when there was no
 * mark, or the counter fell. A fall by more than half is put off until the next
 * reading: one that was lost comes back, after a reset all that it shows has flowed. */
uint64_t mark_move(struct mark *mark, uint64_t now);

/* Every signal so far, and the marks of their sources. All zero is a new one. */
struct signals {
	uint64_t value[SIGNAL_COUNT];
	uint32_t present; /* bit 1u << signal: goes into the next sample */
	struct {
		struct mark tx_bytes, tx_packets, rx_bytes, rx_packets;
	} link, own;
	struct mark ip_in, ip_out, ip6_in, ip6_out;
	struct {
		struct mark snmp_segments, own_segments, socket_segments;
		struct mark snmp_opens, socket_opens;
	} tcp;
	struct {
		struct mark datagrams, datagrams6, link_packets, loopback_packets;
		uint64_t spare_packets; /* on links last time, beside the datagrams */
	} udp;
	/* Since the last scan of the sockets. */
	struct {
		struct mark bytes, packets, packets6, tcp, tcp_again;
		struct mark segments, again, icmp, icmp6, forwarded, forwarded6;
		struct mark datagrams;
		int64_t udp_carry;
		struct sent_balance balance;
	} span;
};

/* Begins a sample: no signal is present. */
void signals_begin(struct signals *s);

/* The four link signals, from what flowed over the watched links (link_table.h) less
 * the monitor's own traffic, not below 0. `own` is an estimate and may be a little
 * high; what that hides in an interval, the signals of TCP and UDP show. */
void signals_from_links(struct signals *s, const struct link_sums *flowed,
			const struct own_traffic *own);

/* tx_bytes and rx_bytes where links cannot be read at all: from the octets of IP, which
 * have loopback in them. */
void signals_from_octets(struct signals *s, const struct protocol_counters *p,
			 const struct own_traffic *own);

/* Links and octets take turns: what one showed meanwhile the other has told, so that
 * the next use of each only makes marks. */
void signals_volume_anew(struct signals *s);

/* The TCP signals and destinations, from sockets that were just looked at; the counters
 * in snmp are marked for when sockets fail. */
void signals_from_sockets(struct signals *s, const struct collect_totals *totals,
			  uint64_t tcp_tx_packets, const struct protocol_counters *p,
			  const struct own_traffic *own);

/* tcp_tx_packets and tcp_new_sockets where sockets cannot be read: from snmp, which has
 * loopback in it and says nothing of bytes. */
void signals_from_snmp(struct signals *s, const struct protocol_counters *p,
		       const struct own_traffic *own);

/* destinations, and tcp_new_sockets where snmp has no such counter, from a table of
 * sockets without bytes (proc_tcp.h). */
void signals_from_table(struct signals *s, const struct collect_totals *totals,
			const struct protocol_counters *p);

/* udp_tx_packets, with UDP-Lite. `link_packets` and `loopback_packets` are the links'
 * raw sums: where something went over loopback, no more datagrams are taken to have
 * left than packets did. */
void signals_udp_packets(struct signals *s, const struct protocol_counters *p,
			 uint64_t link_packets, uint64_t loopback_packets);

/* What TCP's sockets have sent until now. */
struct tcp_payload {
	uint64_t bytes, again; /* each byte once; those sent once more */
};

/* udp_tx_bytes and unaccounted_tx_bytes since the last scan, for which the kernel
 * has no counters. To be called at scans after all the others. `tcp` is NULL
 * where it is not known; then UDP is estimated only while nearly all packets are
 * datagrams, and what is unaccounted for is not known. `until_sockets` is what the
 * links sent between their reading and the sockets'. */
void signals_from_span(struct signals *s, const struct protocol_counters *p,
		       const struct tcp_payload *tcp,
		       const struct link_sums *until_sockets, double time);

#endif
