/* SPDX-License-Identifier: Apache-2.0 */
/* listeners.c - the listening sockets of this namespace, now and recently. */
#include <string.h>

#include "listeners.h"

#define NONE UINT16_MAX

static void link_in(struct listeners *l, uint16_t index)
{
	uint16_t *head = &l->heads[l->known[index].port % LISTENER_CHAINS];
	l->known[index].next = *head;
	*head = index;
}

void listeners_init(struct listeners *l)
{
	memset(l->heads, 0xff, sizeof(l->heads));
	l->count = 0;
	l->scan = 0;
}

void listeners_begin(struct listeners *l)
{
	l->scan++;
}

void listeners_see(struct listeners *l, const struct in6_addr *address, uint16_t port)
{
	for (uint16_t i = l->heads[port % LISTENER_CHAINS]; i != NONE;
	     i = l->known[i].next) {
		struct listener *at = &l->known[i];
		if (at->port == port && IN6_ARE_ADDR_EQUAL(&at->address, address)) {
			at->seen = l->scan;
			return;
		}
	}
	if (l->count == LISTENERS_MAX)
		return;
	l->known[l->count] =
	    (struct listener){.address = *address, .seen = l->scan, .port = port};
	link_in(l, l->count++);
}

void listeners_end(struct listeners *l)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < l->count; i++)
		if (l->scan - l->known[i].seen <= LISTENER_SCANS_KEPT)
			l->known[kept++] = l->known[i];
	if (kept == l->count)
		return;
	l->count = kept;
	memset(l->heads, 0xff, sizeof(l->heads));
	for (uint16_t i = 0; i < kept; i++)
		link_in(l, i);
}

bool listeners_match(const struct listeners *l, const struct in6_addr *address,
		     uint16_t port)
{
	for (uint16_t i = l->heads[port % LISTENER_CHAINS]; i != NONE;
	     i = l->known[i].next) {
		const struct listener *at = &l->known[i];
		if (at->port == port && (IN6_IS_ADDR_UNSPECIFIED(&at->address) ||
					 IN6_ARE_ADDR_EQUAL(&at->address, address)))
			return true;
	}
	return false;
}
