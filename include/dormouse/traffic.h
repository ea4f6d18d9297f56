/* SPDX-License-Identifier: Apache-2.0 */
/* traffic.h - what a sample showed of the pod's traffic beyond its signals: links,
 * containers, and who got how much. Values only: whoever is given one may read it
 * during the call. */
#ifndef DORMOUSE_TRAFFIC_H
#define DORMOUSE_TRAFFIC_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLLECT_LINKS_MAX      32 /* shown one by one; more are in the sums */
#define COLLECT_CONTAINERS_MAX 8  /* told apart by cgroup; the rest is "other" */

/* The counters of one link, as the kernel gives them: since the link was made. */
struct link_counters {
	char name[IF_NAMESIZE];
	int ifindex;
	char kind[16]; /* "veth", "bridge", ... or "" for hardware and unknown */
	int on;        /* index of the watched link that carries its traffic, 0: none */
	bool
	    counted; /* its traffic is in the signals; else that of the link below is */
	uint64_t rx_bytes, tx_bytes;
	uint64_t rx_packets, tx_packets;
	uint64_t rx_errors, tx_errors;
	uint64_t rx_dropped, tx_dropped;
};

enum flow_direction { FLOW_OPENED, FLOW_ACCEPTED, FLOW_UNKNOWN };

/* What went to one remote end. IPv4 is kept v4-mapped. */
struct flow {
	struct in6_addr address; /* the remote address */
	uint16_t port;           /* host order; the pod's own port where it accepted the
				  * connection, else the remote port */
	uint8_t protocol;  /* IPPROTO_TCP or IPPROTO_UDP; 0: the rest, see below */
	uint8_t direction; /* enum flow_direction */
	uint8_t container; /* index of the containers */
	uint64_t tx_bytes; /* payload sent; 0 for UDP, whose sockets count nothing */
	uint64_t rx_bytes;
	uint32_t connections; /* that moved bytes, began or, for UDP, lived */
	uint32_t begun; /* of them, those that began; not known over coarse steps */
};

/* One container, told apart by the cgroup that owns its sockets. */
struct container_counters {
	char name[32]; /* "cgroup-<id>", "dormouse", "other"; the id is the inode of
			* /sys/fs/cgroup as seen inside that container */
	uint64_t cgroup_id; /* 0 for "other" */
	uint64_t tcp_tx_bytes;
};

/* What might be behind bytes that no socket accounts for, as the kernel's own counters
 * have it. */
enum unaccounted_source {
	UNACCOUNTED_ICMP,      /* messages: pings, and whatever is carried in them */
	UNACCOUNTED_FORWARDED, /* packets that the kernel passed on */
	UNACCOUNTED_RESETS,    /* connections that were reset: their bytes are lost */
	UNACCOUNTED_NOT_IP,    /* packets that IP did not send: packet sockets, ARP */
	UNACCOUNTED_SOURCE_COUNT
};

/* What no socket accounts for, in some span of time. */
struct unaccounted {
	uint64_t bytes; /* as SIGNAL_UNACCOUNTED_TX_BYTES */
	uint64_t packets[UNACCOUNTED_SOURCE_COUNT];
};

/* What moved in some span of time, most bytes first. Of a great many remote ends those
 * that got most are there; what went to all others may come last, as one flow whose
 * protocol is 0. */
struct traffic_span {
	const struct flow *flows;
	size_t flow_count;
	struct unaccounted unaccounted;
};

/* What one sample showed. */
struct traffic_view {
	bool scanned; /* it scanned the sockets: `scan` holds what the scan found */
	struct traffic_span scan; /* between the last two scans; empty if not scanned */
	const struct link_counters *links;
	size_t link_count;
	const struct container_counters *containers;
	size_t container_count;
	/* For each verdict on the sample, in their order, what moved in the time that
	 * alert_store_lacks() tells; empty where it lacks nothing. NULL: not known. */
	const struct traffic_span *moved_since;
};

#endif
