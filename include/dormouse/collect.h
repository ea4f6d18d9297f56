/* SPDX-License-Identifier: Apache-2.0 */
/* collect.h - what the kernel says about this network namespace's traffic.
 *
 * One collector reads three sources: the counters of each link (rtnetlink), the
 * protocol counters (/proc/net/snmp, snmp6, netstat) and the TCP and UDP sockets
 * (sock_diag, with the destroy groups for connections that end between two scans). None
 * needs a capability. A source that the kernel refuses is marked failed and the others
 * go on.
 *
 * Scanning the sockets costs the kernel a walk of the machine's whole connection hash,
 * so a sample scans them only when it has a reason: see struct collect_request. Socket
 * counters are cumulative, so nothing is lost by scanning later; a sample without a
 * scan simply lacks the signals that come from sockets.
 */
#ifndef DORMOUSE_COLLECT_H
#define DORMOUSE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/collect_options.h"
#include "sample.h"
#include "traffic.h"

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
	uint64_t destinations;         /* gauge: as SIGNAL_DESTINATIONS, last scan */
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

struct collect_request {
	double time;       /* Unix seconds, goes into the sample */
	bool scan_sockets; /* an alert needs evidence, or the pod is being learnt */
	/* Sent link bytes since the last sample that are this pod's background; more is
	 * a reason to scan. */
	uint64_t background_bytes;
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

/* Takes a sample. Signals that could not be read, or whose source was not read,
 * are absent. Counters in it never fall and never jump by more than flowed: resets,
 * wraps, links that come and go are taken care of. Never fails: with no source left the
 * sample is empty. Does not allocate. */
void collector_sample(struct collector *c, const struct collect_request *request,
		      struct sample *sample);

/* Whether that source could be read when it was last tried. */
bool collector_ok(const struct collector *c, enum collector_source source);

/* Takes the next complaint that was not taken yet (a source that began to fail, or
 * works again; that no interface is watched, or some again), at most one of each.
 * Returns false when there is none. */
bool collector_complaint(struct collector *c, struct error *complaint);

/* All below: valid until the next call that changes the collector; owned by it. */
const struct collect_totals *collector_totals(const struct collector *c);
/* Of the links, the first COLLECT_LINKS_MAX. */
const struct link_counters *collector_links(const struct collector *c, size_t *count);
const struct container_counters *collector_containers(const struct collector *c,
						      size_t *count);

/* What the last sample showed, as a value for whoever judges it; what it points at is
 * valid until the next call that changes the collector. `moved_since` is left empty:
 * see collector_moved_since(). */
void collector_traffic(struct collector *c, struct traffic_view *view);

/* What moved since `since`, most bytes first, at most `max` flows into `flows`, which
 * *moved then points at; the last is what went to all others, if there is any. The last
 * 16 scans that are no older than an hour are remembered each by itself. What is older
 * is remembered for an hour in steps of five minutes, of which the one that `since`
 * falls in is included whole; unless it may reach back before `seen_until` (Unix
 * seconds, 0: no such bound): then what the scans since the later of the two showed is
 * all. What no socket accounts for is remembered of the last 16 scans. */
void collector_moved_since(const struct collector *c, double since, double seen_until,
			   struct flow *flows, size_t max, struct traffic_span *moved);

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
