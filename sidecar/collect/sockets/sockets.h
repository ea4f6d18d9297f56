/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.h - TCP and UDP sockets: bytes per connection until its end, who opened it,
 * its remote end, the container that owns it.
 *
 * Private to collect/. Two sources: dumps (sock_diag; COLLECTOR_SOCKETS) list the open
 * sockets, the destroy groups (COLLECTOR_SOCKET_EVENTS) give the final counters of each
 * connection when it ends. A source that the kernel refuses is retried every five
 * minutes.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKETS_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dormouse/collect.h"

struct address_set;
struct known_peers;
struct sockets;

/* Opens both sources and makes the first scan: traffic is counted from then on. A
 * refused source is not an error: see sockets_ok(). Fails only on allocation failure or
 * without file descriptors. Reserves all memory here. `event_buffer_bytes` is the
 * receive buffer to request, 0 for the default; tests set it small. */
struct sockets *sockets_open(const struct collect_options *options,
			     unsigned event_buffer_bytes, struct error *err);
void sockets_close(struct sockets *s);

/* An epoll descriptor, readable when connections have ended; then call
 * sockets_process_events(). It stays the same for the life of `s`, even if a source is
 * refused. */
int sockets_event_fd(const struct sockets *s);
void sockets_process_events(struct sockets *s);

/* Notes the current ActiveOpens of /proc/net/snmp (since boot). Call it right before
 * each sockets_scan(): opens that it counts and that were not seen for a second
 * (destroy messages were lost, a socket was connected again) are added to the
 * connections opened. If the kernel refuses both sources it is the only count, loopback
 * included. Without this call no unseen opens are added. */
void sockets_note_active_opens(struct sockets *s, uint64_t active_opens);

/* The addresses of this namespace, owned by s. Update them before sockets_scan()
 * whenever they may have changed. Connections between two of them count as loopback. */
struct address_set *sockets_own_addresses(struct sockets *s);

/* As collector_own_socket(). */
void sockets_own(struct sockets *s, int fd, bool closing);

/* The traffic of the monitor's own sockets so far. Owned by s. */
const struct own_traffic *sockets_own_traffic(struct sockets *s);

/* Reads the pending events, dumps every socket, and updates totals, flows and
 * containers. `time` is in Unix seconds and does not go back (if it does, the time of
 * the scan before is used). Returns whether the dump worked. Partial data (totals'
 * dumps_interrupted) is success, and so is /proc/net/tcp if sock_diag never worked:
 * then there are no bytes and sockets_ok() is false. Does not allocate. */
bool sockets_scan(struct sockets *s, double time);

/* Fills the members of `totals` that sockets provide: all but udp_tx_*, links_untracked
 * and those of the links. It adds to dumps_interrupted and receive_buffers_grown. */
void sockets_totals(const struct sockets *s, struct collect_totals *totals);

/* TCP segments sent, cumulative, without loopback and own traffic:
 * SIGNAL_TCP_TX_PACKETS. */
uint64_t sockets_tcp_tx_packets(const struct sockets *s);

/* Retransmitted TCP payload, cumulative, without loopback and own traffic. */
uint64_t sockets_tcp_tx_again(const struct sockets *s);

/* Whether more connections were opened than seen, and the missing ones may still be
 * seen: a reason for another scan. */
bool sockets_opens_doubted(const struct sockets *s);

/* Whether the last scan missed connections whose ends are not reported yet: what these
 * sent last is not in the totals. */
bool sockets_reports_late(const struct sockets *s);

/* The connections opened that were seen, counted as the kernel's ActiveOpens: loopback
 * and own included. */
uint64_t sockets_opens_seen(const struct sockets *s);

/* Attempts to connect that ended without a connection, as the destroyed sockets show.
 */
struct failed_attempts {
	uint64_t others, loopback;
};
struct failed_attempts sockets_failed_attempts(const struct sockets *s);

/* As collector_seen_addresses(). Restoring returns false if the block cannot be used:
 * then addresses are learnt and none counts as new until sockets_seen_known(). */
const void *sockets_seen_addresses(const struct sockets *s, size_t *bytes);
bool sockets_restore_seen_addresses(struct sockets *s, const void *block, size_t bytes);
void sockets_seen_known(struct sockets *s);

/* The known peers; see known_peers.h. Owned by s. */
struct known_peers *sockets_peers(struct sockets *s);

/* Whether that source (COLLECTOR_SOCKETS or COLLECTOR_SOCKET_EVENTS) worked at its last
 * use, and the reason if it failed ("" if it works). Owned by s. */
bool sockets_ok(const struct sockets *s, enum collector_source source);
const char *sockets_failure(const struct sockets *s, enum collector_source source);

/* As the spans of collector_traffic() and collector_moved_since(), and as
 * collector_containers(). */
const struct flow *sockets_flows(const struct sockets *s, size_t *count);
size_t sockets_flows_since(const struct sockets *s, double since, double seen_until,
			   struct flow *flows, size_t max);

/* The same of what the pod sent to destinations that are not allowed; and whether some
 * of that waits for the next scan. */
const struct flow *sockets_outside(const struct sockets *s, size_t *count);
size_t sockets_outside_since(const struct sockets *s, double since, double seen_until,
			     struct flow *flows, size_t max);
bool sockets_outside_waits(const struct sockets *s);

const struct container_counters *sockets_containers(const struct sockets *s,
						    size_t *count);

#endif
