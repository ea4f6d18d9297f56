/* SPDX-License-Identifier: Apache-2.0 */
/* collect.h - what the kernel says about this network namespace's traffic.
 *
 * One collector reads three sources: the counters of each link (rtnetlink), the
 * protocol counters (/proc/net/snmp, snmp6, netstat) and the TCP and UDP sockets
 * (sock_diag, with the destroy groups for connections that end between two looks). None
 * needs a capability. A source that the kernel refuses is marked failed and the others
 * go on.
 *
 * Looking at sockets costs the kernel a walk of the machine's whole connection hash, so
 * a sample looks closely only when it has a reason: see struct collect_request. Socket
 * counters are cumulative, so nothing is lost by looking later; a sample without a
 * close look simply lacks the signals that come from sockets.
 */
#ifndef DORMOUSE_COLLECT_H
#define DORMOUSE_COLLECT_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/collect_options.h"
#include "sample.h"

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
	uint8_t container; /* index for collector_containers() */
	uint64_t tx_bytes; /* payload sent; 0 for UDP, whose sockets count nothing */
	uint64_t rx_bytes;
	uint32_t connections; /* that moved bytes, began or, for UDP, lived */
	uint32_t begun;       /* of them, those that began; not told by _since() */
};

/* One container, told apart by the cgroup that owns its sockets. */
struct container_counters {
	char name[32]; /* "cgroup-<id>", "dormouse", "other"; the id is the inode of
			* /sys/fs/cgroup as seen inside that container */
	uint64_t cgroup_id; /* 0 for "other" */
	uint64_t tcp_tx_bytes;
};

enum collector_source {
	COLLECTOR_LINKS,
	COLLECTOR_PROTOCOLS,
	COLLECTOR_SOCKETS,
	COLLECTOR_SOCKET_EVENTS,
	COLLECTOR_SOURCE_COUNT
};

/* "links", "protocols", "sockets", "socket_events". Static. */
const char *collector_source_name(enum collector_source source);

/* What the monitor itself sent and received over links, with headers: a lower bound,
 * which is all that may be taken off the pod's traffic, since what is taken off too
 * much would hide as much of the pod's. See collector_own_socket(). */
struct own_traffic {
	uint64_t tx_bytes, tx_packets;
	uint64_t rx_bytes, rx_packets;
	uint64_t tcp_tx_packets; /* segments, as tcp's own counters have them */
};

/* Counters since the collector was opened, all monotone unless said otherwise. */
struct collect_totals {
	uint64_t tcp_tx_bytes;           /* payload, loopback and own left out */
	uint64_t tcp_initiated_tx_bytes; /* the same, connections the pod opened */
	uint64_t tcp_opened; /* connections the pod opened, not to loopback */
	uint64_t udp_tx_packets;
	uint64_t udp_tx_bytes;
	uint64_t unaccounted_tx_bytes; /* as SIGNAL_UNACCOUNTED_TX_BYTES */
	uint64_t destinations; /* gauge: as SIGNAL_DESTINATIONS, last close look */
	struct own_traffic own;

	uint64_t sockets_tracked;        /* gauge */
	uint64_t sockets_untracked;      /* sockets that found the table full */
	uint64_t destinations_untracked; /* connections to others than are kept */
	uint64_t links_untracked;        /* beyond those shown one by one */
	uint64_t interfaces_matched;     /* gauge: that the list of interfaces means */
	uint64_t socket_events;          /* destroy messages read */
	uint64_t socket_events_lost;     /* dropped by the kernel for want of buffer */
	uint64_t udp_events_lost;        /* the same, of UDP sockets */
	uint64_t dumps;                  /* socket dumps made */
	uint64_t dumps_interrupted;      /* NLM_F_DUMP_INTR thrice: partial data used */
	uint64_t receive_buffers_grown;
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

struct collect_request {
	double time;        /* Unix seconds, goes into the sample */
	bool look_closely;  /* an alert needs evidence, or the pod is being learnt */
	uint64_t hum_bytes; /* sent link bytes since the last sample that are this pod's
			     * everyday; more than that is a reason to look closely */
};

struct collector;

/* Opens every source it can; which failed is in collector_ok() and in
 * collector_complaint(). Fails only when no source at all can be read (or on allocation
 * failure). All memory that it ever needs is reserved here. */
struct collector *collector_open(const struct collect_options *options,
				 struct error *err);
void collector_close(struct collector *c);

/* An epoll descriptor, readable when the kernel has news (links changed, connections
 * ended); then call collector_process(). Owned by the collector. */
int collector_fd(const struct collector *c);
void collector_process(struct collector *c);

/* The socket is the monitor's own, a listener or a connection that it accepted: what it
 * sends is in no signal. To be told when it is made, each time that it has answered,
 * and with `closing` right before it is closed. It is known by its cookie (SO_COOKIE),
 * which no other program's socket can have. */
void collector_own_socket(struct collector *c, int fd, bool closing);

/* Takes a sample. Signals that could not be read, or whose source was not looked at,
 * are absent. Counters in it never fall and never jump by more than flowed: resets,
 * wraps, links that come and go are taken care of. Never fails: with no source left the
 * sample is empty. Does not allocate. */
void collector_sample(struct collector *c, const struct collect_request *request,
		      struct sample *sample);

/* Whether the last look at that source worked. */
bool collector_ok(const struct collector *c, enum collector_source source);

/* Takes the next complaint that was not taken yet (a source that began to fail, or
 * works again; that no interface is watched, or some again), at most one of each.
 * Returns false when there is none. */
bool collector_complaint(struct collector *c, struct error *complaint);

/* Whether the last sample looked closely, so that flows and containers are fresh. */
bool collector_looked_closely(const struct collector *c);

/* All below: valid until the next call that changes the collector; owned by it. */
const struct collect_totals *collector_totals(const struct collector *c);
/* Of the links, the first COLLECT_LINKS_MAX. */
const struct link_counters *collector_links(const struct collector *c, size_t *count);
const struct container_counters *collector_containers(const struct collector *c,
						      size_t *count);

/* What moved between the last two close looks, most bytes first. Of a great many remote
 * ends those that get most are kept; what went to all others may come last, as one flow
 * whose protocol is 0. */
const struct flow *collector_flows(const struct collector *c, size_t *count);

/* What no socket accounts for, between the last two close looks. */
const struct unaccounted *collector_unaccounted(const struct collector *c);

/* What moved since `since` (Unix seconds; the last hour is remembered, in steps of five
 * minutes), most bytes first, at most `max` into `flows`, the rest included if there is
 * any. Returns how many. */
size_t collector_flows_since(const struct collector *c, double since,
			     struct flow *flows, size_t max);

/* What identifies the counters over a restart of the monitor: the network namespace and
 * the machine's boot. */
struct collect_epoch {
	uint64_t netns_inode;
	uint8_t boot_id[16];
	uint64_t
	    link_identity; /* hash of the watched links' indexes, names, addresses */
};
void collector_epoch(const struct collector *c, struct collect_epoch *epoch);

/* The sums of all watched links' raw counters, for comparison over a restart. */
struct link_sums {
	uint64_t tx_bytes, tx_packets, rx_bytes, rx_packets;
};
void collector_link_sums(const struct collector *c, struct link_sums *sums);

#endif
