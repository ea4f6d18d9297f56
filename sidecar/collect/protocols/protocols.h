/* SPDX-License-Identifier: Apache-2.0 */
/* protocols.h - the protocol counters of this network namespace, from /proc/net.
 * Private to collect/.
 *
 * Each file is read only when needed: snmp is the cheap one. Columns are found by their
 * names: kernels add columns, and a kernel without IPv6 has no snmp6. A missing counter
 * is marked not present; this is not an error.
 */
#ifndef DORMOUSE_COLLECT_PROTOCOLS_PROTOCOLS_H
#define DORMOUSE_COLLECT_PROTOCOLS_PROTOCOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The counters that are read, since boot, loopback included. */
enum protocol_counter {
	TCP_ACTIVE_OPENS, /* connections opened, both address families */
	/* Attempts to connect that failed, both families; and connections to the pod
	 * that the client reset before they were established, which are all of
	 * TCP_EMBRYONIC_RESETS (tcp_done() and tcp_check_req() of the kernel). Not in
	 * it: attempts that the program itself gave up by closing the socket. */
	TCP_ATTEMPT_FAILS,
	TCP_EMBRYONIC_RESETS,
	TCP_OUT_SEGS,     /* segments sent, both address families */
	TCP_RETRANS_SEGS, /* segments sent again; not in TCP_OUT_SEGS */
	TCP_OUT_RSTS,     /* resets in TCP_OUT_SEGS */
	ICMP_OUT_MSGS,    /* IPv4, raw sockets included */
	ICMP6_OUT_MSGS,
	IP_OUT_REQUESTS, /* IPv4 packets sent by this machine */
	IP_FORWARDED,
	IP6_FORWARDED,
	UDP_OUT_DATAGRAMS,     /* IPv4 */
	UDPLITE_OUT_DATAGRAMS, /* IPv4 */
	UDP6_OUT_DATAGRAMS,
	UDPLITE6_OUT_DATAGRAMS,
	IP_IN_OCTETS, /* IPv4, IP headers included */
	IP_OUT_OCTETS,
	IP6_OUT_REQUESTS, /* packets, before the card splits large ones */
	IP6_IN_OCTETS,
	IP6_OUT_OCTETS,
	PROTOCOL_COUNTER_COUNT
};

struct protocol_counters {
	uint32_t present; /* bit 1u << counter */
	uint64_t value[PROTOCOL_COUNTER_COUNT];
};

static inline bool protocol_has(const struct protocol_counters *p,
				enum protocol_counter counter)
{
	return (p->present >> counter) & 1u;
}

/* Parses `text`, in the format of snmp and netstat (pairs of lines, names and values)
 * or of snmp6 (a name and a value on each line), into `counters`, whose other members
 * stay unchanged. A last line without a line end is ignored: it may end within a
 * number. Safe on any bytes. Does not allocate. */
void protocols_parse_pairs(const char *text, size_t length,
			   struct protocol_counters *counters);
void protocols_parse_list(const char *text, size_t length,
			  struct protocol_counters *counters);

struct protocols;

/* Opens the existing files; protocols_read() tries the others again every ten seconds.
 * NULL on allocation failure. */
struct protocols *protocols_open(struct error *err);
void protocols_close(struct protocols *p);

/* Reads snmp: TCP, and UDP over IPv4. Fails if it cannot be read or has no TCP
 * counters. None of the three functions allocates; counters missing in their file are
 * not present afterwards. */
int protocols_read(struct protocols *p, struct error *err);

/* Reads snmp6: UDP over IPv6, octets and packets of IPv6. */
void protocols_read_ip6(struct protocols *p);

/* Reads netstat: octets of IPv4, embryonic resets. */
void protocols_read_netstat(struct protocols *p);

const struct protocol_counters *protocols_counters(const struct protocols *p);

#endif
