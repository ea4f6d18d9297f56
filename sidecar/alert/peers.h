/* SPDX-License-Identifier: Apache-2.0 */
/* peers.h - whether traffic goes to the destinations that an alert named, or elsewhere.
 *
 * Addresses of one network (/24 of IPv4, /64 of IPv6) count as one destination: a
 * service answers from many. An alert with more destinations than it can keep names
 * none: a crawler or a relay always has new ones. */
#ifndef DORMOUSE_ALERT_PEERS_H
#define DORMOUSE_ALERT_PEERS_H

#include "dormouse/alert.h"

/* Less than this is no traffic of interest: handshakes, lookups. */
#define ELSEWHERE_MIN 16384

/* Bytes sent on connections that the pod opened: to anyone, and to destinations that
 * the alert did not name. */
struct peers_sent {
	uint64_t all, elsewhere;
};

/* Adds the traffic of a time span. */
void peers_add(struct peers_sent *sent, const struct alert_evidence *named,
	       const struct traffic_span *span);

/* Whether most of it went elsewhere. */
bool peers_moved(const struct peers_sent *sent);

#endif
