/* SPDX-License-Identifier: Apache-2.0 */
/* flows.c - what went to which remote end.
 *
 * What was added since the last commit is pending; a commit moves it into the step of
 * its time and keeps it as the last scan's. TCP and UDP have a table each: nobody
 * counts the bytes of UDP sockets, so the two cannot be weighed against each other.
 * What has no place in its table is in the rest: no byte is lost or counted twice.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "flow_table.h"
#include "flows.h"

#define STEP_SECONDS 300

/* Of as many TCP flows as are kept, this many UDP flows are kept beside them. */
#define UDP_SHARE 8

enum { TCP, UDP, TABLES };

struct flows {
	struct flow_table tables[TABLES];
	struct flow *sorted;
	uint32_t commits;
	uint32_t step;                 /* the one of the last commit */
	uint32_t began_at[FLOW_STEPS]; /* the last commit before each step */
	struct moved rest_pending, rest_last, rest_steps[FLOW_STEPS];
	uint32_t rest_begun, rest_last_begun;
	uint64_t untracked;
};

/* All in one piece: so large a piece is mapped, and costs only what is touched. */
struct flows *flows_new(uint32_t max, uint64_t seed)
{
	uint32_t udp = max / UDP_SHARE;
	size_t tcp_bytes = flow_table_bytes(max), udp_bytes = flow_table_bytes(udp);
	size_t sorted = (size_t)max + udp + 1; /* and the rest */
	char *memory = calloc(1, tcp_bytes + udp_bytes + sorted * sizeof(struct flow) +
				     sizeof(struct flows));
	if (!memory)
		return NULL;
	struct flows *f = (struct flows *)memory;
	char *at = memory + sizeof(*f);
	flow_table_init(&f->tables[TCP], at, max, seed, false);
	flow_table_init(&f->tables[UDP], at + tcp_bytes, udp, seed, true);
	f->sorted = (struct flow *)(at + tcp_bytes + udp_bytes);
	return f;
}

void flows_free(struct flows *f)
{
	free(f);
}

/* Never 0, which marks a step that was not used. */
static uint32_t step_of(double time)
{
	return time > 0 ? (uint32_t)(time / STEP_SECONDS) + 1 : 1;
}

/* The step in which that commit was made; 0 when it is more than an hour ago. */
static uint32_t step_of_commit(const struct flows *f, uint32_t commit)
{
	for (uint32_t back = 0; back < FLOW_STEPS && back < f->step; back++) {
		uint32_t step = f->step - back;
		if (commit > f->began_at[step % FLOW_STEPS])
			return step;
	}
	return 0;
}

static void add_moved(struct moved *to, const struct moved *what)
{
	to->tx_bytes += what->tx_bytes;
	to->rx_bytes += what->rx_bytes;
	to->connections += what->connections;
}

/* The place for that step; what stood there an hour ago is forgotten. */
static struct moved *at_step(struct moved steps[FLOW_STEPS], uint32_t step)
{
	struct moved *at = &steps[step % FLOW_STEPS];

	if (at->when != step)
		*at = (struct moved){.when = step};
	return at;
}

/* What it moved in the last hour goes to the rest, each in its time. */
static void displaced(void *context, const struct flow_entry *e)
{
	struct flows *f = context;

	f->untracked++;
	add_moved(&f->rest_pending, &e->pending);
	f->rest_begun += e->pending_begun;
	if (e->last.when == f->commits && f->commits > 0) {
		add_moved(&f->rest_last, &e->last);
		f->rest_last_begun += e->last_begun;
	}
	for (unsigned i = 0; i < FLOW_STEPS; i++)
		if (flow_within_hour(&e->steps[i], f->step))
			add_moved(at_step(f->rest_steps, e->steps[i].when),
				  &e->steps[i]);
}

/* Whether the connection moves for the first time since the last commit. It is then
 * counted in the step that is to come, and not in the one where it was before. */
static bool moves_anew(const struct flows *f, struct flow_entry *e,
		       const uint32_t *active)
{
	if (!active || *active == 0)
		return true;
	if (*active == f->commits + 1)
		return false;
	uint32_t step = step_of_commit(f, *active);
	struct moved *at = &e->steps[step % FLOW_STEPS];
	if (step != 0 && at->when == step && at->connections > 0)
		at->connections--;
	return true;
}

void flows_add(struct flows *f, const struct flow *moved, uint32_t *active)
{
	struct flow_table *t = &f->tables[moved->protocol == IPPROTO_UDP ? UDP : TCP];
	struct flow_entry *e = flow_table_place(t, moved, f->step, displaced, f);
	struct moved what = {moved->tx_bytes, moved->rx_bytes, 0, 0};

	if (!e) {
		what.connections = moved->begun;
		add_moved(&f->rest_pending, &what);
		f->rest_begun += moved->begun;
		f->untracked += moved->begun;
		return;
	}
	what.connections = moves_anew(f, e, active);
	add_moved(&e->pending, &what);
	e->pending_begun += moved->begun;
	if (active)
		*active = f->commits + 1;
}

static void commit_entry(struct flows *f, struct flow_entry *e)
{
	add_moved(at_step(e->steps, f->step), &e->pending);
	e->last = e->pending;
	e->last.when = f->commits;
	e->last_begun = e->pending_begun;
	e->pending = (struct moved){0};
	e->pending_begun = 0;
	e->is_pending = false;
}

