/* SPDX-License-Identifier: Apache-2.0 */
/* flow_table.c - the flows that are kept individually.
 *
 * Flows are in a dense array with chained hashing: only entries that were used touch
 * memory. The heap is built when a full table needs a place.
 */
#include <string.h>

#include "base/hashing.h"
#include "flow_table.h"

/* The monitor looks for egress: received bytes weigh one sixteenth. */
#define RX_SHARE 16

size_t flow_table_bytes(uint32_t max)
{
	const struct flow_table *t = NULL;
	size_t each = sizeof(*t->entries) + sizeof(*t->pending) + sizeof(*t->heap);
	size_t bucket = sizeof(*t->heads) + 2 * sizeof(*t->missed[0]);

	return (max * each + hash_buckets(max) * bucket + 7) / 8 * 8;
}

void flow_table_init(struct flow_table *t, void *memory, uint32_t max, uint64_t seed,
		     bool by_sockets)
{
	uint32_t buckets = hash_buckets(max);

	*t = (struct flow_table){.max = max,
				 .mask = buckets - 1,
				 .seed = seed,
				 .free = NO_INDEX,
				 .by_sockets = by_sockets};
	t->entries = memory;
	t->missed[0] = (uint64_t *)(t->entries + max);
	t->missed[1] = t->missed[0] + buckets;
	t->heads = (uint32_t *)(t->missed[1] + buckets);
	t->pending = t->heads + buckets;
	t->heap = t->pending + max;
	memset(t->heads, 0xff, buckets * sizeof(*t->heads));
}

static uint64_t weight(const struct flow_table *t, uint64_t tx_bytes, uint64_t rx_bytes,
		       uint32_t sockets)
{
	return t->by_sockets ? sockets : tx_bytes + rx_bytes / RX_SHARE;
}

static uint32_t bucket_of(const struct flow_table *t, const struct in6_addr *address,
			  uint16_t port)
{
	return (uint32_t)hash_address(address, t->seed ^ port) & t->mask;
}

static bool same(const struct flow_entry *e, const struct flow *flow)
{
	return e->port == flow->port && e->protocol == flow->protocol &&
	       e->direction == flow->direction && e->container == flow->container &&
	       IN6_ARE_ADDR_EQUAL(&e->address, &flow->address);
}

static bool lighter(const struct flow_table *t, uint32_t a, uint32_t b)
{
	return t->entries[t->heap[a]].rank < t->entries[t->heap[b]].rank;
}

static void put(struct flow_table *t, uint32_t at, uint32_t index)
{
	t->heap[at] = index;
	t->entries[index].heap_at = at;
}

/* Ranks only grow between two steps: an entry whose rank grew moves down. */
static void sift_down(struct flow_table *t, uint32_t at)
{
	for (;;) {
		uint32_t child = 2 * at + 1;
		if (child >= t->count)
			return;
		if (child + 1 < t->count && lighter(t, child + 1, child))
			child++;
		if (!lighter(t, child, at))
			return;
		uint32_t moving = t->heap[at];
		put(t, at, t->heap[child]);
		put(t, child, moving);
		at = child;
	}
}

static void make_heap(struct flow_table *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		put(t, i, i);
	for (uint32_t i = t->count / 2; i-- > 0;)
		sift_down(t, i);
	t->is_heap = true;
}

static void grow(struct flow_table *t, struct flow_entry *e, uint64_t by)
{
	e->rank += by;
	if (t->is_heap && by > 0)
		sift_down(t, e->heap_at);
}

static void link_entry(struct flow_table *t, uint32_t index, const struct flow *flow)
{
	struct flow_entry *e = &t->entries[index];
	uint32_t *head = &t->heads[bucket_of(t, &flow->address, flow->port)];

	e->address = flow->address;
	e->port = flow->port;
	e->protocol = flow->protocol;
	e->direction = flow->direction;
	e->container = flow->container;
	e->next = *head;
	*head = index;
}

static void unlink_entry(struct flow_table *t, uint32_t index)
{
	struct flow_entry *e = &t->entries[index];
	uint32_t *at = &t->heads[bucket_of(t, &e->address, e->port)];
	while (*at != index)
		at = &t->entries[*at].next;
	*at = e->next;
	/* Only its places in the heap and in the pending list remain. */
	*e = (struct flow_entry){.heap_at = e->heap_at, .is_pending = e->is_pending};
}

static uint64_t missed(const struct flow_table *t, uint32_t cell)
{
	return t->missed[0][cell] + t->missed[1][cell];
}

