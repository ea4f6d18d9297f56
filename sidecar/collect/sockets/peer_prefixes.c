/* SPDX-License-Identifier: Apache-2.0 */
/* peer_prefixes.c - the known peers that the pod chose, as networks with ports. */
#include <string.h>

#include "known_peers.h"

/* So many addresses of one /24, with the same port, are listed one by one: a service
 * with more may use any of its network. */
#define EXACT_MAX 2

/* Bits of a v4-mapped address before the IPv4 address. */
#define V4_MAPPED 96

/* A network with its peers. The address is v4-mapped, the bits beyond the prefix 0. */
struct network {
	struct in6_addr address;
	uint8_t bits, protocol;
	uint16_t port;
	uint64_t bytes, connections, minutes;
};

static struct in6_addr masked(const struct in6_addr *address, unsigned bits)
{
	struct in6_addr network = *address;

	memset(&network.s6_addr[bits / 8], 0, sizeof(network) - bits / 8);
	return network;
}

static unsigned network_bits(const struct in6_addr *address)
{
	return IN6_IS_ADDR_V4MAPPED(address) ? V4_MAPPED + 24 : 64;
}

static bool is_listed(const struct known_peer *p)
{
	return p->first_seen > 0 && p->direction == FLOW_OPENED;
}

/* How many addresses of that peer's network have the same port. */
static unsigned neighbours(const struct known_peers *k, const struct known_peer *p)
{
	const unsigned bits = network_bits(&p->address);
	unsigned count = 0;

	for (unsigned i = 0; i < PEERS_CHOSEN; i++) {
		const struct known_peer *other = &k->kept.places[i].peer;
		count += is_listed(other) && other->port == p->port &&
			 other->protocol == p->protocol &&
			 memcmp(&other->address, &p->address, bits / 8) == 0;
	}
	return count;
}

static struct network network_of(const struct known_peers *k,
				 const struct known_peer *p)
{
	unsigned bits = network_bits(&p->address);

	if (IN6_IS_ADDR_V4MAPPED(&p->address) && neighbours(k, p) <= EXACT_MAX)
		bits = 128;
	struct network n = {.bits = (uint8_t)bits,
			    .protocol = p->protocol,
			    .port = p->port,
			    .bytes = p->tx_bytes,
			    .connections = p->connections,
			    .minutes = p->minutes};
	n.address = bits < 128 ? masked(&p->address, bits) : p->address;
	return n;
}

static size_t add_network(struct network *all, size_t count, const struct network *n)
{
	for (size_t i = 0; i < count; i++) {
		struct network *same = &all[i];
		if (same->bits != n->bits || same->port != n->port ||
		    same->protocol != n->protocol ||
		    !IN6_ARE_ADDR_EQUAL(&same->address, &n->address))
			continue;
		same->bytes += n->bytes;
		same->connections += n->connections;
		same->minutes += n->minutes;
		return count;
	}
	all[count] = *n;
	return count + 1;
}

/* Minutes first: a UDP socket counts no bytes. */
static bool is_used_more(const struct network *a, const struct network *b)
{
	if (a->minutes != b->minutes)
		return a->minutes > b->minutes;
	return a->bytes != b->bytes ? a->bytes > b->bytes
				    : a->connections > b->connections;
}

static struct peer_prefix prefix_of(const struct network *n)
{
	const bool v4 = IN6_IS_ADDR_V4MAPPED(&n->address);
	struct peer_prefix prefix = {.family = v4 ? AF_INET : AF_INET6,
				     .length =
					 (uint8_t)(v4 ? n->bits - V4_MAPPED : n->bits),
				     .protocol = n->protocol,
				     .port = n->port,
				     .bytes = n->bytes,
				     .connections = n->connections};

	memcpy(prefix.address, &n->address.s6_addr[v4 ? 12 : 0], v4 ? 4 : 16);
	return prefix;
}

size_t known_peers_prefixes(const struct known_peers *k, struct peer_prefix *out,
			    size_t max)
{
	struct network all[PEERS_CHOSEN];
	size_t count = 0, given = 0;

	for (unsigned i = 0; i < PEERS_CHOSEN; i++) {
		const struct known_peer *p = &k->kept.places[i].peer;
		if (!is_listed(p))
			continue;
		const struct network n = network_of(k, p);
		count = add_network(all, count, &n);
	}
	for (; given < max && given < count; given++) {
		size_t most = given;
		for (size_t i = given + 1; i < count; i++)
			if (is_used_more(&all[i], &all[most]))
				most = i;
		out[given] = prefix_of(&all[most]);
		all[most] = all[given];
	}
	return given;
}
