/* SPDX-License-Identifier: Apache-2.0 */
/* test_evidence.c - where an alert's traffic went, and how it is told. */
#include "../support/nobody.h"
#include "alert_fixture.h"

static int watched_world_open(void **state)
{
	if (world_open(state) < 0)
		return -1;
	struct world *w = *state;
	w->watched = true;
	w->traffic.containers[0] = (struct container_counters){.name = "cgroup-41"};
	w->traffic.containers[1] = (struct container_counters){.name = "cgroup-42"};
	w->traffic.container_count = 2;
	w->traffic.links[0] = (struct link_counters){.name = "eth0", .ifindex = 2};
	w->traffic.links[1] = (struct link_counters){.name = "net1", .ifindex = 3};
	w->traffic.link_count = 2;
	return 0;
}

/* A sample without verdicts, then one that raises an alert with these flows. */
static void raise_with(struct world *w, const struct flow *flows, size_t count)
{
	const struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	memcpy(w->traffic.since, flows, count * sizeof(*flows));
	w->traffic.since_count = count;
	world_apply(w, &v, 1);
}

/* The next sample scanned the sockets and found these flows. */
static void next_scan(struct world *w, const struct verdict *v, size_t shown,
		      const struct flow *flows, size_t count)
{
	if (count > 0)
		memcpy(w->traffic.flows, flows, count * sizeof(*flows));
	w->traffic.flow_count = count;
	w->traffic.scanned = true;
	next(w, v, shown);
}

static uint64_t accounted_bytes(const struct alert_evidence *e)
{
	uint64_t sum = e->other_bytes;

	for (unsigned i = 0; i < e->flow_count; i++)
		sum += e->flows[i].flow.tx_bytes;
	return sum;
}

static void evidence_is_there_when_it_is_raised(void **state)
{
	struct world *w = *state;
	struct flow flows[2] = {flow_to(7, 5201, 20000), flow_to(8, 53, 10)};

	flows[0].container = 1;
	raise_with(w, flows, 2);
	assert_true(w->traffic.lacks_since == T0 - 20);
	const struct alert_evidence *e = &w->last.evidence;
	assert_int_equal(e->flow_count, 2);
	assert_int_equal(e->flows[0].flow.port, 5201);
	assert_int_equal(e->flows[0].flow.tx_bytes, 20000);
	assert_string_equal(e->flows[0].container, "cgroup-42");
	assert_int_equal(e->container_count, 2);
	assert_string_equal(e->containers[0], "cgroup-42");
}

static void the_scan_that_raised_it_is_not_counted_twice(void **state)
{
	struct world *w = *state;
	const struct flow f = flow_to(7, 5201, 20000);

	w->traffic.scanned = true;
	w->traffic.flows[0] = f;
	w->traffic.flow_count = 1;
	raise_with(w, &f, 1);
	assert_int_equal(w->last.evidence.flows[0].flow.tx_bytes, 20000);
	assert_int_equal(w->last.evidence.flows[0].flow.connections, 1);
}

static void each_scan_adds_what_it_saw(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	const struct flow first = flow_to(7, 5201, 20000),
			  more = flow_to(7, 5201, 9000);

	raise_with(w, &first, 1);
	next_scan(w, &v, 1, &more, 1);
	next_scan(w, &v, 1, &more, 1);
	w->traffic.scanned = false; /* a stale scan is not new */
	next(w, &v, 1);
	assert_int_equal(w->last.evidence.flow_count, 1);
	assert_int_equal(w->last.evidence.flows[0].flow.tx_bytes, 38000);
	assert_int_equal(w->last.evidence.flows[0].flow.connections, 3);
}

static void the_last_bytes_before_it_resolves_are_in_it(void **state)
{
	struct world *w = *state;
	const struct flow first = flow_to(7, 5201, 20000), tail = flow_to(7, 5201, 300);

	raise_with(w, &first, 1);
	next_scan(w, NULL, 0, &tail, 1);
	w->traffic.flow_count = 0;
	quiet_for(w, 60);
	assert_int_equal(w->resolved, 1);
	assert_int_equal(w->last.evidence.flows[0].flow.tx_bytes, 20300);
	next_scan(w, NULL, 0, &tail, 1);
	assert_int_equal(alert_store_at(w->store, 0)->evidence.flows[0].flow.tx_bytes,
			 20300);
}

static void everyday_traffic_to_the_same_address_is_not_evidence(void **state)
{
	struct world *w = *state;
	const struct flow everyday = flow_to(7, 443, 50000),
			  jump = flow_to(7, 443, 900000);

	w->traffic.history = flows_new(64, 1);
	for (int i = 0; i < 5; i++)
		next_scan(w, NULL, 0, &everyday, 1);
	next_scan(w, NULL, 0, &jump, 1); /* it begins, but nobody is sure yet */
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);
	v.onset = w->now - 10;
	next_scan(w, &v, 1, &jump, 1);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->last.evidence.flows[0].flow.tx_bytes, 2 * 900000);
}

