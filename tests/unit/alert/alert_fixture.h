/* SPDX-License-Identifier: Apache-2.0 */
/* alert_fixture.h - for tests of the alert room: verdicts made by hand, a collector
 * that says what the test tells it, and a listener that remembers what happened. */
#ifndef TESTS_ALERT_ALERT_FIXTURE_H
#define TESTS_ALERT_ALERT_FIXTURE_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "dormouse/alert.h"

/* After the headers of ours: its fail() is a macro. */
#include <cmocka.h>

#define T0 1700000000.0 /* any time will do */

/* What the collector of these tests shows; the room's own calls end here. */
struct collector {
	struct flow flows[256]; /* since the last close look */
	size_t flow_count;
	struct flow since[256]; /* answers collector_flows_since */
	size_t since_count;
	double asked_since;
	struct container_counters containers[COLLECT_CONTAINERS_MAX];
	size_t container_count;
	struct link_counters links[COLLECT_LINKS_MAX];
	size_t link_count;
	bool looked_closely;
	struct unaccounted unaccounted;
};

/* All that the room takes from the detector. */
const char *alert_kind_name(enum alert_kind kind)
{
	return kind == ALERT_DORMANCY_BREAK ? "dormancy-break" : "another";
}

bool collector_looked_closely(const struct collector *c)
{
	return c->looked_closely;
}

const struct flow *collector_flows(const struct collector *c, size_t *count)
{
	*count = c->flow_count;
	return c->flows;
}

const struct unaccounted *collector_unaccounted(const struct collector *c)
{
	return &c->unaccounted;
}

size_t collector_flows_since(const struct collector *c, double since,
			     struct flow *flows, size_t max)
{
	const size_t count = c->since_count < max ? c->since_count : max;

	((struct collector *)c)->asked_since = since;
	memcpy(flows, c->since, count * sizeof(*flows));
	return count;
}

const struct container_counters *collector_containers(const struct collector *c,
						      size_t *count)
{
	*count = c->container_count;
	return c->containers;
}

const struct link_counters *collector_links(const struct collector *c, size_t *count)
{
	*count = c->link_count;
	return c->links;
}

/* A book, the time, and the last things that happened. */
struct world {
	struct alert_book *book;
	struct collector collector;
	bool watched; /* whether the collector is there */
	double now, interval_s;
	unsigned raised, updated, taken_over, reopened, resolved;
	struct alert last;
};

static inline void world_listener(void *context, enum alert_event event,
				  const struct alert *alert)
{
	struct world *w = context;
	unsigned *const counters[] = {
	    [ALERT_RAISED] = &w->raised,         [ALERT_UPDATED] = &w->updated,
	    [ALERT_TAKEN_OVER] = &w->taken_over, [ALERT_REOPENED] = &w->reopened,
	    [ALERT_RESOLVED] = &w->resolved,
	};

	++*counters[event];
	w->last = *alert;
}

static inline int world_open(void **state)
{
	static struct world world;

	world = (struct world){.now = T0, .interval_s = 10};
	world.book = alert_book_new(1);
	*state = &world;
	return world.book ? 0 : -1;
}

static inline int world_close(void **state)
{
	alert_book_free(((struct world *)*state)->book);
	return 0;
}

/* A departure that began 20 s ago and sends a megabyte a second. */
static inline struct verdict verdict_of(const struct world *w, enum alert_kind kind)
{
	return (struct verdict){
	    .kind = kind,
	    .signal = SIGNAL_TX_BYTES,
	    .onset = w->now - 20,
	    .value = 1e6,
	    .window_s = 10,
	    .bytes = 20000000,
	    .sent_in_all = 20000000,
	    .sigmas = 40,
	    .risk = 50,
	    .balance = -1,
	    .baseline = {.mean = 100,
			 .stddev = 50,
			 .p99 = 2100,
			 .threshold = 9000,
			 .samples = 1000,
			 .since = T0 - 20000},
	};
}

static inline void world_apply(struct world *w, const struct verdict *verdicts,
			       size_t count)
{
	const struct alert_surroundings around = {
	    .collector = w->watched ? &w->collector : NULL};

	alert_book_apply(w->book, w->now, w->interval_s, verdicts, count, &around,
			 world_listener, w);
}

/* The next sample shows these verdicts, or none. */
static inline void next(struct world *w, const struct verdict *verdicts, size_t count)
{
	w->now += w->interval_s;
	world_apply(w, verdicts, count);
}

/* The departure goes on: the same onset, `seconds` more of its rate. */
static inline void send_more(struct verdict *v, uint64_t bytes)
{
	v->bytes += bytes;
	v->sent_in_all += bytes;
}

static inline void go_on(struct verdict *v, double seconds)
{
	send_more(v, (uint64_t)(v->value * seconds));
}

static inline void quiet_for(struct world *w, double seconds)
{
	const double until = w->now + seconds;

	while (w->now < until)
		next(w, NULL, 0);
}

static inline size_t remembered(const struct alert_book *book)
{
	size_t count = 0;

	while (alert_book_at(book, count))
		count++;
	return count;
}

/* TCP that the pod opened, to 10.0.0.<host>. */
static inline struct flow flow_to(unsigned host, uint16_t port, uint64_t bytes)
{
	struct flow f = {.port = port,
			 .protocol = IPPROTO_TCP,
			 .direction = FLOW_OPENED,
			 .tx_bytes = bytes,
			 .connections = 1,
			 .begun = 1};

	f.address.s6_addr[10] = f.address.s6_addr[11] = 0xFF;
	f.address.s6_addr[12] = 10;
	f.address.s6_addr[14] = (uint8_t)(host >> 8);
	f.address.s6_addr[15] = (uint8_t)host;
	return f;
}

#endif
