/* SPDX-License-Identifier: Apache-2.0 */
/* collect.h - reads the kernel's counters of this network namespace's traffic.
 *
 * One collector reads three sources: the counters of each link (rtnetlink), the
 * protocol counters (/proc/net/snmp, snmp6, netstat) and the TCP and UDP sockets
 * (sock_diag, with the destroy groups for connections that end between two scans). None
 * needs a capability. A source that the kernel refuses is marked failed and the others
 * continue.
 *
 * A socket scan makes the kernel walk the connection hash of the whole machine, so a
 * sample scans the sockets only for a reason: see struct collect_request. Socket
 * counters are cumulative, so a later scan loses nothing; a sample without a scan only
 * lacks the signals that come from sockets.
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

/* The monitor's own traffic over links, headers included. It is a lower bound, because
 * it is subtracted from the pod's traffic: an estimate that is too high would hide
 * traffic of the pod. See collector_own_socket(). */
struct own_traffic {
	uint64_t tx_bytes, tx_packets;
	uint64_t rx_bytes, rx_packets;
	uint64_t tcp_tx_packets; /* segments, as TCP's counters count them */
};

/* Counters since the collector was opened. All but the gauges only grow. */
struct collect_totals {
	uint64_t tcp_tx_bytes;           /* payload, without loopback and own traffic */
	uint64_t tcp_initiated_tx_bytes; /* the same, connections the pod opened */
	uint64_t tcp_opened; /* connections the pod opened, not to loopback */
	uint64_t tcp_failed; /* as SIGNAL_TCP_FAILED_CONNECTIONS */
	uint64_t udp_tx_packets;
	uint64_t udp_tx_bytes;
	uint64_t unaccounted_tx_bytes; /* as SIGNAL_UNACCOUNTED_TX_BYTES */
	uint64_t destinations;         /* gauge: as SIGNAL_DESTINATIONS, last scan */
	uint64_t new_destinations;     /* as SIGNAL_NEW_DESTINATIONS */
	struct own_traffic own;

	uint64_t sockets_tracked;        /* gauge */
	uint64_t sockets_untracked;      /* sockets not tracked: the table was full */
	uint64_t destinations_untracked; /* connections whose flow was not kept */
	uint64_t links_untracked;        /* links not shown one by one */
	uint64_t interfaces_matched;     /* gauge: interfaces that the list matches */
	uint64_t socket_events;          /* destroy messages read */
	uint64_t socket_events_lost;     /* dropped: receive buffer full */
	uint64_t udp_events_lost;        /* the same for UDP sockets */
	uint64_t dumps;                  /* socket dumps made */
	uint64_t dumps_interrupted;      /* NLM_F_DUMP_INTR 3 times: partial data
					  * used */
	uint64_t receive_buffers_grown;
};

struct collect_request {
	double time;       /* Unix seconds, goes into the sample */
	bool scan_sockets; /* an alert needs evidence, or learning is active */
	/* Link bytes sent since the last sample that are normal for this pod; more than
	 * this is a reason to scan. */
	uint64_t background_bytes;
};

struct collector;

/* Opens every source that it can; collector_ok() and collector_complaint() give those
 * that failed. Fails only when no source can be read, or on allocation failure.
 * Reserves all memory here. */
struct collector *collector_open(const struct collect_options *options,
				 struct error *err);
void collector_close(struct collector *c);

/* An epoll descriptor, readable when links changed or connections ended; then call
 * collector_process(). Owned by the collector. */
int collector_fd(const struct collector *c);
void collector_process(struct collector *c);

/* Notes a socket of the monitor itself, a listener or a connection that it accepted:
 * its traffic is in no signal. Call it when the socket is created, after each answer,
 * and with `closing` right before the close. The socket is identified by its cookie
 * (SO_COOKIE), which no other program's socket can have. */
void collector_own_socket(struct collector *c, int fd, bool closing);

/* Takes a sample. Signals that could not be read, or whose source was not read, are
 * absent. Its counters never fall and never grow by more than was sent or received:
 * resets, wraps, and links that come and go are handled. Never fails: without any
 * source the sample is empty. Does not allocate. */
void collector_sample(struct collector *c, const struct collect_request *request,
		      struct sample *sample);

/* Whether the last attempt to read that source succeeded. */
bool collector_ok(const struct collector *c, enum collector_source source);

/* Takes the next unread complaint, at most one of each kind: a source fails or works
 * again; no interface is watched, or one is again. Returns false when there is none. */
bool collector_complaint(struct collector *c, struct error *complaint);

