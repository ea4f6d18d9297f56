/* SPDX-License-Identifier: Apache-2.0 */
/* flows.c - what went to which remote end.
 *
 * Flows stand in a dense array with chained hashing: memory is touched only as far as
 * it was ever used. What was added since the last commit is pending; a commit moves it
 * into the step of its time and keeps it as the last look's.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buckets.h"
#include "flows.h"

#define STEP_SECONDS 300
#define STEPS        12

struct moved {
	uint64_t tx_bytes, rx_bytes;
	uint32_t connections;
	uint32_t when; /* a step's number, or a commit's; 0: never */
};

struct entry {
	struct in6_addr address;
	uint16_t port;
	uint8_t protocol, direction, container;
	bool is_pending;
	uint32_t next;
	struct moved pending;
	struct moved last;
	struct moved steps[STEPS];
};

struct flows {
	struct entry *entries;
	uint32_t *heads;
	uint32_t *pending; /* indexes of entries that have something pending */
	struct flow *sorted;
	uint32_t max, count, mask, free;
	uint32_t pending_count;
	uint32_t commits;
	uint32_t step; /* the one of the last commit */
	uint64_t seed;
	uint64_t untracked;
	bool wants_room; /* an insertion failed since the last commit */
};

struct flows *flows_new(uint32_t max, uint64_t seed)
{
	struct flows *f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	uint32_t buckets = hash_buckets(max);
	f->max = max;
	f->mask = buckets - 1;
	f->seed = seed;
	f->free = NO_INDEX;
	f->entries = calloc(max, sizeof(*f->entries));
	f->heads = malloc(buckets * sizeof(*f->heads));
	f->pending = calloc(max, sizeof(*f->pending));
	f->sorted = calloc(max, sizeof(*f->sorted));
	if (!f->entries || !f->heads || !f->pending || !f->sorted) {
		flows_free(f);
		return NULL;
	}
	memset(f->heads, 0xff, buckets * sizeof(*f->heads));
	return f;
}

void flows_free(struct flows *f)
{
	if (!f)
		return;
	free(f->entries);
	free(f->heads);
	free(f->pending);
	free(f->sorted);
	free(f);
}

/* Never 0, which marks a step that was not used. */
static uint32_t step_of(double time)
{
	return time > 0 ? (uint32_t)(time / STEP_SECONDS) + 1 : 1;
}

static uint32_t *head_of(struct flows *f, const struct in6_addr *address, uint16_t port)
{
	uint64_t hash = hash_address(address, f->seed ^ port);
	return &f->heads[hash & f->mask];
}

static bool same(const struct entry *e, const struct flow *flow)
{
	return e->port == flow->port && e->protocol == flow->protocol &&
	       e->direction == flow->direction && e->container == flow->container &&
	       IN6_ARE_ADDR_EQUAL(&e->address, &flow->address);
}

static uint32_t take_entry(struct flows *f)
{
	if (f->free != NO_INDEX) {
		uint32_t index = f->free;
		f->free = f->entries[index].next;
		return index;
	}
	return f->count < f->max ? f->count++ : NO_INDEX;
}

static uint32_t find_or_add(struct flows *f, const struct flow *flow)
{
	uint32_t *head = head_of(f, &flow->address, flow->port);

	for (uint32_t i = *head; i != NO_INDEX; i = f->entries[i].next)
		if (same(&f->entries[i], flow))
			return i;
	uint32_t index = take_entry(f);
	if (index == NO_INDEX)
		return NO_INDEX;
	f->entries[index] = (struct entry){.address = flow->address,
					   .port = flow->port,
					   .protocol = flow->protocol,
					   .direction = flow->direction,
					   .container = flow->container,
					   .next = *head};
	*head = index;
	return index;
}

void flows_add(struct flows *f, const struct flow *moved)
{
	uint32_t index = find_or_add(f, moved);
	if (index == NO_INDEX) {
		f->untracked += moved->connections;
		f->wants_room = true;
		return;
	}
	struct entry *e = &f->entries[index];
	if (!e->is_pending) {
		e->is_pending = true;
		f->pending[f->pending_count++] = index;
	}
	e->pending.tx_bytes += moved->tx_bytes;
	e->pending.rx_bytes += moved->rx_bytes;
	e->pending.connections += moved->connections;
}

static void count_in_step(struct entry *e, uint32_t step)
{
	struct moved *at = &e->steps[step % STEPS];
	if (at->when != step)
		*at = (struct moved){.when = step};
	at->tx_bytes += e->pending.tx_bytes;
	at->rx_bytes += e->pending.rx_bytes;
	if (e->protocol != IPPROTO_UDP)
		at->connections += e->pending.connections;
	else if (at->connections < e->pending.connections)
		at->connections = e->pending.connections;
}

static bool is_within_hour(const struct moved *at, uint32_t now)
{
	return at->when != 0 && now - at->when < STEPS;
}

