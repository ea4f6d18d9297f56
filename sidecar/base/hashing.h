/* SPDX-License-Identifier: Apache-2.0 */
/* hashing.h - bucket numbers for the tables of sockets and flows. */
#ifndef DORMOUSE_BASE_HASHING_H
#define DORMOUSE_BASE_HASHING_H

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* Ends a chain; as a result: not found. */
#define NO_INDEX UINT32_MAX

/* The finalizer of MurmurHash3 (public domain, Austin Appleby): every input bit affects
 * every output bit. */
static inline uint64_t hash_mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	x ^= x >> 33;
	return x;
}

/* A random `seed` prevents others from choosing addresses that share a bucket. */
static inline uint64_t hash_address(const struct in6_addr *address, uint64_t seed)
{
	uint64_t half[2];
	memcpy(half, address, sizeof(half));
	return hash_mix(hash_mix(half[0] ^ seed) ^ half[1]);
}

/* The smallest power of two that is at least n and at least 16. */
static inline uint32_t hash_buckets(uint32_t n)
{
	uint32_t buckets = 16;
	while (buckets < n)
		buckets *= 2;
	return buckets;
}

#endif
