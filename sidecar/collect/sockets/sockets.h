/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.h - TCP and UDP sockets: bytes per connection to its end, who opened it,
 * where it goes, which container owns it.
 *
 * Private to collect/. Two sources: dumps (sock_diag; COLLECTOR_SOCKETS) say what
 * lives, the destroy groups (COLLECTOR_SOCKET_EVENTS) say what each connection had sent
 * when it ended. A source that the kernel refuses is tried again every five minutes.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKETS_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dormouse/collect.h"

struct address_set;
struct sockets;

/* Opens both sources and takes the first scan: traffic counts from what lives now. A
 * source that the kernel refuses is no failure: see sockets_ok(). Fails only on
 * allocation failure or without descriptors. All memory that it ever needs is reserved
 * here. `event_buffer_bytes` is the receive buffer to ask for, 0 for a sensible one;
 * tests set it small. */
struct sockets *sockets_open(const struct collect_options *options,
			     unsigned event_buffer_bytes, struct error *err);
void sockets_close(struct sockets *s);

/* An epoll descriptor, readable when connections have ended; then call
 * sockets_process_events(). The same for the life of `s`, refused source or not. */
int sockets_event_fd(const struct sockets *s);
void sockets_process_events(struct sockets *s);

/* Notes ActiveOpens of /proc/net/snmp as of now (since boot). Call it right before each
 * sockets_scan(): what it counts and nobody saw for a second (destroy messages were
 * lost, a socket was connected anew) is added to the connections opened; where the
 * kernel refuses both sources it is all there is, loopback included. Without it the
 * number stays unmended. */
void sockets_note_active_opens(struct sockets *s, uint64_t active_opens);

/* The addresses of this namespace, to be filled before sockets_scan() whenever they may
 * have changed; owned by s. Connections between two of them are loopback's. */
struct address_set *sockets_own_addresses(struct sockets *s);

/* As collector_own_socket(). */
void sockets_own(struct sockets *s, int fd, bool closing);

/* What the monitor's own sockets have sent and received until now. Owned by s. */
const struct own_traffic *sockets_own_traffic(struct sockets *s);

/* Drains the events, dumps every socket, and brings totals, flows and
 * containers up to date. `time` is in Unix seconds and does not go back (if it does,
 * the scan counts as made at the time of the one before). Returns whether the dump
 * worked; partial data (totals' dumps_interrupted) is success, and so is /proc/net/tcp,
 * without bytes and with sockets_ok() false, where sock_diag never worked. Does not
 * allocate. */
bool sockets_scan(struct sockets *s, double time);

/* Fills the members of `totals` that sockets know: all but udp_tx_*, links_untracked
 * and those of the links; to dumps_interrupted and receive_buffers_grown it adds. */
void sockets_totals(const struct sockets *s, struct collect_totals *totals);

/* TCP segments sent, cumulative, loopback and own left out: SIGNAL_TCP_TX_PACKETS. */
uint64_t sockets_tcp_tx_packets(const struct sockets *s);

/* TCP payload that was sent once more, cumulative, loopback and own left out. */
uint64_t sockets_tcp_tx_again(const struct sockets *s);

/* Whether more were opened than were seen, and it is not known yet whether the rest are
 * seen a moment later: worth another scan. */
bool sockets_opens_doubted(const struct sockets *s);

/* Connections opened as the kernel's ActiveOpens counts them, loopback and own
 * included, as far as they were seen. */
uint64_t sockets_opens_seen(const struct sockets *s);

/* Whether that source (COLLECTOR_SOCKETS or COLLECTOR_SOCKET_EVENTS) worked when it was
 * last used, and if not, why ("" when it works). Owned by s. */
bool sockets_ok(const struct sockets *s, enum collector_source source);
const char *sockets_failure(const struct sockets *s, enum collector_source source);

/* As the spans of collector_traffic() and collector_moved_since(), and as
 * collector_containers(). */
const struct flow *sockets_flows(const struct sockets *s, size_t *count);
size_t sockets_flows_since(const struct sockets *s, double since, double seen_until,
			   struct flow *flows, size_t max);
const struct container_counters *sockets_containers(const struct sockets *s,
						    size_t *count);

#endif
