/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c - the evidence of an alert: destinations, containers and links of its
 * traffic.
 *
 * The evidence keeps the few destinations that received most. Bytes to a destination
 * that is not kept go to "other" and are also added to a cell, which several
 * destinations share. When the cell's sum exceeds the smallest kept destination, the
 * new destination replaces that one, whose bytes then go to "other". So each byte is
 * counted exactly once. A destination that receives little at a time for long is found
 * (filtered space-saving, as in collect/flow_table.h). A destination that receives
 * nothing never replaces one that received something.
 */
#include "evidence.h"

#include <stdio.h>
#include <string.h>

/* A link is listed if it carried this share of the bytes of an interval. */
#define LINK_SHARE 0.1

static const char *container_name(const struct traffic_view *traffic, uint8_t index)
{
	return index < traffic->container_count ? traffic->containers[index].name : "";
}

static bool same_destination(const struct alert_flow *kept, const struct flow *f,
			     const char *container)
{
	return memcmp(&kept->flow.address, &f->address, sizeof(f->address)) == 0 &&
	       kept->flow.port == f->port && kept->flow.protocol == f->protocol &&
	       kept->flow.direction == f->direction &&
	       strcmp(kept->container, container) == 0;
}

static bool is_udp(enum signal signal)
{
	return signal == SIGNAL_UDP_TX_BYTES || signal == SIGNAL_UDP_TX_PACKETS;
}

/* Whether a matters more than b for traffic of that signal. UDP sockets count no bytes,
 * so UDP destinations come first when the signal is about UDP. */
static bool tells_more(const struct flow *a, const struct flow *b, enum signal signal)
{
	if (is_udp(signal) && a->protocol != b->protocol)
		return a->protocol == IPPROTO_UDP;
	if (a->tx_bytes != b->tx_bytes)
		return a->tx_bytes > b->tx_bytes;
	return a->connections > b->connections;
}

/* FNV-1a. An attacker can choose addresses that share a cell, but then they only
 * replace each other. */
