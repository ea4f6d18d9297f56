/* SPDX-License-Identifier: Apache-2.0 */
/* Flows: where traffic went since the last look and in the last hour. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "../../sidecar/collect/address_set.h"
#include "../../sidecar/collect/flows.h"

/* Last: it defines fail() as a macro. */
#include <cmocka.h>

#define NOON       1700049600.0 /* a step of five minutes begins */
#define MINUTES(n) ((n)*60.0)

static struct flow to(unsigned host, uint64_t tx_bytes)
{
	struct flow f = {.port = 443,
			 .protocol = IPPROTO_TCP,
			 .direction = FLOW_OPENED,
			 .tx_bytes = tx_bytes,
			 .connections = 1};
	f.address.s6_addr[10] = f.address.s6_addr[11] = 0xff;
	f.address.s6_addr[12] = 10;
	f.address.s6_addr[14] = (uint8_t)(host >> 8);
	f.address.s6_addr[15] = (uint8_t)host;
	return f;
}

static void add(struct flows *f, unsigned host, uint64_t tx_bytes)
{
	struct flow flow = to(host, tx_bytes);
	flows_add(f, &flow);
}

static void the_last_look_shows_what_moved_most_first(void **state)
{
	(void)state;
	struct flows *f = flows_new(64, 1);
	size_t count;
	for (unsigned host = 1; host <= 50; host++)
		add(f, host, host * 37 % 50);
	flows_commit(f, NOON);
	const struct flow *flows = flows_last(f, &count);
	assert_int_equal(count, 50);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(flows[i].tx_bytes, 49 - i);

	add(f, 3, 5);
	flows_commit(f, NOON + 10);
	flows = flows_last(f, &count);
	assert_int_equal(count, 1);
	assert_int_equal(flows[0].tx_bytes, 5);
	flows_commit(f, NOON + 20);
	flows_last(f, &count);
	assert_int_equal(count, 0);
	flows_free(f);
}

static void what_was_added_shows_only_after_its_look(void **state)
{
	(void)state;
	struct flows *f = flows_new(16, 1);
	struct flow out[2];
	size_t count;
	add(f, 1, 100);
	flows_last(f, &count);
	assert_int_equal(count, 0);
	assert_int_equal(flows_since(f, 0, out, 2), 0);
	flows_free(f);
}

static void flows_differ_by_each_part_of_their_key(void **state)
{
	(void)state;
	struct flows *f = flows_new(16, 1);
	struct flow flow = to(1, 1);
	size_t count;
	flows_add(f, &flow);
	flow.port = 80;
	flows_add(f, &flow);
	flow.protocol = IPPROTO_UDP;
	flows_add(f, &flow);
	flow.direction = FLOW_ACCEPTED;
	flows_add(f, &flow);
	flow.container = 1;
	flows_add(f, &flow);
	flow.address.s6_addr[0] = 0xfd;
	flows_add(f, &flow);
	flows_add(f, &flow);
	flows_commit(f, NOON);
	flows_last(f, &count);
	assert_int_equal(count, 6);
	flows_free(f);
}

static void the_last_hour_is_summed_since_the_step_that_was_asked_for(void **state)
{
	(void)state;
	struct flows *f = flows_new(16, 1);
	struct flow out[4];
	for (int step = 0; step < 12; step++) {
		add(f, 1, 1);
		add(f, 2, 10);
		flows_commit(f, NOON + MINUTES(5 * step + 2));
	}
	assert_int_equal(flows_since(f, NOON, out, 4), 2);
	assert_int_equal(out[0].tx_bytes, 120);
	assert_int_equal(out[0].connections, 12);
	assert_int_equal(out[1].tx_bytes, 12);
	/* The middle of a step takes the whole of it. */
	assert_int_equal(flows_since(f, NOON + MINUTES(52), out, 4), 2);
	assert_int_equal(out[0].tx_bytes, 20);
	assert_int_equal(flows_since(f, NOON + MINUTES(60), out, 4), 0);
	/* An hour on, the first steps are forgotten. */
	add(f, 1, 1);
	flows_commit(f, NOON + MINUTES(60));
	assert_int_equal(flows_since(f, NOON, out, 4), 2);
	assert_int_equal(out[1].tx_bytes, 12);
	assert_int_equal(out[0].tx_bytes, 110);
	flows_free(f);
}