static void what_began_long_before_the_last_scans_is_asked_for(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_DRIFT);
	const struct flow some = flow_to(7, 443, 1000);

	w->traffic.history = flows_new(64, 1);
	for (int i = 0; i < 50; i++)
		next_scan(w, NULL, 0, &some, 1);
	v.onset = w->now - 400;
	next_scan(w, &v, 1, &some, 1);
	assert_true(w->traffic.lacks_since == v.onset);
	/* All since then, and at most the five minutes in which it began. */
	assert_true(w->last.evidence.flows[0].flow.tx_bytes >= 41000);
	assert_true(w->last.evidence.flows[0].flow.tx_bytes <= 51000);
}

static void what_comes_back_adds_what_moved_since_its_onset_once(void **state)
{
	struct world *w = *state;
	const struct flow burst = flow_to(7, 443, 1000);

	w->traffic.history = flows_new(64, 1);
	for (int i = 0; i < 8; i++) { /* a beacon: shown by the second scan of each */
		next_scan(w, NULL, 0, &burst, 1);
		struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
		v.onset = w->now - 10;
		next_scan(w, &v, 1, &burst, 1);
		w->traffic.flow_count = 0;
		quiet_for(w, 120);
	}
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->reopened, 7);
	assert_int_equal(w->last.evidence.flows[0].flow.tx_bytes, 16000);
}

/* Of what comes back, the store lacks only what moved since it was last seen. */
static void what_comes_back_is_asked_for_since_it_was_seen(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	double since = -1, seen_until = -1;

	assert_true(alert_store_lacks(w->store, &v, &since, &seen_until));
	assert_true(since == v.onset && seen_until == 0);
	next_scan(w, &v, 1, NULL, 0);
	assert_false(alert_store_lacks(w->store, &v, &since, &seen_until));
	const double last = w->now;
	w->traffic.scanned = false;
	quiet_for(w, 120);
	v.onset = w->now - 10;
	assert_true(alert_store_lacks(w->store, &v, &since, &seen_until));
	assert_true(since == v.onset && seen_until == last);
}

static void udp_sockets_that_live_on_are_not_counted_again(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	struct flow f = flow_to(7, 53, 0);

	f.protocol = IPPROTO_UDP;
	f.connections = 3;
	f.begun = 0;
	raise_with(w, &f, 1);
	next_scan(w, &v, 1, &f, 1);
	assert_int_equal(w->last.evidence.flows[0].flow.connections, 3);
}

static void a_destination_that_grows_displaces_the_smallest(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	struct flow flows[ALERT_FLOWS_MAX];

	for (unsigned i = 0; i < ALERT_FLOWS_MAX; i++)
		flows[i] = flow_to(i + 1, 443, 1000 * (i + 1));
	raise_with(w, flows, ALERT_FLOWS_MAX);
	const struct flow news[2] = {flow_to(100, 443, 5500), flow_to(101, 443, 1500)};
	next_scan(w, &v, 1, news, 2);
	const struct alert_evidence *e = &w->last.evidence;
	assert_int_equal(e->flow_count, ALERT_FLOWS_MAX);
	assert_int_equal(e->other_bytes, 1000 + 1500);
	assert_int_equal(e->other_connections, 2);
	assert_int_equal(accounted_bytes(e), 55000 + 7000);
	for (unsigned i = 1; i < e->flow_count; i++)
		assert_true(e->flows[i - 1].flow.tx_bytes >= e->flows[i].flow.tx_bytes);
}

static void no_byte_is_lost_among_thousands_of_destinations(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_CONNECTION_FANOUT);
	struct flow flows[200];
	uint64_t sent = 0, random = 1;
	const struct flow first = flow_to(1, 80, 10);

	raise_with(w, &first, 1);
	sent = 10;
	for (unsigned scan = 0; scan < 50; scan++) {
		for (unsigned i = 0; i < 200; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			flows[i] = flow_to((unsigned)(random >> 40) % 5000, 80,
					   (random >> 33) % 3000);
			sent += flows[i].tx_bytes;
		}
		next_scan(w, &v, 1, flows, 200);
	}
	assert_true(accounted_bytes(&w->last.evidence) == sent);
}