static uint64_t *cell_of(struct alert_evidence *e, const struct flow *f)
{
	uint32_t hash = 2166136261u ^ f->port;

	for (unsigned i = 0; i < sizeof(f->address); i++)
		hash = (hash ^ f->address.s6_addr[i]) * 16777619u;
	return &e->missed[(hash >> 16) % ALERT_CELLS];
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

/* Moves the entry at `index` up to its sorted position. */
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

/* Appends the destination and sorts it. The caller has made room. */
static void keep(struct alert_evidence *e, const struct flow *f, uint64_t uncertain,
		 const char *container, enum signal signal)
{
	struct alert_flow *kept = &e->flows[e->flow_count++];

	kept->flow = *f;
	kept->uncertain = uncertain;
	kept->late = e->settled;
	snprintf(kept->container, sizeof(kept->container), "%s", container);
	sort_up(e, e->flow_count - 1, signal);
}

static uint64_t most_of(const struct alert_flow *kept)
{
	return kept->flow.tx_bytes + kept->uncertain;
}

static void drop(struct alert_evidence *e, unsigned index)
{
	struct alert_flow *kept = &e->flows[index];
	uint64_t *cell = cell_of(e, &kept->flow);

	if (*cell < most_of(kept))
		*cell = most_of(kept);
	e->other_bytes += kept->flow.tx_bytes;
	e->other_connections += kept->flow.connections;
	memmove(kept, kept + 1, (--e->flow_count - index) * sizeof(*kept));
}

/* Returns the index of the kept destination that received least, among those whose
 * bytes are counted; -1 if there is none. */
static int least_of(const struct alert_evidence *e, enum signal signal)
{
	int least = -1;

	for (unsigned i = 0; i < e->flow_count; i++) {
		const struct alert_flow *at = &e->flows[i];
		if (is_udp(signal) && at->flow.protocol == IPPROTO_UDP)
			continue;
		if (least < 0 || most_of(at) < most_of(&e->flows[least]))
			least = (int)i;
	}
	return least;
}

/* Makes room for a destination if it should be kept. *uncertain is the maximum of bytes
 * that it received before. */
static bool make_room(struct alert_evidence *e, const struct flow *f,
		      enum signal signal, uint64_t *uncertain)
{
	*uncertain = 0;
	if (e->flow_count < ALERT_FLOWS_MAX)
		return true;
	if (f->tx_bytes == 0 || (is_udp(signal) && f->protocol == IPPROTO_UDP)) {
		if (!tells_more(f, &e->flows[e->flow_count - 1].flow, signal))
			return false;
		drop(e, e->flow_count - 1);
		return true;
	}
	uint64_t *cell = cell_of(e, f), before = *cell;
	int least = least_of(e, signal);
	if (least < 0 || before + f->tx_bytes <= most_of(&e->flows[least])) {
		*cell += f->tx_bytes;
		return false;
	}
	drop(e, (unsigned)least);
	*uncertain = before;
	return true;
}

static struct alert_flow *find_kept(struct alert_evidence *e, const struct flow *f,
				    const char *container)
{
	for (unsigned i = 0; i < e->flow_count; i++)
		if (same_destination(&e->flows[i], f, container))
			return &e->flows[i];
	return NULL;
}

/* Returns the connections of a destination in a time span: the known ones that
 * continued, and the new ones. */
static uint32_t connections_of(uint32_t known, const struct flow *f)
{
	uint32_t sum = known + f->begun;

	return sum > f->connections ? sum : f->connections;
}

/* Returns false if the destination is not kept. */
static bool add_flow(struct alert_evidence *e, const struct flow *f,
		     const char *container, enum signal signal)
{
	uint64_t uncertain;

	if (f->protocol == 0)
		return false;
	add_container(e, container);
	struct alert_flow *kept = find_kept(e, f, container);
	if (!kept) {
		if (!make_room(e, f, signal, &uncertain))
			return false;
		keep(e, f, uncertain, container, signal);
		return true;
	}
	kept->flow.tx_bytes += f->tx_bytes;
	kept->flow.rx_bytes += f->rx_bytes;
	kept->flow.connections = connections_of(kept->flow.connections, f);
	sort_up(e, (unsigned)(kept - e->flows), signal);
	return true;
}

static void add_flows(struct alert_evidence *e, const struct traffic_view *traffic,
		      const struct traffic_span *span, enum signal signal)
{
	struct flow rest = {0};

	for (size_t i = 0; i < span->flow_count; i++) {
		const struct flow *f = &span->flows[i];
		if (add_flow(e, f, container_name(traffic, f->container), signal))
			continue;
		rest.connections += f->connections;
		rest.begun += f->begun;
		e->other_bytes += f->tx_bytes;
	}
	e->other_connections = connections_of(e->other_connections, &rest);
}

void evidence_add(struct alert_evidence *e, const struct traffic_view *traffic,
		  const struct traffic_span *span, enum signal signal)
{
	add_flows(e, traffic, span, signal);
	e->unaccounted.bytes += span->unaccounted.bytes;
	for (unsigned i = 0; i < UNACCOUNTED_SOURCE_COUNT; i++)
		e->unaccounted.packets[i] += span->unaccounted.packets[i];
}

/* Returns the bytes that the link sent since the memory was taken, or its total if the
 * link is new. */
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

void evidence_links(struct alert_evidence *e, const struct traffic_view *traffic,
		    const struct link_memory *before)
{
	uint64_t sent[COLLECT_LINKS_MAX], sum = 0;
	const struct link_counters *links = traffic->links;
	size_t count = traffic->link_count;

	if (count > COLLECT_LINKS_MAX)
		count = COLLECT_LINKS_MAX;
	for (size_t i = 0; i < count; i++) {
		sent[i] = sent_since(before, &links[i]);
		sum += sent[i];
	}
	/* Largest first: each round takes the largest of the rest. */
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

void link_memory_take(struct link_memory *memory, const struct traffic_view *traffic)
{
	const size_t count = traffic->link_count;

	memory->count = count < COLLECT_LINKS_MAX ? (unsigned)count : COLLECT_LINKS_MAX;
	for (unsigned i = 0; i < memory->count; i++) {
		memory->links[i].ifindex = traffic->links[i].ifindex;
		memory->links[i].tx_bytes = traffic->links[i].tx_bytes;
	}
}
