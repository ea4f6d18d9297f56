/* SPDX-License-Identifier: Apache-2.0 */
/* flows.c - the traffic of each remote end.
 *
 * Traffic that was added since the last commit is pending. A commit moves it into the
 * step of its time, keeps it as the last scan's and writes it into the scan log. TCP
 * and UDP have a table each: UDP sockets have no byte counters, so the two cannot be
 * compared. Traffic of flows without a place in their table goes to the rest: no byte
 * is lost or counted twice.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "flow_table.h"
#include "flows.h"
#include "foremost.h"
#include "scan_log.h"

#define STEP_SECONDS 300

/* The table of UDP flows has this fraction of the TCP table's size. */
#define UDP_SHARE 8

enum { TCP, UDP, TABLES };

struct flows {
	struct flow_table tables[TABLES];
	struct flow *sorted;
	uint32_t commits;
	uint32_t step;                 /* of the last commit */
	uint32_t began_at[FLOW_STEPS]; /* the last commit before each step */
	struct moved rest_pending, rest_last, rest_steps[FLOW_STEPS];
	uint32_t rest_begun, rest_last_begun;
	uint64_t untracked;
	struct scan_log
	    scans; /* a place is an index of TCP's table, or past its end of UDP's */
};

/* One large allocation: it is mapped, and only the pages used cost memory. */
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

/* Never 0, which marks an unused step. */
static uint32_t step_of(double time)
{
	return time > 0 ? (uint32_t)(time / STEP_SECONDS) + 1 : 1;
}

/* The step of that commit; 0 if it is more than an hour ago. */
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

/* The entry for that step; it replaces the one of an hour ago. */
static struct moved *at_step(struct moved steps[FLOW_STEPS], uint32_t step)
{
	struct moved *at = &steps[step % FLOW_STEPS];

	if (at->when != step)
		*at = (struct moved){.when = step};
	return at;
}

static uint32_t place_of(const struct flows *f, const struct flow_entry *e)
{
	return e->protocol == IPPROTO_UDP
		   ? f->tables[TCP].max + (uint32_t)(e - f->tables[UDP].entries)
		   : (uint32_t)(e - f->tables[TCP].entries);
}

static const struct flow_entry *entry_at(const struct flows *f, uint32_t place)
{
	const uint32_t tcp = f->tables[TCP].max;

	return place < tcp ? &f->tables[TCP].entries[place]
			   : &f->tables[UDP].entries[place - tcp];
}

/* Moves the flow's traffic of the last hour to the rest, step by step. */
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
	scan_log_displaced(&f->scans, place_of(f, e));
}

/* Whether the connection moves for the first time since the last commit. It then counts
 * in the next step, and no longer in the step where it counted before. */
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

static struct scan_moved scan_moved_of(const struct moved *moved, uint32_t begun,
				       uint32_t place)
{
	return (struct scan_moved){.tx_bytes = moved->tx_bytes,
				   .rx_bytes = moved->rx_bytes,
				   .connections = moved->connections,
				   .begun = begun,
				   .place = place};
}

static void commit_entry(struct flows *f, struct flow_entry *e, struct scan *scan)
{
	const struct scan_moved moved =
	    scan_moved_of(&e->pending, e->pending_begun, place_of(f, e));

	scan_add(scan, &moved, e->protocol == IPPROTO_UDP);
	add_moved(at_step(e->steps, f->step), &e->pending);
	e->last = e->pending;
	e->last.when = f->commits;
	e->last_begun = e->pending_begun;
	e->pending = (struct moved){0};
	e->pending_begun = 0;
	e->is_pending = false;
}

static void commit_rest(struct flows *f, struct scan *scan)
{
	const struct scan_moved moved =
	    scan_moved_of(&f->rest_pending, f->rest_begun, 0);

	scan_moved_add(&scan->rest, &moved);
	f->rest_last = f->rest_pending;
	f->rest_last_begun = f->rest_begun;
	add_moved(at_step(f->rest_steps, f->step), &f->rest_pending);
	f->rest_pending = (struct moved){0};
	f->rest_begun = 0;
}

/* Steps that were skipped have no commits. */
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
	/* Flows that were idle for an hour may lose their places to others. */
	if (f->step >= FLOW_STEPS)
		scan_log_forget(&f->scans, f->step - FLOW_STEPS);
	struct scan *scan = scan_log_begin(&f->scans, time, f->step);
	for (int i = 0; i < TABLES; i++) {
		struct flow_table *t = &f->tables[i];
		for (uint32_t j = 0; j < t->pending_count; j++)
			commit_entry(f, &t->entries[t->pending[j]], scan);
		t->pending_count = 0;
		if (is_new_step)
			flow_table_step(t, f->step);
	}
	commit_rest(f, scan);
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
	/* The count may be lost when a place was given to another flow. */
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
			kept = foremost_add(f->sorted, kept, max, &flow, &rest);
		}
	}
	*count = foremost_finish(f->sorted, kept, &rest);
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

/* Sums the steps. */
static size_t since_step(const struct flows *f, double since, struct flow *out,
			 size_t max)
{
	uint32_t first = step_of(since);
	size_t count = 0;
	struct moved sum;

	moved_since(f->rest_steps, first, f->step, &sum);
	struct flow rest = rest_of(&sum, 0);
	for (int table = 0; table < TABLES; table++) {
		const struct flow_table *t = &f->tables[table];
		for (uint32_t i = 0; i < t->count; i++) {
			const struct flow_entry *e = &t->entries[i];
			if (e->protocol == 0 ||
			    !moved_since(e->steps, first, f->step, &sum))
				continue;
			/* Connections that moved again since the last commit were
			 * removed from their step. */
			sum.connections += e->pending.connections;
			struct flow flow = flow_of(e, &sum, 0);
			count = foremost_add(out, count, max - 1, &flow, &rest);
		}
	}
	return foremost_finish(out, count, &rest);
}

static struct moved moved_of(const struct scan_moved *moved)
{
	return (struct moved){.tx_bytes = moved->tx_bytes,
			      .rx_bytes = moved->rx_bytes,
			      .connections = moved->connections};
}

/* Sums the scans of the log. */
static size_t since_scan(const struct flows *f, double since, struct flow *out,
			 size_t max)
{
	struct scan_moved sums[SCANS_KEPT * SCAN_KEPT], others;
	unsigned sum_count = scan_log_since(&f->scans, since, sums, &others);
	struct moved moved = moved_of(&others);
	struct flow rest = rest_of(&moved, others.begun);
	size_t count = 0;

	for (unsigned i = 0; i < sum_count; i++) {
		moved = moved_of(&sums[i]);
		struct flow flow =
		    flow_of(entry_at(f, sums[i].place), &moved, sums[i].begun);
		count = foremost_add(out, count, max - 1, &flow, &rest);
	}
	return foremost_finish(out, count, &rest);
}

size_t flows_since(const struct flows *f, double since, double seen_until,
		   struct flow *out, size_t max)
{
	if (max == 0)
		return 0;
	/* A step may contain traffic that was seen before and would report it again. */
	bool was_seen = seen_until > 0 && since - seen_until <= STEP_SECONDS;
	if (!scan_log_reaches(&f->scans, since) && !was_seen)
		return since_step(f, since, out, max);
	return since_scan(f, since > seen_until ? since : seen_until, out, max);
}

uint64_t flows_untracked(const struct flows *f)
{
	return f->untracked;
}

uint64_t flows_missed_most(const struct flows *f)
{
	return flow_table_missed_most(&f->tables[TCP]);
}