static void unlink_entry(struct flows *f, uint32_t index)
{
	struct entry *e = &f->entries[index];
	uint32_t *at = head_of(f, &e->address, e->port);
	while (*at != index)
		at = &f->entries[*at].next;
	*at = e->next;
	e->next = f->free;
	e->steps[0].when = 0;
	e->protocol = 0;
	f->free = index;
}

/* Runs once a step at most, and only when there was need. */
static void forget_idle(struct flows *f)
{
	for (uint32_t i = 0; i < f->count; i++) {
		const struct entry *e = &f->entries[i];
		bool idle = e->protocol != 0;
		for (unsigned step = 0; idle && step < STEPS; step++)
			idle = !is_within_hour(&e->steps[step], f->step);
		if (idle)
			unlink_entry(f, i);
	}
}

void flows_commit(struct flows *f, double time)
{
	uint32_t step = step_of(time);
	bool is_new_step = step > f->step;
	if (is_new_step)
		f->step = step;
	f->commits++;
	for (uint32_t i = 0; i < f->pending_count; i++) {
		struct entry *e = &f->entries[f->pending[i]];
		count_in_step(e, f->step);
		e->last = e->pending;
		e->last.when = f->commits;
		e->pending = (struct moved){0};
		e->is_pending = false;
	}
	f->pending_count = 0;
	if (f->wants_room && is_new_step) {
		forget_idle(f);
		f->wants_room = false;
	}
}

static struct flow flow_of(const struct entry *e, const struct moved *moved)
{
	return (struct flow){.address = e->address,
			     .port = e->port,
			     .protocol = e->protocol,
			     .direction = e->direction,
			     .container = e->container,
			     .tx_bytes = moved->tx_bytes,
			     .rx_bytes = moved->rx_bytes,
			     .connections = moved->connections};
}

/* Most bytes sent first, then most received, then most connections. */
static bool comes_before(const struct flow *a, const struct flow *b)
{
	if (a->tx_bytes != b->tx_bytes)
		return a->tx_bytes > b->tx_bytes;
	if (a->rx_bytes != b->rx_bytes)
		return a->rx_bytes > b->rx_bytes;
	return a->connections > b->connections;
}

/* heap[0] comes last of heap[0..count): sift what stands at `at` down to its place. */
static void sift_down(struct flow *heap, size_t at, size_t count)
{
	struct flow moving = heap[at];
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= count)
			break;
		if (child + 1 < count && comes_before(&heap[child], &heap[child + 1]))
			child++;
		if (!comes_before(&moving, &heap[child]))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

/* Keeps the `max` foremost in heap[]; returns how many there are now. */
static size_t keep_foremost(struct flow *heap, size_t count, size_t max,
			    const struct flow *candidate)
{
	if (count < max) {
		size_t at = count;
		while (at > 0 && comes_before(&heap[(at - 1) / 2], candidate)) {
			heap[at] = heap[(at - 1) / 2];
			at = (at - 1) / 2;
		}
		heap[at] = *candidate;
		return count + 1;
	}
	if (max > 0 && comes_before(candidate, &heap[0])) {
		heap[0] = *candidate;
		sift_down(heap, 0, count);
	}
	return count;
}

/* The heap's first comes last: swapping it to the end, again and again, sorts. qsort()
 * is not used because glibc's allocates. */
static void sort_heap(struct flow *heap, size_t count)
{
	while (count > 1) {
		struct flow last = heap[0];
		heap[0] = heap[--count];
		heap[count] = last;
		sift_down(heap, 0, count);
	}
}

const struct flow *flows_last(struct flows *f, size_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < f->count; i++) {
		const struct entry *e = &f->entries[i];
		if (e->protocol == 0 || e->last.when != f->commits || f->commits == 0)
			continue;
		struct flow flow = flow_of(e, &e->last);
		*count = keep_foremost(f->sorted, *count, f->max, &flow);
	}
	sort_heap(f->sorted, *count);
	return f->sorted;
}

static bool moved_since(const struct entry *e, uint32_t first, uint32_t now,
			struct moved *sum)
{
	bool any = false;

	*sum = (struct moved){0};
	for (unsigned i = 0; i < STEPS; i++) {
		const struct moved *at = &e->steps[i];
		if (!is_within_hour(at, now) || at->when < first)
			continue;
		any = true;
		sum->tx_bytes += at->tx_bytes;
		sum->rx_bytes += at->rx_bytes;
		if (e->protocol != IPPROTO_UDP)
			sum->connections += at->connections;
		else if (sum->connections < at->connections)
			sum->connections = at->connections;
	}
	return any;
}

size_t flows_since(const struct flows *f, double since, struct flow *out, size_t max)
{
	uint32_t first = step_of(since);
	size_t count = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct entry *e = &f->entries[i];
		struct moved sum;
		if (e->protocol == 0 || !moved_since(e, first, f->step, &sum))
			continue;
		struct flow flow = flow_of(e, &sum);
		count = keep_foremost(out, count, max, &flow);
	}
	sort_heap(out, count);
	return count;
}

uint64_t flows_untracked(const struct flows *f)
{
	return f->untracked;
}
