/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - which addresses count as one network. */
#ifndef DORMOUSE_BASE_ADDRESS_H
#define DORMOUSE_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

/* The first bytes of an address that name its network: a /24 of IPv4 (v4-mapped: 12
 * bytes and three), a /64 of IPv6, of which one host may use every address (RFC 8981).
 */
static inline size_t address_network_bytes(const struct in6_addr *a)
{
	return IN6_IS_ADDR_V4MAPPED(a) ? 15 : 8;
}

static inline bool address_same_network(const struct in6_addr *a,
					const struct in6_addr *b)
{
	return memcmp(a, b, address_network_bytes(a)) == 0;
}

#endif