static void a_small_answer_keeps_the_greatest(void **state)
{
	(void)state;
	struct flows *f = flows_new(256, 1);
	struct flow out[3];
	for (unsigned host = 0; host < 200; host++)
		add(f, host, host * 7919 % 200);
	flows_commit(f, NOON);
	assert_int_equal(flows_since(f, NOON, out, 3), 3);
	assert_int_equal(out[0].tx_bytes, 199);
	assert_int_equal(out[1].tx_bytes, 198);
	assert_int_equal(out[2].tx_bytes, 197);
	assert_int_equal(flows_since(f, NOON, out, 0), 0);
	flows_free(f);
}

static void a_full_table_counts_what_it_cannot_keep(void **state)
{
	(void)state;
	struct flows *f = flows_new(16, 1);
	size_t count;
	for (unsigned host = 0; host < 40; host++)
		add(f, host, 1);
	flows_commit(f, NOON);
	flows_last(f, &count);
	assert_int_equal(count, 16);
	assert_int_equal(flows_untracked(f), 24);
	flows_free(f);
}

static void flows_idle_for_an_hour_make_room(void **state)
{
	(void)state;
	struct flows *f = flows_new(16, 1);
	struct flow out[32];
	for (unsigned host = 0; host < 16; host++)
		add(f, host, 1);
	flows_commit(f, NOON);
	for (int minute = 10; minute <= 70; minute += 10) {
		add(f, 3, 1);
		add(f, (unsigned)(100 + minute), 1);
		flows_commit(f, NOON + MINUTES(minute));
	}
	assert_int_equal(flows_untracked(f), 6);
	for (unsigned host = 200; host < 214; host++)
		add(f, host, 1);
	flows_commit(f, NOON + MINUTES(71));
	assert_int_equal(flows_untracked(f), 6);
	assert_int_equal(flows_since(f, NOON + MINUTES(71), out, 32), 16);
	flows_free(f);
}

static void udp_counts_sockets_that_live_not_looks(void **state)
{
	(void)state;
	struct flows *f = flows_new(16, 1);
	struct flow out[1], flow = to(1, 0);
	flow.protocol = IPPROTO_UDP;
	for (int i = 0; i < 5; i++) {
		flows_add(f, &flow);
		flows_add(f, &flow);
		flows_commit(f, NOON + i);
	}
	assert_int_equal(flows_since(f, NOON, out, 1), 1);
	assert_int_equal(out[0].connections, 2);
	flows_free(f);
}

static void reach(struct address_set *set, unsigned host)
{
	struct flow flow = to(host, 0);
	address_set_add(set, &flow.address);
}

static void an_address_set_counts_each_once_up_to_its_bound(void **state)
{
	(void)state;
	struct address_set set;
	assert_int_equal(address_set_init(&set, 32, 99), 0);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned host = 0; host < 20; host++)
			reach(&set, host);
	assert_int_equal(set.count, 20);
	for (unsigned host = 0; host < 100; host++)
		reach(&set, host);
	assert_int_equal(set.count, 32);
	address_set_clear(&set);
	assert_int_equal(set.count, 0);
	reach(&set, 5);
	assert_int_equal(set.count, 1);
	address_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_look_shows_what_moved_most_first),
	    cmocka_unit_test(what_was_added_shows_only_after_its_look),
	    cmocka_unit_test(flows_differ_by_each_part_of_their_key),
	    cmocka_unit_test(the_last_hour_is_summed_since_the_step_that_was_asked_for),
	    cmocka_unit_test(a_small_answer_keeps_the_greatest),
	    cmocka_unit_test(a_full_table_counts_what_it_cannot_keep),
	    cmocka_unit_test(flows_idle_for_an_hour_make_room),
	    cmocka_unit_test(udp_counts_sockets_that_live_not_looks),
	    cmocka_unit_test(an_address_set_counts_each_once_up_to_its_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
