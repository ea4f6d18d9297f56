/* SPDX-License-Identifier: Apache-2.0 */
/* test_peers.c - what was told of is known for its destinations only. */
#include "alert_fixture.h"

#define NEAR 0x007 /* 10.0.0.7 */
#define FAR  0x107 /* 10.0.1.7 */

static int watched_world_open(void **state)
{
	if (world_open(state) < 0)
		return -1;
	struct world *w = *state;
	w->watched = true;
	return 0;
}

static void sends_to(struct world *w, unsigned host, uint64_t bytes)
{
	w->traffic.since[0] = flow_to(host, 443, bytes);
	w->traffic.since_count = 1;
}

static struct verdict raise_to(struct world *w, unsigned host)
{
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	sends_to(w, host, 20000000);
	world_apply(w, &v, 1);
	assert_int_equal(w->raised, 1);
	return v;
}

/* A day later the same comes again, and sends these bytes there. */
static struct verdict recur_to(struct world *w, const struct verdict *told,
			       unsigned host, uint64_t bytes)
{
	quiet_for(w, 86400);
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	v.incident = 2;
	v.recurs = true;
	v.repeats = told->onset;
	sends_to(w, host, bytes);
	next(w, &v, 1);
	return v;
}

static void a_repeat_to_the_same_destination_is_an_occurrence(void **state)
{
	struct world *w = *state;
	const struct verdict told = raise_to(w, NEAR);

	recur_to(w, &told, NEAR, 20000000);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->recurred, 1);
}

static void a_repeat_to_another_address_of_the_network_is_an_occurrence(void **state)
{
	struct world *w = *state;
	const struct verdict told = raise_to(w, NEAR);

	recur_to(w, &told, NEAR + 1, 20000000);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->recurred, 1);
}

static void a_repeat_to_another_destination_is_an_alert(void **state)
{
	struct world *w = *state;
	const struct verdict told = raise_to(w, NEAR);
	struct verdict v = recur_to(w, &told, FAR, 20000000);

	assert_int_equal(w->raised, 2);
	assert_int_equal(w->recurred, 0);
	const struct alert *alert = alert_store_at(w->store, 0);
	assert_int_equal(alert->evidence.flows[0].flow.address.s6_addr[14], 1);
	assert_int_equal(alert->verdict.bytes, v.bytes);
	next(w, &v, 1);
	assert_int_equal(w->raised, 2);
	assert_int_equal(w->updated, 1);
}

static void a_handshake_elsewhere_is_no_news(void **state)
{
	struct world *w = *state;
	const struct verdict told = raise_to(w, NEAR);

	recur_to(w, &told, FAR, 6000);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->recurred, 1);
}

/* A crawler's or relay's alert cannot name all that it sends to. */
static void a_repeat_of_many_destinations_is_an_occurrence(void **state)
{
	struct world *w = *state;
	const struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	for (unsigned i = 0; i < ALERT_FLOWS_MAX; i++)
		w->traffic.since[i] = flow_to(256 * i, 443, 100000);
	w->traffic.since_count = ALERT_FLOWS_MAX;
	world_apply(w, &v, 1);
	recur_to(w, &v, 256 * 99, 20000000);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->recurred, 1);
}

/* The incident goes on for so many samples, and each scan shows it sending there. */
static void go_on_to(struct world *w, struct verdict *v, unsigned host, int samples)
{
	w->traffic.scanned = true;
	w->traffic.flow_count = 1;
	for (int i = 0; i < samples; i++) {
		w->traffic.flows[0] = flow_to(host, 443, 1000000);
		go_on(v, 10);
		next(w, v, 1);
	}
}

static void an_incident_that_moves_is_another_alert(void **state)
{
	struct world *w = *state;
	struct verdict v = raise_to(w, NEAR);

	go_on_to(w, &v, NEAR, 60);
	assert_int_equal(w->raised, 1);
	const uint64_t before = v.bytes;
	go_on_to(w, &v, FAR, 60);
	assert_int_equal(w->raised, 2);
	assert_int_equal(w->resolved, 1);
	const struct alert *moved = alert_store_at(w->store, 0);
	assert_int_equal(moved->evidence.flow_count, 1);
	assert_int_equal(moved->evidence.flows[0].flow.address.s6_addr[14], 1);
	assert_true(moved->verdict.bytes <= v.bytes - before + 30 * 10000000);
	assert_true(moved->verdict.onset >= T0 + 300);
	assert_int_equal(alert_store_at(w->store, 1)->evidence.flow_count, 1);
	go_on_to(w, &v, FAR, 200);
	assert_int_equal(w->raised, 2);
}

static void destinations_of_the_first_minutes_belong_to_it(void **state)
{
	struct world *w = *state;
	struct verdict v = raise_to(w, NEAR);

	go_on_to(w, &v, FAR, 100);
	assert_int_equal(w->raised, 1);
}

static void an_incident_that_moves_on_and_on_is_not_news_each_time(void **state)
{
	struct world *w = *state;
	struct verdict v = raise_to(w, NEAR);

	for (unsigned i = 1; i < 30; i++)
		go_on_to(w, &v, 256 * i, 60);
	assert_in_range(w->raised, 2, 4);
	assert_true(alert_store_any_firing(w->store));
}

#define TEST(name)                                                                     \
	cmocka_unit_test_setup_teardown(name, watched_world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_repeat_to_the_same_destination_is_an_occurrence),
	    TEST(a_repeat_to_another_address_of_the_network_is_an_occurrence),
	    TEST(a_repeat_to_another_destination_is_an_alert),
	    TEST(a_handshake_elsewhere_is_no_news),
	    TEST(a_repeat_of_many_destinations_is_an_occurrence),
	    TEST(an_incident_that_moves_is_another_alert),
	    TEST(destinations_of_the_first_minutes_belong_to_it),
	    TEST(an_incident_that_moves_on_and_on_is_not_news_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
