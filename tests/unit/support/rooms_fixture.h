/* SPDX-License-Identifier: Apache-2.0 */
/* rooms_fixture.h - a collector, a detector and an alert store that say what a test
 * wants.
 *
 * Defines everything that the server calls of those rooms, so that the real ones are
 * not linked. Included by one file of a test program. */
#ifndef TESTS_SUPPORT_ROOMS_FIXTURE_H
#define TESTS_SUPPORT_ROOMS_FIXTURE_H

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dormouse/past.h"
#include "dormouse/serve.h"

struct collector {
	struct peer_prefix prefixes[4];
	size_t prefix_count;
	struct link_counters links[COLLECT_LINKS_MAX];
	size_t link_count;
	struct container_counters containers[COLLECT_CONTAINERS_MAX + 1];
	size_t container_count;
	struct collect_totals totals;
	bool ok[COLLECTOR_SOURCE_COUNT];
	struct peers_noted noted;
	struct known_peer peers[PEERS_KNOWN_MAX]; /* numbered from 1; port 0: lost */
	size_t peer_count;
};

struct detector {
	uint64_t displaced;
	enum pod_state state;
	double state_since;
	struct baseline_view views[SIGNAL_COUNT];
	double values[SIGNAL_COUNT];
	bool judged[SIGNAL_COUNT];
	struct routine_view routines[ROUTINES_MAX]; /* number 0: none */
	struct past past;
	bool adopted;
};

struct alert_store {
	struct alert alerts[ALERTS_REMEMBERED]; /* newest first */
	size_t count;
	size_t json_length; /* that alert_json() pads to, 0: no padding */
	uint64_t forgotten;
	uint64_t recurrences;
};

static struct collector fake_collector;
static struct detector fake_detector;
static struct alert_store fake_book;
static struct identity fake_pod;
static struct run_stats fake_stats;
static const struct detect_options fake_detect = {.learn_s = 3600};
static __attribute__((unused)) struct serve_source fake_source = {
    .collector = &fake_collector,
    .detector = &fake_detector,
    .detect = &fake_detect,
    .alerts = &fake_book,
    .pod = &fake_pod,
    .stats = &fake_stats};

/* A quiet pod with one interface and two containers, every signal judged. */
static inline void fake_quiet_pod(void)
{
	memset(&fake_collector, 0, sizeof(fake_collector));
	memset(&fake_detector, 0, sizeof(fake_detector));
	memset(&fake_book, 0, sizeof(fake_book));
	fake_collector.link_count = 1;
	fake_collector.links[0] = (struct link_counters){
	    .name = "eth0", .ifindex = 2, .tx_bytes = 12345, .rx_bytes = 678};
	fake_collector.container_count = 2;
	snprintf(fake_collector.containers[0].name, 32, "cgroup-4711");
	snprintf(fake_collector.containers[1].name, 32, "other");
	fake_collector.totals.tcp_tx_bytes = 999;
	fake_collector.totals.own.tx_bytes = 4242;
	for (int i = 0; i < COLLECTOR_SOURCE_COUNT; i++)
		fake_collector.ok[i] = true;
	fake_detector.state = POD_DORMANT;
	fake_detector.state_since = 1.7e9;
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		fake_detector.judged[i] = true;
		fake_detector.values[i] = 1.0 / 3 + i;
		fake_detector.views[i] = (struct baseline_view){.mean = 0.1 + i,
								.stddev = 0.25,
								.p99 = 2,
								.threshold = 1000.5,
								.samples = 360,
								.since = 1.7e9 - 3600};
	}
	fake_pod = (struct identity){.name = "cart-7d9f",
				     .namespace = "shop",
				     .uid = "u-1",
				     .node = "node-1",
				     .workload = "deployment/cart",
				     .cluster = "",
				     .images = ""};
	fake_stats = (struct run_stats){.started_at = 1.7e9, .interval_s = 10};
}

/* Adds a peer with an IPv4 address, in network order. */
static inline __attribute__((unused)) struct known_peer *fake_peer(uint32_t v4,
								   uint16_t port)
{
	struct known_peer *p = &fake_collector.peers[fake_collector.peer_count++];

	*p = (struct known_peer){.tx_bytes = 1234567,
				 .rx_bytes = 89,
				 .connections = 3,
				 .first_seen = 1700000000,
				 .last_seen = 1700003600,
				 .port = port,
				 .protocol = IPPROTO_TCP,
				 .direction = FLOW_OPENED,
				 .containers = 1};
	p->address.s6_addr[10] = p->address.s6_addr[11] = 0xff;
	memcpy(&p->address.s6_addr[12], &v4, sizeof(v4));
	return p;
}

/* Adds a newest alert. */
static inline struct alert *fake_alert(enum alert_kind kind, double starts_at,
				       double ends_at)
{
	struct alert_store *b = &fake_book;

	if (b->count == ALERTS_REMEMBERED) {
		b->count--;
		b->forgotten++;
	}
	memmove(&b->alerts[1], &b->alerts[0], b->count * sizeof(b->alerts[0]));
	b->count++;
	b->alerts[0] = (struct alert){
	    .id = (uint64_t)(starts_at * 1000) + (uint64_t)kind,
	    .verdict = {.kind = kind, .signal = SIGNAL_TX_BYTES, .risk = 72},
	    .starts_at = starts_at,
	    .updated_at = starts_at + 20,
	    .ends_at = ends_at,
	};
	return &b->alerts[0];
}

const char *collector_source_name(enum collector_source source)
{
	static const char *const names[] = {"links", "protocols", "sockets",
					    "socket_events"};
	return names[source];
}

bool collector_ok(const struct collector *c, enum collector_source source)
{
	return c->ok[source];
}

