/* SPDX-License-Identifier: Apache-2.0 */
/* seen_addresses.h - remembers which addresses the pod ever sent to, in fixed memory.
 * Pure.
 *
 * Two Bloom filters (B. Bloom, "Space/time trade-offs in hash coding with allowable
 * errors", 1970). New addresses go into the newer one. When it is full it replaces the
 * older one, so the last SEEN_CAPACITY distinct addresses are always remembered, and up
 * to twice as many. An address that is used again moves to the newer filter: the pod's
 * usual peers are never forgotten.
 *
 * A new address is never remembered as seen too late, but it may be taken for a seen
 * one. With m bits, n addresses and k hashes a full filter does so with probability
 * (1 - e^(-kn/m))^k = (1 - e^(-7 * 4096 / 65280))^7 = 0.00072. There are two filters:
 * at most 0.0015, one in 690.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_SEEN_ADDRESSES_H
#define DORMOUSE_COLLECT_SOCKETS_SEEN_ADDRESSES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

#define SEEN_CAPACITY 4096u /* addresses in a full filter */
#define SEEN_HASHES   7u
#define SEEN_WORDS    1020u
#define SEEN_BITS     (SEEN_WORDS * 64u)

/* One flat block without pointers, kept in the state file as it is. Whoever changes it
 * changes SEEN_LAYOUT. */
struct seen_addresses {
	uint32_t layout;
	uint32_t count; /* addresses in the newer filter, below SEEN_CAPACITY */
	uint64_t seed;  /* prevents others from choosing addresses that look seen */
	uint64_t newer[SEEN_WORDS], older[SEEN_WORDS];
};
_Static_assert(sizeof(struct seen_addresses) <= SEEN_BYTES_MAX, "within the budget");

/* Begins with no address seen. */
void seen_addresses_init(struct seen_addresses *seen, uint64_t seed);

/* Notes that the pod sent to that address. Returns whether it is the first time. Of an
 * IPv6 address only the first 64 bits count: a host may choose the others for each
 * connection (RFC 8981). */
bool seen_addresses_add(struct seen_addresses *seen, const struct in6_addr *address);

/* Continues with a block that was kept. Returns false, and nothing is seen yet, if the
 * block has another version or length, or more bits than its addresses can set. */
bool seen_addresses_restore(struct seen_addresses *seen, const void *block,
			    size_t bytes);

#endif
