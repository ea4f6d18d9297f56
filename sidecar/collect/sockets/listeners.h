/* SPDX-License-Identifier: Apache-2.0 */
/* listeners.h - the listening sockets of this namespace, now and recently.
 *
 * A connection whose local end is a listener's was accepted, not opened.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_LISTENERS_H
#define DORMOUSE_COLLECT_SOCKETS_LISTENERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define LISTENERS_MAX   256
#define LISTENER_CHAINS 64

/* A closed listener still counts for this many scans: a server that stops closes its
 * listener first and its connections after. */
#define LISTENER_SCANS_KEPT 3

struct listener {
	struct in6_addr address; /* all zero: any */
	uint32_t seen;           /* the scan that saw it last */
	uint16_t port;
	uint16_t next;
};

struct listeners {
	struct listener known[LISTENERS_MAX];
	uint16_t heads[LISTENER_CHAINS];
	uint16_t count;
	uint32_t scan; /* the scan's number */
};

void listeners_init(struct listeners *l);

/* Starts a scan: listeners that it does not see grow older. */
void listeners_begin(struct listeners *l);

/* Adds one listening socket, during a scan or between scans. */
void listeners_see(struct listeners *l, const struct in6_addr *address, uint16_t port);

/* Ends a scan that saw every listener, and removes those closed long ago. */
void listeners_end(struct listeners *l);

/* Whether a socket listens, or listened recently, on that address and port. */
bool listeners_match(const struct listeners *l, const struct in6_addr *address,
		     uint16_t port);

#endif