/* The pointers below are valid until the next call that changes the collector, which
 * owns them. */
const struct collect_totals *collector_totals(const struct collector *c);
/* The first COLLECT_LINKS_MAX links. */
const struct link_counters *collector_links(const struct collector *c, size_t *count);
const struct container_counters *collector_containers(const struct collector *c,
						      size_t *count);

/* Fills *view with the traffic of the last sample. Its pointers are valid until the
 * next call that changes the collector. `moved_since` stays empty: see
 * collector_moved_since(). */
void collector_traffic(struct collector *c, struct traffic_view *view);

/* Gives the traffic since `since`, most bytes first, at most `max` flows. They are
 * written to `flows`, which *moved then points at; the last one is the sum of all
 * others, if there are any. Each of the last 16 scans is kept separately for up to an
 * hour. Older traffic is kept for an hour in steps of five minutes; the step that
 * contains `since` is included whole. If that step may begin before `seen_until` (Unix
 * seconds, 0: no bound), only the scans since the later of the two times are used.
 * Bytes that no socket accounts for are kept for the last 16 scans. */
void collector_moved_since(const struct collector *c, double since, double seen_until,
			   struct flow *flows, size_t max, struct traffic_span *moved);

#define PEERS_KNOWN_MAX   256
#define PEER_PREFIXES_MAX 64

/* How the known peers came about. */
struct peers_noted {
	double since;       /* Unix seconds; 0: none noted yet */
	uint64_t displaced; /* peers that lost their place, since the monitor's start */
};
struct peers_noted collector_peers_noted(const struct collector *c);

/* Lists the known peers by number, most bytes sent first; returns how many. A number
 * stays with its peer until that loses its place. Then, or if there is no such number,
 * collector_peer() returns false. */
size_t collector_peers(const struct collector *c, uint32_t numbers[PEERS_KNOWN_MAX]);
bool collector_peer(const struct collector *c, uint32_t number,
		    struct known_peer *peer);

/* Gives the networks that the pod opens connections to, of all known peers, the most
 * used first: at most `max`. Returns their number. */
size_t collector_peer_prefixes(const struct collector *c, struct peer_prefix *out,
			       size_t max);

/* The maximum of the block of collector_seen_addresses(), and its layout: "SA", a
 * version. */
#define SEEN_BYTES_MAX (16 * 1024)
#define SEEN_LAYOUT    0x53410001u

/* The addresses that the pod has sent to so far, to be kept across a restart: one flat
 * block of at most SEEN_BYTES_MAX, its layout inside. Owned by the collector, valid
 * until its next call. */
const void *collector_seen_addresses(const struct collector *c, size_t *bytes);

/* Continues with the block of an earlier run of the same pod. `bytes` is 0 if there was
 * a run and it left no block: an address of its time would look new. Then, or if the
 * block is invalid, the addresses of the first hour are learnt without being counted,
 * and SIGNAL_NEW_DESTINATIONS is absent meanwhile. Not called at all: nothing was sent
 * before the start. Call it before the first sample. Does not allocate. Returns whether
 * the block was taken. */
bool collector_restore_seen_addresses(struct collector *c, const void *block,
				      size_t bytes);

/* The maximum of the block of collector_peers_block(), and its layout: "KP", a
 * version. */
#define PEERS_BYTES_MAX (24 * 1024)
#define PEERS_LAYOUT    0x4b500001u

/* The known peers, to be kept across a restart: one flat block of at most
 * PEERS_BYTES_MAX, its layout inside. Owned by the collector, valid until its next
 * call. */
const void *collector_peers_block(const struct collector *c, size_t *bytes);

/* Continues with the block of an earlier run. If it is invalid, no peer is known yet,
 * and it returns false. Call it before the first sample. Does not allocate. */
bool collector_restore_peers(struct collector *c, const void *block, size_t bytes);

/* Identifies the counters across a restart of the monitor: the network namespace and
 * the machine's boot. */
struct collect_epoch {
	uint64_t netns_inode;
	uint8_t boot_id[16];
	uint64_t
	    link_identity; /* hash of the watched links' indexes, names, addresses */
};
/* Returns whether all of it is known: the kernel may be short of descriptors. */
bool collector_epoch(struct collector *c, struct collect_epoch *epoch);

/* The sums of all watched links' raw counters, for comparison after a restart. */
struct link_sums {
	uint64_t tx_bytes, tx_packets, rx_bytes, rx_packets;
};
void collector_link_sums(const struct collector *c, struct link_sums *sums);

#endif
