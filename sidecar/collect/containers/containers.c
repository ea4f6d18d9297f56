/* SPDX-License-Identifier: Apache-2.0 */
/* containers.c - the pod's containers, identified by the cgroup that owns a socket. */
#include <inttypes.h>
#include <stdio.h>

#include "containers.h"

static void name_by_cgroup(struct container_counters *at)
{
	snprintf(at->name, sizeof(at->name), "cgroup-%" PRIu64, at->cgroup_id);
}

static uint8_t other(struct containers *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->known[i].cgroup_id == 0)
			return (uint8_t)i;
	/* One entry is always reserved for it. */
	struct container_counters *at = &c->known[c->count];
	*at = (struct container_counters){.name = "other"};
	return (uint8_t)c->count++;
}

static size_t told_apart(const struct containers *c)
{
	size_t count = 0;
	for (size_t i = 0; i < c->count; i++)
		count += c->known[i].cgroup_id != 0;
	return count;
}

static uint8_t find_or_add(struct containers *c, uint64_t cgroup_id)
{
	if (cgroup_id == 0)
		return other(c);
	for (size_t i = 0; i < c->count; i++)
		if (c->known[i].cgroup_id == cgroup_id)
			return (uint8_t)i;
	if (told_apart(c) == COLLECT_CONTAINERS_MAX)
		return other(c);
	struct container_counters *at = &c->known[c->count];
	*at = (struct container_counters){.cgroup_id = cgroup_id};
	if (cgroup_id == c->own_cgroup_id)
		snprintf(at->name, sizeof(at->name), "dormouse");
	else
		name_by_cgroup(at);
	return (uint8_t)c->count++;
}

void containers_own(struct containers *c, uint64_t cgroup_id)
{
	if (cgroup_id == 0 || c->own_is_shared || c->own_cgroup_id == cgroup_id)
		return;
	for (size_t i = 0; i < c->count; i++)
		if (c->known[i].cgroup_id == cgroup_id) {
			c->own_is_shared = true;
			return;
		}
	c->own_cgroup_id = cgroup_id;
}

uint8_t containers_of(struct containers *c, uint64_t cgroup_id)
{
	uint8_t index = find_or_add(c, cgroup_id);
	if (cgroup_id != 0 && cgroup_id == c->own_cgroup_id) {
		/* The cgroup is not the monitor's alone: its name would be wrong. */
		c->own_is_shared = true;
		c->own_cgroup_id = 0;
		name_by_cgroup(&c->known[index]);
	}
	return index;
}

uint8_t containers_guess(struct containers *c)
{
	int only = -1;
	for (size_t i = 0; i < c->count; i++) {
		uint64_t id = c->known[i].cgroup_id;
		if (id == 0 || id == c->own_cgroup_id)
			continue;
		if (only >= 0)
			return other(c);
		only = (int)i;
	}
	return only >= 0 ? (uint8_t)only : other(c);
}

void containers_add_own(struct containers *c, uint64_t tx_bytes)
{
	if (c->own_cgroup_id == 0 || tx_bytes == 0)
		return;
	c->known[find_or_add(c, c->own_cgroup_id)].tcp_tx_bytes += tx_bytes;
}
