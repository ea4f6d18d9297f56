/* SPDX-License-Identifier: Apache-2.0 */
/* alert_fixture.h - for tests of the alert room: verdicts made by hand, traffic that is
 * what the test says, and a listener that remembers what happened. */
#ifndef TESTS_ALERT_ALERT_FIXTURE_H
#define TESTS_ALERT_ALERT_FIXTURE_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/sockets/flows.h"
#include "dormouse/alert.h"

/* After the headers of ours: its fail() is a macro. */

#define T0 1700000000.0 /* any time will do */

/* What the samples of these tests show. */
struct shown_traffic {
	bool scanned;
	struct flow flows[256]; /* found by the last scan */
	size_t flow_count;
	struct unaccounted unaccounted;
	struct container_counters containers[COLLECT_CONTAINERS_MAX];
	size_t container_count;
	struct link_counters links[COLLECT_LINKS_MAX];
	size_t link_count;

	/* What moved in the time that the store lacks: these, or by a history, to which
	 * each scan's flows are added. */
	struct flow since[256];
	size_t since_count;
	struct unaccounted since_unaccounted;
	struct flows *history;          /* NULL: none */
	double lacks_since, seen_until; /* what the store asked for last */
};

/* All that the room takes from the detector. */
const char *alert_kind_name(enum alert_kind kind)
{
	return kind == ALERT_DORMANCY_BREAK ? "dormancy-break" : "another";
}

/* A store, the time, and the last things that happened. */
struct world {
	struct alert_store *store;
	struct shown_traffic traffic;
	bool watched; /* whether the samples show traffic */
	double now, interval_s;
	unsigned raised, updated, taken_over, reopened, recurred, resolved;
	struct alert last;
};

static inline void world_listener(void *context, enum alert_event event,
				  const struct alert *alert)
{
	struct world *w = context;
	unsigned *const counters[] = {
	    [ALERT_RAISED] = &w->raised,         [ALERT_UPDATED] = &w->updated,
	    [ALERT_TAKEN_OVER] = &w->taken_over, [ALERT_REOPENED] = &w->reopened,
	    [ALERT_RECURRED] = &w->recurred,     [ALERT_RESOLVED] = &w->resolved,
	};

	++*counters[event];
	w->last = *alert;
}

static inline int world_open(void **state)
{
	static struct world world;

	world = (struct world){.now = T0, .interval_s = 10};
	world.store = alert_store_new(1);
	*state = &world;
	return world.store ? 0 : -1;
}

static inline int world_close(void **state)
{
	struct world *w = *state;

	alert_store_free(w->store);
	flows_free(w->traffic.history);
	return 0;
}

/* A departure that began 20 s ago and sends a megabyte a second. */
static inline struct verdict verdict_of(const struct world *w, enum alert_kind kind)
{
	return (struct verdict){
	    .kind = kind,
	    .incident = alert_kind_rank(kind) > 0 ? 1 : 0,
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

static inline void add_to_history(struct world *w)
{
	struct shown_traffic *t = &w->traffic;

	for (size_t i = 0; i < t->flow_count; i++)
		flows_add(t->history, &t->flows[i], NULL);
	flows_commit(t->history, w->now);
}

/* What moved in the time of which the store lacks the traffic of a verdict. */
static inline struct traffic_span moved_since(struct world *w, const struct verdict *v)
{
	struct shown_traffic *t = &w->traffic;
	struct traffic_span span = {.flows = t->since};

	if (!alert_store_lacks(w->store, v, &t->lacks_since, &t->seen_until))
		return span;
	if (t->history)
		t->since_count =
		    flows_since(t->history, t->lacks_since, t->seen_until, t->since,
				sizeof(t->since) / sizeof(t->since[0]));
	span.flow_count = t->since_count;
	span.unaccounted = t->since_unaccounted;
	return span;
}

static inline void world_apply(struct world *w, const struct verdict *verdicts,
			       size_t count)
{
	struct shown_traffic *t = &w->traffic;
	struct traffic_span since[VERDICTS_MAX] = {0};

	if (t->history && t->scanned)
		add_to_history(w);
	for (size_t i = 0; w->watched && i < count; i++)
		since[i] = moved_since(w, &verdicts[i]);
	const struct traffic_view view = {
	    .scanned = t->scanned,
	    .scan = {t->flows, t->flow_count, t->unaccounted},
	    .links = t->links,
	    .link_count = t->link_count,
	    .containers = t->containers,
	    .container_count = t->container_count,
	    .moved_since = since,
	};
	alert_store_apply(w->store, w->now, w->interval_s, verdicts, count,
			  w->watched ? &view : NULL, world_listener, w);
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

static inline size_t remembered(const struct alert_store *store)
{
	size_t count = 0;

	while (alert_store_at(store, count))
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