static void commit_rest(struct flows *f)
{
	f->rest_last = f->rest_pending;
	f->rest_last_begun = f->rest_begun;
	add_moved(at_step(f->rest_steps, f->step), &f->rest_pending);
	f->rest_pending = (struct moved){0};
	f->rest_begun = 0;
}

/* Steps that nobody saw begin have no commits. */
static void begin_step(struct flows *f, uint32_t step)
{
	uint32_t from =
	    step - f->step < FLOW_STEPS ? f->step + 1 : step - FLOW_STEPS + 1;

	for (uint32_t i = from; i <= step; i++)
		f->began_at[i % FLOW_STEPS] = f->commits;
	f->step = step;
}

void flows_commit(struct flows *f, double time)
{
	uint32_t step = step_of(time);
	bool is_new_step = step > f->step;

	if (is_new_step)
		begin_step(f, step);
	f->commits++;
	for (int i = 0; i < TABLES; i++) {
		struct flow_table *t = &f->tables[i];
		for (uint32_t j = 0; j < t->pending_count; j++)
			commit_entry(f, &t->entries[t->pending[j]]);
		t->pending_count = 0;
		if (is_new_step)
			flow_table_step(t, f->step);
	}
	commit_rest(f);
}

static struct flow flow_of(const struct flow_entry *e, const struct moved *moved,
			   uint32_t begun)
{
	struct flow flow = {.address = e->address,
			    .port = e->port,
			    .protocol = e->protocol,
			    .direction = e->direction,
			    .container = e->container,
			    .tx_bytes = moved->tx_bytes,
			    .rx_bytes = moved->rx_bytes,
			    .connections = moved->connections,
			    .begun = begun};
	/* A place that changed hands may have lost count. */
	if (flow.connections == 0)
		flow.connections = 1;
	return flow;
}

static struct flow rest_of(const struct moved *moved, uint32_t begun)
{
	return (struct flow){.tx_bytes = moved->tx_bytes,
			     .rx_bytes = moved->rx_bytes,
			     .connections = moved->connections,
			     .begun = begun};
}

static bool is_nothing(const struct flow *flow)
{
	return flow->tx_bytes == 0 && flow->rx_bytes == 0 && flow->connections == 0;
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

/* Adds a flow that has no place among the foremost to the rest. */
static void add_to_rest(struct flow *rest, const struct flow *flow)
{
	rest->tx_bytes += flow->tx_bytes;
	rest->rx_bytes += flow->rx_bytes;
	rest->connections += flow->connections;
	rest->begun += flow->begun;
}

/* Keeps the `max` foremost in heap[], the others in the rest; returns how many there
 * are now. */
static size_t keep_foremost(struct flow *heap, size_t count, size_t max,
			    const struct flow *candidate, struct flow *rest)
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
	if (max == 0 || !comes_before(candidate, &heap[0])) {
		add_to_rest(rest, candidate);
		return count;
	}
	add_to_rest(rest, &heap[0]);
	heap[0] = *candidate;
	sift_down(heap, 0, count);
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

/* Sorts, and puts the rest last if there is any. */
static size_t finish(struct flow *flows, size_t count, const struct flow *rest)
{
	sort_heap(flows, count);
	if (!is_nothing(rest))
		flows[count++] = *rest;
	return count;
}

const struct flow *flows_last(struct flows *f, size_t *count)
{
	struct flow rest = rest_of(&f->rest_last, f->rest_last_begun);
	size_t max = f->tables[TCP].max + f->tables[UDP].max, kept = 0;

	for (int table = 0; table < TABLES; table++) {
		const struct flow_table *t = &f->tables[table];
		for (uint32_t i = 0; i < t->count; i++) {
			const struct flow_entry *e = &t->entries[i];
			if (e->protocol == 0 || e->last.when != f->commits ||
			    f->commits == 0)
				continue;
			struct flow flow = flow_of(e, &e->last, e->last_begun);
			kept = keep_foremost(f->sorted, kept, max, &flow, &rest);
		}
	}
	*count = finish(f->sorted, kept, &rest);
	return f->sorted;
}

static bool moved_since(const struct moved steps[FLOW_STEPS], uint32_t first,
			uint32_t now, struct moved *sum)
{
	bool any = false;

	*sum = (struct moved){0};
	for (unsigned i = 0; i < FLOW_STEPS; i++) {
		if (!flow_within_hour(&steps[i], now) || steps[i].when < first)
			continue;
		any = true;
		add_moved(sum, &steps[i]);
	}
	return any;
}

size_t flows_since(const struct flows *f, double since, struct flow *out, size_t max)
{
	uint32_t first = step_of(since);
	size_t count = 0;
	struct moved sum;

	if (max == 0)
		return 0;
	moved_since(f->rest_steps, first, f->step, &sum);
	struct flow rest = rest_of(&sum, 0);
	for (int table = 0; table < TABLES; table++) {
		const struct flow_table *t = &f->tables[table];
		for (uint32_t i = 0; i < t->count; i++) {
			const struct flow_entry *e = &t->entries[i];
			if (e->protocol == 0 ||
			    !moved_since(e->steps, first, f->step, &sum))
				continue;
			/* Those that moved again since the last commit were moved out
			 * of their step. */
			sum.connections += e->pending.connections;
			struct flow flow = flow_of(e, &sum, 0);
			count = keep_foremost(out, count, max - 1, &flow, &rest);
		}
	}
	return finish(out, count, &rest);
}

uint64_t flows_untracked(const struct flows *f)
{
	return f->untracked;
}

uint64_t flows_missed_most(const struct flows *f)
{
	return flow_table_missed_most(&f->tables[TCP]);
}
