/* SPDX-License-Identifier: Apache-2.0 */
/* address_set.c - a bounded set of distinct addresses.
 *
 * Chained hashing over a dense array: only entries that were used touch memory, so a
 * pod with ten destinations costs ten entries whatever the bound.
 */
#include <stdlib.h>

#include "address_set.h"
#include "base/hashing.h"

struct address_link {
	struct in6_addr address;
	uint32_t next;
};

int address_set_init(struct address_set *set, uint32_t max, uint64_t seed)
{
	uint32_t buckets = hash_buckets(max);

	*set = (struct address_set){.max = max, .mask = buckets - 1, .seed = seed};
	set->links = calloc(max, sizeof(*set->links));
	set->heads = malloc(buckets * sizeof(*set->heads));
	if (!set->links || !set->heads) {
		address_set_release(set);
		return -1;
	}
	memset(set->heads, 0xff, buckets * sizeof(*set->heads));
	return 0;
}

void address_set_release(struct address_set *set)
{
	free(set->links);
	free(set->heads);
	*set = (struct address_set){0};
}

bool address_set_has(const struct address_set *set, const struct in6_addr *address)
{
	uint32_t i = set->heads[hash_address(address, set->seed) & set->mask];

	for (; i != NO_INDEX; i = set->links[i].next)
		if (IN6_ARE_ADDR_EQUAL(&set->links[i].address, address))
			return true;
	return false;
}

void address_set_add(struct address_set *set, const struct in6_addr *address)
{
	uint32_t *head = &set->heads[hash_address(address, set->seed) & set->mask];

	if (address_set_has(set, address) || set->count == set->max)
		return;
	struct address_link *link = &set->links[set->count];
	link->address = *address;
	link->next = *head;
	*head = set->count++;
}

void address_set_clear(struct address_set *set)
{
	if (set->count == 0)
		return;
	memset(set->heads, 0xff, ((size_t)set->mask + 1) * sizeof(*set->heads));
	set->count = 0;
}
