/* SPDX-License-Identifier: Apache-2.0 */
/* seen_addresses.c - remembers which addresses the pod ever sent to. */
#include "seen_addresses.h"

#include <string.h>

#include "base/hashing.h"

void seen_addresses_init(struct seen_addresses *seen, uint64_t seed)
{
	memset(seen, 0, sizeof(*seen));
	seen->layout = SEEN_LAYOUT;
	seen->seed = seed;
}

/* The hashes of one address are the sequence first, first + step, first + 2 * step...
 * That has the false positive rate of independent hashes (A. Kirsch, M. Mitzenmacher,
 * "Less hashing, same performance: building a better Bloom filter", 2006). */
struct places {
	uint64_t first, step;
};

static struct places places_of(const struct seen_addresses *seen,
			       const struct in6_addr *address)
{
	struct in6_addr key = *address;

	if (!IN6_IS_ADDR_V4MAPPED(&key))
		memset(&key.s6_addr[8], 0, 8);
	const uint64_t first = hash_address(&key, seen->seed);
	return (struct places){first, hash_mix(first ^ 0x9e3779b97f4a7c15ULL) | 1};
}

/* The bit of the i-th hash: its upper half, scaled to the number of bits. */
static uint32_t bit_of(const struct places *p, unsigned i)
{
	return (uint32_t)(((p->first + i * p->step) >> 32) * SEEN_BITS >> 32);
}

static bool filter_has(const uint64_t *filter, const struct places *p)
{
	for (unsigned i = 0; i < SEEN_HASHES; i++) {
		const uint32_t bit = bit_of(p, i);

		if (!(filter[bit / 64] >> bit % 64 & 1))
			return false;
	}
	return true;
}

static void filter_add(uint64_t *filter, const struct places *p)
{
	for (unsigned i = 0; i < SEEN_HASHES; i++) {
		const uint32_t bit = bit_of(p, i);

		filter[bit / 64] |= (uint64_t)1 << bit % 64;
	}
}

bool seen_addresses_add(struct seen_addresses *seen, const struct in6_addr *address)
{
	const struct places p = places_of(seen, address);

	if (filter_has(seen->newer, &p))
		return false;
	const bool is_new = !filter_has(seen->older, &p);
	filter_add(seen->newer, &p);
	if (++seen->count == SEEN_CAPACITY) {
		memcpy(seen->older, seen->newer, sizeof(seen->older));
		memset(seen->newer, 0, sizeof(seen->newer));
		seen->count = 0;
	}
	return is_new;
}

static unsigned bits_set(const uint64_t *filter)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < SEEN_WORDS; i++)
		bits += (unsigned)__builtin_popcountll(filter[i]);
	return bits;
}

/* A filter with all bits set would know every address: the signal would be silent. */
static bool is_sound(const struct seen_addresses *seen)
{
	return seen->layout == SEEN_LAYOUT && seen->count < SEEN_CAPACITY &&
	       bits_set(seen->newer) <= seen->count * SEEN_HASHES &&
	       bits_set(seen->older) <= SEEN_CAPACITY * SEEN_HASHES;
}

bool seen_addresses_restore(struct seen_addresses *seen, const void *block,
			    size_t bytes)
{
	const uint64_t seed = seen->seed;

	if (bytes == sizeof(*seen)) {
		memcpy(seen, block, sizeof(*seen));
		if (is_sound(seen))
			return true;
	}
	seen_addresses_init(seen, seed);
	return false;
}
