/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c - where an alert's traffic went, from which container, over which link.
 *
 * A few destinations are kept, those that got most. A destination that is not kept adds
 * to "other"; when it gets more in one look than the smallest of those kept, it takes
 * that one's place, whose bytes then go to "other": no byte is lost or counted twice.
 */
#include "evidence.h"

#include <stdio.h>
#include <string.h>

/* Destinations looked at when an alert is raised; each later look brings all of its. */
#define GATHER_MAX 128

/* A link is named when it carried this share of what an interval sent. */
#define LINK_SHARE 0.1

static const char *container_name(const struct collector *c, uint8_t index)
{
	size_t count;
	const struct container_counters *containers = collector_containers(c, &count);

	return index < count ? containers[index].name : "";
}

static bool same_destination(const struct alert_flow *kept, const struct flow *f,
			     const char *container)
{
	return memcmp(&kept->flow.address, &f->address, sizeof(f->address)) == 0 &&
	       kept->flow.port == f->port && kept->flow.protocol == f->protocol &&
	       kept->flow.direction == f->direction &&
	       strcmp(kept->container, container) == 0;
}

/* Whether a tells more than b about traffic of that signal. UDP sockets count no bytes:
 * where UDP is what stands out, its destinations come first all the same. */
static bool tells_more(const struct flow *a, const struct flow *b, enum signal signal)
{
	const bool udp =
	    signal == SIGNAL_UDP_TX_BYTES || signal == SIGNAL_UDP_TX_PACKETS;

	if (udp && a->protocol != b->protocol)
		return a->protocol == IPPROTO_UDP;
	if (a->tx_bytes != b->tx_bytes)
		return a->tx_bytes > b->tx_bytes;
	return a->connections > b->connections;
}

static void add_to_other(struct alert_evidence *e, const struct flow *f)
{
	e->other_bytes += f->tx_bytes;
	e->other_connections += f->connections;
}

static void add_container(struct alert_evidence *e, const char *name)
{
	if (name[0] == '\0')
		return;
	for (unsigned i = 0; i < e->container_count; i++)
		if (strcmp(e->containers[i], name) == 0)
			return;
	if (e->container_count < ALERT_CONTAINERS_MAX)
		snprintf(e->containers[e->container_count++], sizeof(e->containers[0]),
			 "%s", name);
}

/* Moves the entry at `index` up to its place. */
static void sort_up(struct alert_evidence *e, unsigned index, enum signal signal)
{
	for (; index > 0; index--) {
		struct alert_flow *entry = &e->flows[index], *above = entry - 1;
		if (!tells_more(&entry->flow, &above->flow, signal))
			return;
		const struct alert_flow moved = *entry;
		*entry = *above;
		*above = moved;
	}
}

static void keep_at(struct alert_evidence *e, unsigned index, const struct flow *f,
		    const char *container, enum signal signal)
{
	struct alert_flow *kept = &e->flows[index];

	kept->flow = *f;
	snprintf(kept->container, sizeof(kept->container), "%s", container);
	sort_up(e, index, signal);
}

static void add_flow(struct alert_evidence *e, const struct flow *f,
		     const char *container, enum signal signal)
{
	add_container(e, container);
	for (unsigned i = 0; i < e->flow_count; i++) {
		struct flow *kept = &e->flows[i].flow;
		if (!same_destination(&e->flows[i], f, container))
			continue;
		kept->tx_bytes += f->tx_bytes;
		kept->rx_bytes += f->rx_bytes;
		if (f->protocol != IPPROTO_UDP)
			kept->connections += f->connections;
		else if (kept->connections < f->connections)
			kept->connections = f->connections; /* the same sockets */
		sort_up(e, i, signal);
		return;
	}
	if (e->flow_count < ALERT_FLOWS_MAX) {
		keep_at(e, e->flow_count++, f, container, signal);
		return;
	}
	const unsigned last = ALERT_FLOWS_MAX - 1;
	if (tells_more(f, &e->flows[last].flow, signal)) {
		add_to_other(e, &e->flows[last].flow);
		keep_at(e, last, f, container, signal);
	} else {
		add_to_other(e, f);
	}
}

void evidence_add(struct alert_evidence *e, const struct collector *c,
		  const struct flow *flows, size_t count, enum signal signal)
{
	for (size_t i = 0; i < count; i++)
		add_flow(e, &flows[i], container_name(c, flows[i].container), signal);
}

void evidence_gather(struct alert_evidence *e, const struct collector *c, double since,
		     enum signal signal)
{
	struct flow flows[GATHER_MAX];
	size_t count = collector_flows_since(c, since, flows, GATHER_MAX);

	evidence_add(e, c, flows, count, signal);
}

void evidence_grow(struct alert_evidence *e, const struct collector *c,
		   enum signal signal)
{
	size_t count;
	const struct flow *flows = collector_flows(c, &count);

	evidence_add(e, c, flows, count, signal);
}

/* What the link sent since the memory was taken; all it ever sent if it is new there.
 */
static uint64_t sent_since(const struct link_memory *before,
			   const struct link_counters *link)
{
	for (unsigned i = 0; i < before->count; i++) {
		if (before->links[i].ifindex != link->ifindex)
			continue;
		return link->tx_bytes >= before->links[i].tx_bytes
			   ? link->tx_bytes - before->links[i].tx_bytes
			   : 0;
	}
	return link->tx_bytes;
}

static void add_interface(struct alert_evidence *e, const char *name)
{
	for (unsigned i = 0; i < e->interface_count; i++)
		if (strcmp(e->interfaces[i], name) == 0)
			return;
	if (e->interface_count < ALERT_INTERFACES_MAX)
		snprintf(e->interfaces[e->interface_count++], IF_NAMESIZE, "%s", name);
}

void evidence_links(struct alert_evidence *e, const struct collector *c,
		    const struct link_memory *before)
{
	uint64_t sent[COLLECT_LINKS_MAX], sum = 0;
	size_t count;
	const struct link_counters *links = collector_links(c, &count);

	if (count > COLLECT_LINKS_MAX)
		count = COLLECT_LINKS_MAX;
	for (size_t i = 0; i < count; i++) {
		sent[i] = sent_since(before, &links[i]);
		sum += sent[i];
	}
	/* Most first: each round takes the greatest that is left. */
	for (unsigned round = 0; round < ALERT_INTERFACES_MAX; round++) {
		size_t most = 0;
		for (size_t i = 1; i < count; i++)
			if (sent[i] > sent[most])
				most = i;
		if (count == 0 || sent[most] == 0 ||
		    (double)sent[most] < LINK_SHARE * (double)sum)
			return;
		add_interface(e, links[most].name);
		sent[most] = 0;
	}
}

void link_memory_take(struct link_memory *memory, const struct collector *c)
{
	size_t count;
	const struct link_counters *links = collector_links(c, &count);

	memory->count = count < COLLECT_LINKS_MAX ? (unsigned)count : COLLECT_LINKS_MAX;
	for (unsigned i = 0; i < memory->count; i++) {
		memory->links[i].ifindex = links[i].ifindex;
		memory->links[i].tx_bytes = links[i].tx_bytes;
	}
}