static void a_drip_that_goes_on_is_found_behind_those_who_came_first(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	struct flow flows[ALERT_FLOWS_MAX];
	const struct flow drip = flow_to(99, 443, 100000);

	for (unsigned i = 0; i < ALERT_FLOWS_MAX; i++)
		flows[i] = flow_to(i + 1, 443, 1000000);
	raise_with(w, flows, ALERT_FLOWS_MAX);
	for (int scan = 0; scan < 200; scan++) {
		send_more(&v, 100000);
		next_scan(w, &v, 1, &drip, 1);
	}
	const struct alert_evidence *e = &w->last.evidence;
	assert_int_equal(e->flows[0].flow.address.s6_addr[15], 99);
	assert_true(e->flows[0].flow.tx_bytes >= 19000000);
	assert_int_equal(accounted_bytes(e), 30000000);
}

/* Who gets nothing takes no place of who got something, however many there are and
 * however often they are seen. */
static void decoys_without_bytes_displace_nobody(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	struct flow flows[250];

	for (unsigned i = 0; i < ALERT_FLOWS_MAX; i++)
		flows[i] = flow_to(i + 1, 443, 1);
	raise_with(w, flows, ALERT_FLOWS_MAX);
	for (int scan = 0; scan < 50; scan++) {
		for (unsigned i = 0; i < 250; i++) {
			flows[i] = flow_to(1000 + i, 9, 0);
			flows[i].protocol = i % 2 ? IPPROTO_UDP : IPPROTO_TCP;
			flows[i].connections = 1000;
		}
		next_scan(w, &v, 1, flows, 250);
	}
	const struct alert_evidence *e = &w->last.evidence;
	for (unsigned i = 0; i < ALERT_FLOWS_MAX; i++)
		assert_int_equal(e->flows[i].flow.tx_bytes, 1);
}

/* Nobody is said to have got more than it did, and who is missing got no more than the
 * least of those kept may have got. */
static void what_the_destinations_got_is_never_overstated(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	static uint64_t truth[300];
	struct flow flows[200] = {0};
	uint64_t random = 3;

	raise_with(w, flows, 0);
	for (int scan = 0; scan < 400; scan++) {
		for (unsigned i = 0; i < 200; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			unsigned host = (unsigned)(random >> 40) % 300;
			flows[i] =
			    flow_to(host, 443, host % 50 == 0 ? 3000 : random >> 62);
			truth[host] += flows[i].tx_bytes;
		}
		next_scan(w, &v, 1, flows, 200);
	}
	const struct alert_evidence *e = &w->last.evidence;
	uint64_t most = 0;
	for (unsigned i = 0; i < e->flow_count; i++) {
		const struct flow *f = &e->flows[i].flow;
		unsigned host = f->address.s6_addr[14] * 256u + f->address.s6_addr[15];
		assert_true(f->tx_bytes <= truth[host]);
		assert_true(truth[host] <= f->tx_bytes + e->flows[i].uncertain);
		truth[host] = 0;
	}
	for (unsigned i = 0; i < ALERT_CELLS; i++)
		if (e->missed[i] > most)
			most = e->missed[i];
	for (unsigned host = 0; host < 300; host++) {
		assert_true(truth[host] <= most);
		assert_false(host % 50 == 0 && truth[host] > 0);
	}
}

static void one_address_seen_from_two_containers_is_two_destinations(void **state)
{
	struct world *w = *state;
	struct flow flows[2] = {flow_to(7, 443, 100), flow_to(7, 443, 100)};

	flows[1].container = 1;
	raise_with(w, flows, 2);
	assert_int_equal(w->last.evidence.flow_count, 2);
}

static void udp_destinations_come_first_where_udp_stands_out(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	for (unsigned i = 0; i < 20; i++)
		w->traffic.since[i] = flow_to(i, 443, 1000);
	w->traffic.since[20] = flow_to(99, 123, 0);
	w->traffic.since[20].protocol = IPPROTO_UDP;
	w->traffic.since_count = 21;
	v.signal = SIGNAL_UDP_TX_PACKETS;
	world_apply(w, &v, 1);
	assert_int_equal(w->last.evidence.flows[0].flow.protocol, IPPROTO_UDP);
	assert_int_equal(w->last.evidence.flows[0].flow.port, 123);
}

static void udp_is_in_a_scan_of_many_tcp_peers(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);
	struct flow flows[41];

	for (unsigned i = 0; i < 40; i++)
		flows[i] = flow_to(i, 443, 1000);
	flows[40] = flow_to(99, 123, 0);
	flows[40].protocol = IPPROTO_UDP;
	v.signal = SIGNAL_UDP_TX_PACKETS;
	w->traffic.history = flows_new(64, 1);
	next_scan(w, NULL, 0, flows, 0);
	v.onset = w->now;
	next_scan(w, &v, 1, flows, 41);
	assert_int_equal(w->last.evidence.flows[0].flow.port, 123);
	assert_int_equal(accounted_bytes(&w->last.evidence), 40000);
}