const struct collect_totals *collector_totals(const struct collector *c)
{
	return &c->totals;
}

const struct link_counters *collector_links(const struct collector *c, size_t *count)
{
	*count = c->link_count;
	return c->links;
}

const struct container_counters *collector_containers(const struct collector *c,
						      size_t *count)
{
	*count = c->container_count;
	return c->containers;
}

struct peers_noted collector_peers_noted(const struct collector *c)
{
	return c->noted;
}

size_t collector_peers(const struct collector *c, uint32_t numbers[PEERS_KNOWN_MAX])
{
	for (size_t i = 0; i < c->peer_count; i++)
		numbers[i] = (uint32_t)i + 1;
	return c->peer_count;
}

bool collector_peer(const struct collector *c, uint32_t number, struct known_peer *peer)
{
	*peer = c->peers[number - 1];
	return peer->port != 0;
}

const char *pod_state_name(enum pod_state state)
{
	static const char *const names[] = {"learning", "dormant", "active"};
	return names[state];
}

const char *alert_kind_name(enum alert_kind kind)
{
	static const char *const names[] = {
#define KIND(id, name, ...) name,
#include "detect/kinds.def"
#undef KIND
	};
	return names[kind];
}

enum pod_state detector_state(const struct detector *d)
{
	return d->state;
}

double detector_state_since(const struct detector *d)
{
	return d->state_since;
}

bool detector_value(const struct detector *d, enum signal signal, double *value)
{
	*value = d->values[signal];
	return d->judged[signal];
}

void detector_baseline(const struct detector *d, enum signal signal,
		       struct baseline_view *view)
{
	*view = d->views[signal];
}

bool detector_routine_at(const struct detector *d, size_t place,
			 struct routine_view *view)
{
	*view = d->routines[place];
	return view->number > 0;
}

uint64_t detector_routines_learnt(const struct detector *d)
{
	uint64_t count = 0;

	for (size_t place = 0; place < ROUTINES_MAX; place++)
		count += d->routines[place].number > 0;
	return count;
}

void detector_past(const struct detector *d, struct past *past)
{
	*past = d->past;
}

bool detector_adopted(const struct detector *d)
{
	return d->adopted;
}

size_t collector_peer_prefixes(const struct collector *c, struct peer_prefix *out,
			       size_t max)
{
	for (size_t i = 0; i < c->prefix_count && i < max; i++)
		out[i] = c->prefixes[i];
	return c->prefix_count;
}

const struct alert *alert_store_at(const struct alert_store *store, size_t index)
{
	return index < store->count ? &store->alerts[index] : NULL;
}

bool alert_store_firing(const struct alert_store *store, enum alert_kind kind)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->alerts[i].verdict.kind == kind &&
		    store->alerts[i].ends_at == 0)
			return true;
	return false;
}

uint64_t alert_store_raised(const struct alert_store *store, enum alert_kind kind)
{
	uint64_t count = 0;

	for (size_t i = 0; i < store->count; i++)
		count += store->alerts[i].verdict.kind == kind;
	return count;
}

uint64_t alert_store_forgotten(const struct alert_store *store)
{
	return store->forgotten;
}

uint64_t alert_store_recurrences(const struct alert_store *store)
{
	return store->recurrences;
}

uint64_t detector_displaced(const struct detector *d)
{
	return d->displaced;
}

const char *alert_severity(unsigned risk)
{
	return risk < 40   ? "low"
	       : risk < 60 ? "medium"
	       : risk < 80 ? "high"
			   : "critical";
}

/* A stand-in's evidence: one destination. */
static void fake_evidence(struct json_writer *w)
{
	json_object(w, "evidence");
	json_array(w, "destinations");
	json_object(w, NULL);
	json_string(w, "address", "203.0.113.7");
	json_unsigned(w, "port", 443);
	json_string(w, "protocol", "tcp");
	json_unsigned(w, "bytes", 48000000);
	json_unsigned(w, "connections", 3);
	json_string(w, "container", "cgroup-4711");
	json_end(w);
	json_end(w);
	json_end(w);
}

void alert_json(const struct alert *alert, const struct identity *pod,
		struct json_writer *w)
{
	char id[17];

	(void)pod;
	json_object(w, NULL);
	const size_t begin = w->out->length - 1;
	snprintf(id, sizeof(id), "%016" PRIx64, alert->id);
	json_string(w, "id", id);
	json_string(w, "kind", alert_kind_name(alert->verdict.kind));
	json_string(w, "signal", "tx_bytes");
	json_string(w, "severity", alert_severity(alert->verdict.risk));
	json_unsigned(w, "riskScore", alert->verdict.risk);
	json_string(w, "status", alert->ends_at > 0 ? "resolved" : "firing");
	json_time(w, "startsAt", alert->starts_at);
	json_time_or_null(w, "endsAt", alert->ends_at);
	json_time(w, "onset", alert->starts_at - 10);
	json_number(w, "value", 1200000.5);
	json_number(w, "peak", 1300000);
	json_object(w, "baseline");
	json_number(w, "mean", 12.5);
	json_number(w, "threshold", 2250);
	json_end(w);
	json_string(w, "summary",
		    "Sent 1.2 MB/s where it never sent more than 2.0 kB/s");
	fake_evidence(w);
	json_begin_string(w, "padding");
	while (w->out->length - begin + 2 < fake_book.json_length &&
	       !w->out->overflowed)
		text_put_bytes(w->out, "x", 1);
	json_end_string(w);
	json_end(w);
}

void alert_summary(const struct alert *alert, struct text *t)
{
	(void)alert;
	text_put(t, "Sent 1.2 MB/s where \"2.0 kB/s\" was the most so far");
}

#endif
