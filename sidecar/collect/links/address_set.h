/* SPDX-License-Identifier: Apache-2.0 */
/* address_set.h - a bounded set of distinct addresses. */
#ifndef DORMOUSE_COLLECT_LINKS_ADDRESS_SET_H
#define DORMOUSE_COLLECT_LINKS_ADDRESS_SET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct address_set {
	struct address_link *links;
	uint32_t *heads;
	uint32_t count; /* addresses in the set; at most `max` */
	uint32_t max;
	uint32_t mask;
	uint64_t seed;
};

/* Reserves room for `max` addresses. Returns -1 on allocation failure. */
int address_set_init(struct address_set *set, uint32_t max, uint64_t seed);
void address_set_release(struct address_set *set);

void address_set_add(struct address_set *set, const struct in6_addr *address);
bool address_set_has(const struct address_set *set, const struct in6_addr *address);
void address_set_clear(struct address_set *set);

#endif
