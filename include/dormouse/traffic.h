/* SPDX-License-Identifier: Apache-2.0 */
/* traffic.h - the traffic of a sample beyond its signals: links, containers, and the
 * bytes per remote end. These are plain values; a function that receives one may read
 * it only during the call. */
#ifndef DORMOUSE_TRAFFIC_H
#define DORMOUSE_TRAFFIC_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLLECT_LINKS_MAX      32 /* shown one by one; the sums include the others */
#define COLLECT_CONTAINERS_MAX 8  /* one for each cgroup; the rest is "other" */

/* The kernel's counters of one link, since the link was created. */
struct link_counters {
	char name[IF_NAMESIZE];
	int ifindex;
	char kind[16]; /* "veth", "bridge", ... or "" for hardware and unknown */
	int on;        /* index of the watched link that carries its traffic, 0: none */
	bool counted;  /* the signals include it; else they include the link below */
	uint64_t rx_bytes, tx_bytes;
	uint64_t rx_packets, tx_packets;
	uint64_t rx_errors, tx_errors;
	uint64_t rx_dropped, tx_dropped;
};

enum flow_direction { FLOW_OPENED, FLOW_ACCEPTED, FLOW_UNKNOWN };

/* The traffic of one remote end. IPv4 addresses are v4-mapped. */
struct flow {
	struct in6_addr address; /* the remote address */
	uint16_t port;           /* host order; the pod's own port if it accepted the
				  * connection, else the remote port */
	uint8_t protocol;        /* IPPROTO_TCP or _UDP; 0: the sum of the others */
	uint8_t direction;       /* enum flow_direction */
	uint8_t container;       /* index of the containers */
	uint64_t tx_bytes;       /* payload sent; 0 for UDP: no counters */
	uint64_t rx_bytes;
	uint32_t connections; /* active or new connections; UDP: existing ones */
	uint32_t begun; /* of those, the new ones; unknown for five-minute steps */
};

/* A remote end that the pod is known to exchange traffic with. Its times are those of
 * socket scans, which are at most a minute apart. */
struct known_peer {
	struct in6_addr address;        /* as in struct flow */
	uint64_t tx_bytes, rx_bytes;    /* payload; 0 for UDP: no counters */
	uint64_t connections;           /* begun while the monitor watched */
	uint32_t first_seen, last_seen; /* Unix seconds */
	uint32_t minutes;               /* minutes in which it was used */
	uint16_t port;                  /* as in struct flow */
	uint8_t protocol;               /* IPPROTO_TCP or _UDP */
	uint8_t direction;              /* enum flow_direction */
	uint16_t containers; /* bits, 1 << index of the containers: those that used it
			      * since the monitor's start */
	bool is_new;         /* first seen in the last day, and not in the first hour
			      * in which peers were noted */
};

/* A network that the pod opens connections to, with the port there. IPv4: the address
 * itself, or its /24 if the pod used several of it. IPv6: the /64. */
struct peer_prefix {
	uint8_t family;      /* AF_INET or AF_INET6 */
	uint8_t address[16]; /* network order; IPv4 in the first four; the bits beyond
			      * the prefix are 0 */
	uint8_t length;      /* bits: 24 or 32, 64 */
	uint8_t protocol;    /* IPPROTO_TCP or _UDP */
	uint16_t port;       /* host order */
	uint64_t bytes;      /* payload sent; 0 for UDP: no counters */
	uint64_t connections;
};

/* One container, identified by the cgroup that owns its sockets. */
struct container_counters {
	char name[32]; /* "cgroup-<id>", "dormouse", "other"; the id is the inode of
			* /sys/fs/cgroup as seen inside that container */
	uint64_t cgroup_id; /* 0 for "other" */
	uint64_t tcp_tx_bytes;
};

/* Possible sources of bytes that no socket accounts for, from the kernel's own
 * counters. */
enum unaccounted_source {
	UNACCOUNTED_ICMP,      /* messages: pings, and any payload in them */
	UNACCOUNTED_FORWARDED, /* packets that the kernel forwarded */
	UNACCOUNTED_RESETS,    /* connections that were reset: their bytes are lost */
	UNACCOUNTED_NOT_IP,    /* packets not sent by IP: packet sockets, ARP */
	UNACCOUNTED_SOURCE_COUNT
};

/* Traffic in a span of time that no socket accounts for. */
struct unaccounted {
	uint64_t bytes; /* as SIGNAL_UNACCOUNTED_TX_BYTES */
	uint64_t packets[UNACCOUNTED_SOURCE_COUNT];
};

/* The traffic in a span of time, most bytes first. If there are too many remote ends,
 * those with the most bytes are listed; the last flow, with protocol 0, is then the sum
 * of all others. */
struct traffic_span {
	const struct flow *flows;
	size_t flow_count;
	struct unaccounted unaccounted;
};

/* The traffic of one sample. */
struct traffic_view {
	bool scanned;             /* the sample scanned the sockets: `scan` is filled */
	struct traffic_span scan; /* between the last two scans; empty if not scanned */
	const struct link_counters *links;
	size_t link_count;
	const struct container_counters *containers;
	size_t container_count;
	/* For each verdict on the sample, in the same order, the traffic since the time
	 * that alert_store_lacks() returns; empty where it returns none. NULL: not
	 * known. */
	const struct traffic_span *moved_since;
};

#endif
