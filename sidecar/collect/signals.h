/* SPDX-License-Identifier: Apache-2.0 */
/* signals.h - computes the signals of a sample from the sources. Private to collect/.
 *
 * Pure. Each signal is a counter that only grows, by the increments of its source. When
 * one source fails and another replaces it, the signal continues from its last
 * value.
 */
#ifndef DORMOUSE_COLLECT_SIGNALS_H
#define DORMOUSE_COLLECT_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/protocols/protocols.h"
#include "collect/sockets/sockets.h"
#include "dormouse/collect.h"
#include "dormouse/sample.h"
#include "sent_span.h"

/* A counter's value at its last use. Increments are counted from it. */
struct counter_base {
	uint64_t value;
	bool is_set; /* false: the next use only sets it */
	bool fell;   /* a reading below half of `value` was postponed */
};

/* Returns the increment of the counter since the base, and sets the base to `now`. 0
 * without a base, or if the counter fell. A fall by more than half is postponed until
 * the next reading: if one reading was lost, the counter comes back; after a reset, its
 * whole value is the increment. */
uint64_t counter_moved(struct counter_base *base, uint64_t now);

/* Every signal so far, and the bases of their sources. All zero at first. */
struct signals {
	uint64_t value[SIGNAL_COUNT];
	uint32_t present; /* bit 1u << signal: goes into the next sample */
	struct {
		struct counter_base tx_bytes, tx_packets, rx_bytes, rx_packets;
	} link, own;
	struct counter_base ip_in, ip_out, ip6_in, ip6_out;
	struct {
		struct counter_base snmp_segments, own_segments, socket_segments;
		struct counter_base snmp_opens, socket_opens;
	} tcp;
	struct {
		struct counter_base attempts, embryonic;
		uint64_t attempts_moved, embryonic_moved; /* since the start */
		uint64_t unseen; /* by the sockets, at the last sample */
	} failed;
	struct {
		struct counter_base datagrams, datagrams6, link_packets,
		    loopback_packets;
		uint64_t spare_packets; /* on links last time, without the datagrams */
	} udp;
	/* Since the last socket scan. */
	struct {
		struct counter_base bytes, packets, packets6, tcp, tcp_again;
		struct counter_base segments, again, icmp, icmp6, forwarded, forwarded6;
		struct counter_base datagrams;
		int64_t udp_carry;
		struct sent_balance balance;
	} span;
};

/* Begins a sample: no signal is present. */
void signals_begin(struct signals *s);

/* Sets the four link signals: the traffic of the watched links (link_table.h) less the
 * monitor's own, not below 0. `own` is an estimate and may be a little high; what this
 * hides in an interval, the signals of TCP and UDP show. */
void signals_from_links(struct signals *s, const struct link_sums *flowed,
			const struct own_traffic *own);

/* Sets tx_bytes and rx_bytes if links cannot be read at all: from the octets of IP,
 * which include loopback. */
void signals_from_octets(struct signals *s, const struct protocol_counters *p,
			 const struct own_traffic *own);

/* Call it when the source changes between links and octets: the other source has
 * already counted the time between, so the next use only sets the bases. */
void signals_volume_anew(struct signals *s);

/* Sets the TCP signals and both signals of destinations from sockets that were just
 * scanned. It also sets the bases of the snmp counters, which replace the sockets if
 * they fail. */
void signals_from_sockets(struct signals *s, const struct collect_totals *totals,
			  uint64_t tcp_tx_packets, const struct protocol_counters *p,
			  const struct own_traffic *own);

/* Sets tcp_tx_packets and tcp_new_sockets if sockets cannot be read: from snmp, which
 * includes loopback and does not count bytes. */
void signals_from_snmp(struct signals *s, const struct protocol_counters *p,
		       const struct own_traffic *own);

/* Sets tcp_failed_connections. Its source is the sockets that ended without ever having
 * had a connection: their addresses tell loopback, and attempts that the pod gave up
 * are among them. The kernel's own count, AttemptFails less EmbryonicRsts (see
 * protocols.h), adds those that no socket showed for two samples: events were lost or
 * refused, or one socket tried several times. Loopback is in it, so what the sockets
 * show of that is subtracted.
 *
 * The two counts share an unknown part: the true number is at least the larger and at
 * most their sum. The signal is the larger one, a lower bound and at least half of the
 * true number. Without socket events loopback is included, without EmbryonicRsts
 * (gVisor) also the connections that clients reset half-open. */
void signals_from_failed(struct signals *s, const struct failed_attempts *seen,
			 const struct protocol_counters *p);

/* Whether AttemptFails shows more than the sockets and the last EmbryonicRsts do. */
bool signals_failed_unexplained(const struct signals *s,
				const struct failed_attempts *seen,
				const struct protocol_counters *p);

/* Sets both signals of destinations, and tcp_new_sockets if snmp has no such counter,
 * from a table of sockets without bytes (proc_tcp.h). */
void signals_from_table(struct signals *s, const struct collect_totals *totals,
			const struct protocol_counters *p);

/* Sets udp_tx_packets, with UDP-Lite. `link_packets` and `loopback_packets` are the
 * links' raw sums: if there was traffic over loopback, the signal grows by at most the
 * number of packets that left. */
void signals_udp_packets(struct signals *s, const struct protocol_counters *p,
			 uint64_t link_packets, uint64_t loopback_packets);

/* The payload that TCP sockets have sent so far. */
struct tcp_payload {
	uint64_t bytes, again; /* each byte once; retransmitted bytes */
	bool reports_late;     /* some of it is known to be missing */
};

/* Sets udp_tx_bytes and unaccounted_tx_bytes since the last socket scan, for which the
 * kernel has no counters. Call it at socket scans after all the others. `tcp` is NULL
 * if it is not known; then UDP is estimated only while nearly all packets are
 * datagrams, and unaccounted_tx_bytes is absent. `until_sockets` is the traffic of the
 * links between their reading and the sockets'. */
void signals_from_span(struct signals *s, const struct protocol_counters *p,
		       const struct tcp_payload *tcp,
		       const struct link_sums *until_sockets, double time);

#endif