static void the_links_that_sent_it_are_named(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	w->traffic.links[0].tx_bytes = 900000000; /* busy once, long ago */
	next(w, NULL, 0);
	w->traffic.links[0].tx_bytes += 10;
	w->traffic.links[1].tx_bytes += 10000000;
	next(w, &v, 1);
	assert_int_equal(w->last.evidence.interface_count, 1);
	assert_string_equal(w->last.evidence.interfaces[0], "net1");
}

static void without_sockets_the_lists_are_empty(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);
	char json[ALERT_JSON_MAX];
	struct text t = text_over(json, sizeof(json));
	struct json_writer writer = json_writer_over(&t);

	w->watched = false;
	world_apply(w, &v, 1);
	alert_json(&w->last, &nobody, &writer);
	assert_non_null(strstr(json,
			       "\"evidence\":{\"destinations\":[],\"containers\":[],"
			       "\"interfaces\":[],\"relay\":{\"received\":0,"
			       "\"sent\":20000000,\"balance\":null}}"));
}

#define TEST(name)                                                                     \
	cmocka_unit_test_setup_teardown(name, watched_world_open, world_close)

static const char *json_of(const struct alert *a)
{
	static char json[ALERT_JSON_MAX];
	struct text t = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&t);

	alert_json(a, &nobody, &w);
	return json;
}

static void what_no_socket_accounts_for_is_evidence_of_its_own(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	v.signal = SIGNAL_UNACCOUNTED_TX_BYTES;
	v.bytes = 5000000;
	w->traffic.unaccounted = (struct unaccounted){
	    .bytes = 1000000, .packets = {[UNACCOUNTED_ICMP] = 900}};
	next_scan(w, NULL, 0, NULL, 0); /* before its onset */
	v.onset = w->now;
	w->traffic.since_unaccounted = w->traffic.unaccounted;
	next_scan(w, &v, 1, NULL, 0);
	assert_int_equal(w->last.evidence.unaccounted.bytes, 1000000);
	w->traffic.unaccounted.packets[UNACCOUNTED_RESETS] = 3;
	next_scan(w, &v, 1, NULL, 0);
	assert_int_equal(w->last.evidence.unaccounted.bytes, 2000000);
	assert_non_null(strstr(json_of(&w->last),
			       ",\"unaccounted\":{\"bytes\":2000000,\"packets\":{"
			       "\"icmp\":1800,\"resets\":3}}"));
	assert_non_null(strstr(json_of(&w->last),
			       "2.0 MB of it unaccounted for by any socket "
			       "(ICMP)."));
}

static void where_sockets_account_for_more_the_destination_is_told(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	const struct flow theft = {.protocol = IPPROTO_TCP,
				   .port = 443,
				   .tx_bytes = 4000000,
				   .begun = 1,
				   .connections = 1};

	v.bytes = 5000000;
	v.onset = w->now;
	w->traffic.history = flows_new(64, 1);
	w->traffic.since_unaccounted.bytes = 1000000;
	next_scan(w, &v, 1, &theft, 1);
	assert_null(strstr(json_of(&w->last), "unaccounted for"));
	assert_non_null(strstr(json_of(&w->last), "4.0 MB of it to "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(evidence_is_there_when_it_is_raised),
	    TEST(what_no_socket_accounts_for_is_evidence_of_its_own),
	    TEST(where_sockets_account_for_more_the_destination_is_told),
	    TEST(the_scan_that_raised_it_is_not_counted_twice),
	    TEST(each_scan_adds_what_it_saw),
	    TEST(the_last_bytes_before_it_resolves_are_in_it),
	    TEST(everyday_traffic_to_the_same_address_is_not_evidence),
	    TEST(what_began_long_before_the_last_scans_is_asked_for),
	    TEST(what_comes_back_adds_what_moved_since_its_onset_once),
	    TEST(what_comes_back_is_asked_for_since_it_was_seen),
	    TEST(udp_sockets_that_live_on_are_not_counted_again),
	    TEST(a_destination_that_grows_displaces_the_smallest),
	    TEST(no_byte_is_lost_among_thousands_of_destinations),
	    TEST(a_drip_that_goes_on_is_found_behind_those_who_came_first),
	    TEST(decoys_without_bytes_displace_nobody),
	    TEST(what_the_destinations_got_is_never_overstated),
	    TEST(one_address_seen_from_two_containers_is_two_destinations),
	    TEST(udp_destinations_come_first_where_udp_stands_out),
	    TEST(udp_is_in_a_scan_of_many_tcp_peers),
	    TEST(the_links_that_sent_it_are_named),
	    TEST(without_sockets_the_lists_are_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