/* Traffic of the last hour, before the flow was kept, is uncertain. */
static struct flow_entry *settle_in(struct flow_table *t, uint32_t index,
				    const struct flow *flow, uint32_t step)
{
	struct flow_entry *e = &t->entries[index];

	link_entry(t, index, flow);
	e->uncertain = e->rank = missed(t, bucket_of(t, &flow->address, flow->port));
	e->uncertain_step = step + 1; /* pending traffic may count there */
	return e;
}

/* Replaces the entry with the least rank, if the missed traffic of the new flow is more
 * than that rank. */
static struct flow_entry *displace(struct flow_table *t, const struct flow *flow,
				   uint64_t by, uint32_t step,
				   flow_displaced *displaced, void *context)
{
	uint32_t cell = bucket_of(t, &flow->address, flow->port);

	if (!t->is_heap)
		make_heap(t);
	uint32_t index = t->heap[0];
	struct flow_entry *e = &t->entries[index];
	t->has_missed = true;
	if (by == 0 || missed(t, cell) + by <= e->rank) {
		t->missed[0][cell] += by;
		return NULL;
	}
	uint32_t left = bucket_of(t, &e->address, e->port);
	if (t->missed[0][left] < e->rank)
		t->missed[0][left] = e->rank;
	displaced(context, e);
	unlink_entry(t, index);
	return settle_in(t, index, flow, step);
}

static struct flow_entry *take_free(struct flow_table *t, const struct flow *flow,
				    uint32_t step)
{
	uint32_t index = t->free;

	if (index != NO_INDEX)
		t->free = t->entries[index].next;
	else if (t->count < t->max)
		index = t->count++;
	else
		return NULL;
	t->is_heap = false;
	return settle_in(t, index, flow, step);
}

struct flow_entry *flow_table_place(struct flow_table *t, const struct flow *moved,
				    uint32_t step, flow_displaced *displaced,
				    void *context)
{
	uint64_t by = weight(t, moved->tx_bytes, moved->rx_bytes, moved->begun);
	uint32_t i = t->heads[bucket_of(t, &moved->address, moved->port)];

	while (i != NO_INDEX && !same(&t->entries[i], moved))
		i = t->entries[i].next;
	struct flow_entry *e =
	    i != NO_INDEX ? &t->entries[i] : take_free(t, moved, step);
	if (!e)
		e = displace(t, moved, by, step, displaced, context);
	if (!e) {
		t->wants_room = true;
		return NULL;
	}
	grow(t, e, by);
	if (!e->is_pending) {
		e->is_pending = true;
		t->pending[t->pending_count++] = (uint32_t)(e - t->entries);
	}
	return e;
}

bool flow_within_hour(const struct moved *at, uint32_t step)
{
	return at->when != 0 && step - at->when < FLOW_STEPS;
}

/* Computes its weight in the last hour. Returns whether it had any traffic in it. */
static bool weigh(const struct flow_table *t, struct flow_entry *e, uint32_t step)
{
	bool any = false;

	if (step - e->uncertain_step >= FLOW_STEPS)
		e->uncertain = 0;
	e->rank = e->uncertain;
	for (unsigned i = 0; i < FLOW_STEPS; i++) {
		const struct moved *at = &e->steps[i];
		if (!flow_within_hour(at, step))
			continue;
		any = true;
		e->rank += weight(t, at->tx_bytes, at->rx_bytes, at->connections);
	}
	return any;
}

/* The cells of this hour and of the last one together count at least what was missed in
 * the last 60 minutes. Pending traffic came before the change of hour and counts after
 * it. */
static void turn_cells(struct flow_table *t, uint32_t step)
{
	uint32_t hour = step / FLOW_STEPS;
	if (hour == t->hour)
		return;
	if (!t->has_missed) { /* no cell was used: do not touch their memory */
		t->hour = hour;
		return;
	}
	uint64_t *old = t->missed[1];
	t->missed[1] = t->missed[0];
	t->missed[0] = old;
	memset(old, 0, ((size_t)t->mask + 1) * sizeof(*old));
	t->hour = hour;
}

void flow_table_step(struct flow_table *t, uint32_t step)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct flow_entry *e = &t->entries[i];
		if (e->protocol == 0 || weigh(t, e, step) || !t->wants_room)
			continue;
		unlink_entry(t, i);
		e->next = t->free;
		t->free = i;
	}
	t->is_heap = false;
	t->wants_room = false;
	turn_cells(t, step);
}

uint64_t flow_table_missed_most(const struct flow_table *t)
{
	uint64_t most = 0;

	for (uint32_t cell = 0; cell <= t->mask; cell++)
		if (missed(t, cell) > most)
			most = missed(t, cell);
	return most;
}
