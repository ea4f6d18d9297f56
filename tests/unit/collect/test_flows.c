/* SPDX-License-Identifier: Apache-2.0 */
/* Flows: where traffic went since the last scan and in the last hour. */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/links/address_set.h"
#include "collect/sockets/flows.h"

#define NOON       1700049600.0 /* a step of five minutes begins */
#define MINUTES(n) ((n)*60.0)

static struct flow to(unsigned host, uint64_t tx_bytes)
{
	struct flow f = {.port = 443,
			 .protocol = IPPROTO_TCP,
			 .direction = FLOW_OPENED,
			 .tx_bytes = tx_bytes,
			 .begun = 1};
	f.address.s6_addr[10] = f.address.s6_addr[11] = 0xff;
	f.address.s6_addr[12] = 10;
	f.address.s6_addr[14] = (uint8_t)(host >> 8);
	f.address.s6_addr[15] = (uint8_t)host;
	return f;
}

static void add(struct flows *f, unsigned host, uint64_t tx_bytes)
{
	struct flow flow = to(host, tx_bytes);
	flows_add(f, &flow, NULL);
}

/* A connection that goes on, with its own memory of when it last moved. */
static void go_on(struct flows *f, unsigned host, uint64_t tx_bytes, uint32_t *active)
{
	struct flow flow = to(host, tx_bytes);
	flow.begun = *active == 0;
	flows_add(f, &flow, active);
}

static uint64_t sum_of(const struct flow *flows, size_t count)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += flows[i].tx_bytes;
	return sum;
}

/* So many scans that found nothing that only steps reach back to what was before. */
static void scans_pass(struct flows *f, double time)
{
	for (int i = 0; i <= 16; i++)
		flows_commit(f, time + (i + 1) * 0.001);
}

/* The flow to that host, all zero when it is not there. */
static struct flow found(const struct flow *flows, size_t count, unsigned host)
{
	const struct flow like = to(host, 0);
	for (size_t i = 0; i < count; i++)
		if (flows[i].protocol == IPPROTO_TCP &&
		    IN6_ARE_ADDR_EQUAL(&flows[i].address, &like.address))
			return flows[i];
	return (struct flow){0};
}

CASE(the_last_scan_shows_what_moved_most_first)
{
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

CASE(what_was_added_shows_only_after_its_scan)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[2];
	size_t count;
	add(f, 1, 100);
	flows_last(f, &count);
	assert_int_equal(count, 0);
	assert_int_equal(flows_since(f, 0, 0, out, 2), 0);
	flows_free(f);
}

CASE(flows_differ_by_each_part_of_their_key)
{
	struct flows *f = flows_new(64, 1);
	struct flow flow = to(1, 1);
	size_t count;
	flows_add(f, &flow, NULL);
	flow.port = 80;
	flows_add(f, &flow, NULL);
	flow.protocol = IPPROTO_UDP;
	flows_add(f, &flow, NULL);
	flow.direction = FLOW_ACCEPTED;
	flows_add(f, &flow, NULL);
	flow.container = 1;
	flows_add(f, &flow, NULL);
	flow.address.s6_addr[0] = 0xfd;
	flows_add(f, &flow, NULL);
	flows_add(f, &flow, NULL);
	flows_commit(f, NOON);
	flows_last(f, &count);
	assert_int_equal(count, 6);
	flows_free(f);
}

CASE(the_last_hour_is_summed_since_the_step_that_was_asked_for)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[4];
	for (int step = 0; step < 12; step++) {
		add(f, 1, 1);
		add(f, 2, 10);
		flows_commit(f, NOON + MINUTES(5 * step + 2));
	}
	scans_pass(f, NOON + MINUTES(57));
	assert_int_equal(flows_since(f, NOON, 0, out, 4), 2);
	assert_int_equal(out[0].tx_bytes, 120);
	assert_int_equal(out[0].connections, 12);
	assert_int_equal(out[1].tx_bytes, 12);
	/* The middle of a step takes the whole of it. */
	assert_int_equal(flows_since(f, NOON + MINUTES(52), 0, out, 4), 2);
	assert_int_equal(out[0].tx_bytes, 20);
	assert_int_equal(flows_since(f, NOON + MINUTES(60), 0, out, 4), 0);
	/* An hour on, the first steps are forgotten. */
	add(f, 1, 1);
	flows_commit(f, NOON + MINUTES(60));
	assert_int_equal(flows_since(f, NOON, 0, out, 4), 2);
	assert_int_equal(out[1].tx_bytes, 12);
	assert_int_equal(out[0].tx_bytes, 110);
	flows_free(f);
}

CASE(a_small_answer_keeps_the_greatest_and_the_rest)
{
	struct flows *f = flows_new(256, 1);
	struct flow out[3];
	for (unsigned host = 0; host < 200; host++)
		add(f, host, host * 7919 % 200);
	flows_commit(f, NOON);
	scans_pass(f, NOON);
	assert_int_equal(flows_since(f, NOON, 0, out, 3), 3);
	assert_int_equal(out[0].tx_bytes, 199);
	assert_int_equal(out[1].tx_bytes, 198);
	assert_int_equal(out[2].protocol, 0);
	assert_int_equal(out[2].tx_bytes, 199 * 200 / 2 - 199 - 198);
	assert_int_equal(out[2].connections, 198);
	assert_int_equal(flows_since(f, NOON, 0, out, 0), 0);
	flows_free(f);
}

CASE(a_full_table_counts_what_it_cannot_keep)
{
	struct flows *f = flows_new(16, 1);
	size_t count;
	for (unsigned host = 0; host < 40; host++)
		add(f, host, 1);
	flows_commit(f, NOON);
	const struct flow *flows = flows_last(f, &count);
	assert_int_equal(count, 17);
	assert_int_equal(flows[16].protocol, 0);
	assert_int_equal(flows[16].tx_bytes, 24);
	assert_int_equal(flows[16].connections, 24);
	assert_int_equal(flows_untracked(f), 24);
	flows_free(f);
}

CASE(flows_idle_for_an_hour_make_room)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[32];
	for (unsigned host = 0; host < 16; host++)
		add(f, host, 0);
	flows_commit(f, NOON);
	for (int minute = 10; minute <= 70; minute += 10) {
		add(f, 3, 0);
		add(f, (unsigned)(100 + minute), 0);
		flows_commit(f, NOON + MINUTES(minute));
	}
	assert_int_equal(flows_untracked(f), 6);
	for (unsigned host = 200; host < 214; host++)
		add(f, host, 0);
	flows_commit(f, NOON + MINUTES(71));
	assert_int_equal(flows_untracked(f), 6);
	scans_pass(f, NOON + MINUTES(71));
	assert_int_equal(flows_since(f, NOON + MINUTES(71), 0, out, 32), 16);
	flows_free(f);
}

CASE(the_last_scans_are_remembered_each_by_itself)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[4];
	for (int scan = 1; scan <= 20; scan++) {
		add(f, 1, 1);
		add(f, 2, scan > 15 ? 1000 : 10);
		flows_commit(f, NOON + 10 * scan);
	}
	/* What a scan found moved before it. */
	assert_int_equal(flows_since(f, NOON + 150, 0, out, 4), 2);
	assert_int_equal(out[0].tx_bytes, 5000);
	assert_int_equal(out[0].connections, 5);
	assert_int_equal(out[0].begun, 5);
	assert_int_equal(out[1].tx_bytes, 5);
	assert_int_equal(flows_since(f, NOON + 200, 0, out, 4), 0);
	assert_int_equal(flows_since(f, NOON + 40, 0, out, 4), 2);
	assert_int_equal(out[1].tx_bytes, 16);
	/* Further back there are steps. */
	assert_int_equal(flows_since(f, NOON + 39, 0, out, 4), 2);
	assert_int_equal(out[1].tx_bytes, 20);
	flows_free(f);
}

CASE(what_was_seen_is_not_told_again)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[2];
	for (int scan = 1; scan <= 40; scan++) {
		add(f, 1, 1);
		flows_commit(f, NOON + 10 * scan);
	}
	/* The step that holds the 100th second began before the 50th. */
	assert_int_equal(flows_since(f, NOON + 100, NOON + 50, out, 2), 1);
	assert_int_equal(out[0].tx_bytes, 16);
	assert_int_equal(flows_since(f, NOON + 100, NOON + 390, out, 2), 1);
	assert_int_equal(out[0].tx_bytes, 1);
	assert_int_equal(flows_since(f, NOON + 310, NOON + 5, out, 2), 1);
	assert_int_equal(out[0].tx_bytes, 9);
	flows_free(f);
}

CASE(of_a_scan_those_that_moved_most_are_kept_and_the_rest)
{
	struct flows *f = flows_new(256, 1);
	static struct flow out[64];
	uint64_t sent = 0;
	flows_commit(f, NOON);
	for (unsigned host = 0; host < 100; host++) {
		add(f, host, host * 37 % 100);
		sent += host;
	}
	for (unsigned host = 200; host < 203; host++) {
		struct flow flow = to(host, 0);
		flow.protocol = IPPROTO_UDP;
		flows_add(f, &flow, NULL);
	}
	flows_commit(f, NOON + 10);
	size_t count = flows_since(f, NOON, 0, out, 64);
	assert_int_equal(count, 14 + 3 + 1);
	for (unsigned i = 0; i < 14; i++)
		assert_int_equal(out[i].tx_bytes, 99 - i);
	assert_int_equal(out[14].protocol, IPPROTO_UDP);
	assert_int_equal(out[17].protocol, 0);
	assert_int_equal(out[17].connections, 100 - 14);
	assert_int_equal(sum_of(out, count), sent);
	flows_free(f);
}

CASE(a_flow_that_lost_its_place_is_among_the_rest_of_its_scans)
{
	struct flows *f = flows_new(16, 1);
	static struct flow out[64];
	for (unsigned host = 0; host < 16; host++)
		add(f, host, 10 + host);
	flows_commit(f, NOON);
	for (unsigned host = 100; host < 104; host++)
		add(f, host, 1000);
	flows_commit(f, NOON + 10);
	size_t count = flows_since(f, NOON - 1, 0, out, 64);
	assert_int_equal(sum_of(out, count), 16 * 10 + 120 + 4 * 1000);
	for (unsigned host = 100; host < 104; host++)
		assert_int_equal(found(out, count, host).tx_bytes, 1000);
	for (unsigned host = 0; host < 4; host++)
		assert_int_equal(found(out, count, host).tx_bytes, 0);
	flows_free(f);
}

/* Places of flows that were idle for an hour are given to others: what an old scan
 * found must not be said of those. */
CASE(scans_older_than_an_hour_are_forgotten)
{
	struct flows *f = flows_new(16, 1);
	static struct flow out[64];
	for (unsigned host = 0; host < 16; host++)
		add(f, host, 1000);
	flows_commit(f, NOON);
	add(f, 99, 1);
	flows_commit(f, NOON + MINUTES(30));
	flows_commit(f, NOON + MINUTES(61));
	for (unsigned host = 100; host < 110; host++)
		add(f, host, 5);
	flows_commit(f, NOON + MINUTES(62));
	size_t count = flows_since(f, 0, 0, out, 64);
	assert_int_equal(sum_of(out, count), 50 + 1);
	for (unsigned host = 100; host < 110; host++)
		assert_int_equal(found(out, count, host).tx_bytes, 5);
	flows_free(f);
}

CASE(a_udp_socket_that_lives_on_is_one)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[1], flow = to(1, 0);
	uint32_t first = 0, second = 0;
	size_t count;
	flow.protocol = IPPROTO_UDP;
	flow.begun = 0;
	for (int i = 0; i < 50; i++) {
		flows_add(f, &flow, &first);
		flows_add(f, &flow, &second);
		flows_commit(f, NOON + i * 100);
		assert_int_equal(flows_last(f, &count)->connections, 2);
	}
	assert_int_equal(flows_since(f, NOON, 0, out, 1), 1);
	assert_int_equal(out[0].connections, 2);
	flows_free(f);
}

CASE(a_connection_counts_wherever_it_was_active)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[2];
	uint32_t old = 0, idle = 0;
	size_t count;
	go_on(f, 1, 10, &old);
	go_on(f, 1, 10, &idle);
	flows_commit(f, NOON);
	for (int minute = 1; minute <= 40; minute++) {
		go_on(f, 1, 1000, &old);
		go_on(f, 1, 1000, &old); /* a scan and its end: one */
		if (minute == 20)
			add(f, 1, 5);
		flows_commit(f, NOON + MINUTES(minute));
		const struct flow *flows = flows_last(f, &count);
		assert_int_equal(flows[0].connections, minute == 20 ? 2 : 1);
		assert_int_equal(flows[0].begun, minute == 20 ? 1 : 0);
	}
	flows_since(f, NOON, 0, out, 2);
	assert_int_equal(out[0].connections, 3);
	flows_since(f, NOON + MINUTES(5), 0, out, 2);
	assert_int_equal(out[0].connections, 2);
	flows_since(f, NOON + MINUTES(30), 0, out, 2);
	assert_int_equal(out[0].connections, 1);
	/* Between a scan and the next it is not lost either. */
	go_on(f, 1, 1, &old);
	assert_int_equal(flows_since(f, NOON + MINUTES(39), 0, out, 2), 1);
	assert_int_equal(out[0].connections, 1);
	scans_pass(f, NOON + MINUTES(40));
	go_on(f, 1, 1, &old);
	assert_int_equal(flows_since(f, NOON + MINUTES(40), 0, out, 2), 1);
	assert_int_equal(out[0].connections, 1);
	flows_free(f);
}

/* Host 9999 gets the bytes that somebody steals, the others are decoys. */
enum { THEFT = 9999 };

CASE(udp_decoys_take_no_tcp_place)
{
	struct flows *f = flows_new(512, 1);
	static struct flow out[1024];
	for (int scan = 0; scan < 20; scan++) {
		for (unsigned host = 0; host < 700; host++) {
			struct flow flow = to(host, 0);
			flow.protocol = IPPROTO_UDP;
			flow.begun = scan == 0;
			flows_add(f, &flow, NULL);
		}
		if (scan == 10)
			add(f, THEFT, 20000000);
		flows_commit(f, NOON + scan);
	}
	size_t count = flows_since(f, NOON, 0, out, 1024);
	assert_true(count <= 512 + 512 / 8 + 1);
	assert_int_equal(out[0].tx_bytes, 20000000);
	flows_free(f);
}

/* Decoys before, with and after it, that send nothing or little at a time. */
static void decoys_do_not_displace(uint64_t each, bool before, bool after)
{
	struct flows *f = flows_new(512, 1);
	static struct flow out[600];
	uint64_t sent = 0;
	for (int scan = 0; scan < 300; scan++) {
		bool now =
		    scan == 150 || (before && scan < 150) || (after && scan > 150);
		for (unsigned host = 0; host < 2000 && now; host++) {
			struct flow flow = to(host, each);
			flows_add(f, &flow, NULL);
			sent += each;
		}
		if (scan >= 140 && scan < 160) {
			add(f, THEFT, 1000000);
			sent += 1000000;
		}
		flows_commit(f, NOON + scan);
	}
	size_t count = flows_since(f, NOON, 0, out, 600);
	assert_int_equal(sum_of(out, count), sent);
	if (each < 1000) /* more is no decoy but traffic */
		assert_int_equal(found(out, count, THEFT).tx_bytes, 20000000);
	flows_free(f);
}

CASE(decoys_do_not_displace_a_theft)
{
	static const uint64_t sizes[] = {0, 1, 15, 100, 999, 3000};
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		decoys_do_not_displace(sizes[i], true, false);
		decoys_do_not_displace(sizes[i], false, true);
		decoys_do_not_displace(sizes[i], true, true);
	}
}

CASE(a_theft_in_drips_outgrows_what_was_there_before)
{
	struct flows *f = flows_new(16, 1);
	struct flow out[17];
	for (unsigned host = 0; host < 16; host++)
		add(f, host, 100000);
	flows_commit(f, NOON);
	for (int scan = 0; scan < 1000; scan++) {
		add(f, THEFT, 10000);
		flows_commit(f, NOON + scan);
	}
	size_t count = flows_since(f, NOON, 0, out, 17);
	assert_int_equal(sum_of(out, count), 1600000 + 10000000);
	assert_true(found(out, count, THEFT).tx_bytes >= 10000000 - 100000);
	flows_free(f);
}

/* Whatever comes: no byte is lost, nobody is said to have got more than it did, and who
 * is not there got no more than is admitted. */
CASE(the_error_is_bounded)
{
	enum { HOSTS = 400, LOOKS = 700 };
	static uint64_t truth[HOSTS];
	static struct flow out[100];
	uint64_t random = 7;
	for (int shape = 0; shape < 12; shape++) {
		struct flows *f = flows_new(64, (uint64_t)shape);
		uint64_t sent = 0;
		memset(truth, 0, sizeof(truth));
		for (int i = 0; i < LOOKS * 100; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			unsigned at = (unsigned)(random >> 33);
			unsigned host = shape % 3 == 0   ? at % HOSTS
					: shape % 3 == 1 ? (unsigned)i % HOSTS
							 : at % (1 + at / 64 % HOSTS);
			uint64_t bytes = (random >> 20) % (shape < 6 ? 1500 : 3) *
					 (host % 7 == 0 ? 50 : 1);
			truth[host] += bytes;
			sent += bytes;
			add(f, host, bytes);
			if (i % 100 == 99)
				flows_commit(f, NOON + (double)i * 0.01);
		}
		scans_pass(f, NOON + 10);
		size_t count = flows_since(f, NOON, 0, out, 100);
		assert_int_equal(sum_of(out, count), sent);
		assert_true(flows_missed_most(f) <= sent / 64);
		for (unsigned host = 0; host < HOSTS; host++) {
			uint64_t said = found(out, count, host).tx_bytes;
			assert_true(said <= truth[host]);
			assert_true(truth[host] - said <= flows_missed_most(f));
		}
		flows_free(f);
	}
}

CASE(with_time_the_error_stays_bounded)
{
	enum { HOSTS = 200, HOURS = 5 };
	static uint64_t truth[HOURS * 12][HOSTS];
	static struct flow out[100];
	struct flows *f = flows_new(32, 3);
	uint64_t random = 99;
	for (int step = 0; step < HOURS * 12; step++) {
		for (int i = 0; i < 500; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			unsigned host = (unsigned)(random >> 33) % HOSTS;
			/* Who is large changes. */
			uint64_t bytes = host / 10 == (unsigned)step % 20 ? 9000 : 10;
			truth[step][host] += bytes;
			add(f, host, bytes);
		}
		flows_commit(f, NOON + MINUTES(5 * step));
		scans_pass(f, NOON + MINUTES(5 * step));
		size_t count = flows_since(f, 0, 0, out, 100);
		uint64_t sum = 0;
		for (unsigned host = 0; host < HOSTS; host++) {
			uint64_t hour = 0;
			for (int s = step > 11 ? step - 11 : 0; s <= step; s++)
				hour += truth[s][host];
			sum += hour;
			struct flow flow = found(out, count, host);
			assert_true(flow.tx_bytes <= hour);
			if (flow.protocol == 0)
				assert_true(hour <= flows_missed_most(f));
		}
		assert_int_equal(sum_of(out, count), sum);
	}
	flows_free(f);
}

CASE(a_peer_without_bytes_never_displaces_one_with_bytes)
{
	struct flows *f = flows_new(16, 1);
	static struct flow out[64];
	for (int step = 0; step < 36; step++) {
		for (unsigned host = 0; host < 16; host++)
			add(f, host, 1);
		for (unsigned host = 100; host < 400; host++)
			add(f, host, 0);
		flows_commit(f, NOON + MINUTES(5 * step));
		scans_pass(f, NOON + MINUTES(5 * step));
		size_t count = flows_since(f, 0, 0, out, 64);
		for (unsigned host = 0; host < 16; host++)
			assert_int_equal(found(out, count, host).tx_bytes,
					 step < 12 ? step + 1 : 12);
	}
	flows_free(f);
}

static void reach(struct address_set *set, unsigned host)
{
	struct flow flow = to(host, 0);
	address_set_add(set, &flow.address);
}

CASE(an_address_set_counts_each_once_up_to_its_bound)
{
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
	    cmocka_unit_test(the_last_scan_shows_what_moved_most_first),
	    cmocka_unit_test(what_was_added_shows_only_after_its_scan),
	    cmocka_unit_test(flows_differ_by_each_part_of_their_key),
	    cmocka_unit_test(the_last_hour_is_summed_since_the_step_that_was_asked_for),
	    cmocka_unit_test(a_small_answer_keeps_the_greatest_and_the_rest),
	    cmocka_unit_test(a_full_table_counts_what_it_cannot_keep),
	    cmocka_unit_test(flows_idle_for_an_hour_make_room),
	    cmocka_unit_test(the_last_scans_are_remembered_each_by_itself),
	    cmocka_unit_test(what_was_seen_is_not_told_again),
	    cmocka_unit_test(of_a_scan_those_that_moved_most_are_kept_and_the_rest),
	    cmocka_unit_test(a_flow_that_lost_its_place_is_among_the_rest_of_its_scans),
	    cmocka_unit_test(scans_older_than_an_hour_are_forgotten),
	    cmocka_unit_test(a_udp_socket_that_lives_on_is_one),
	    cmocka_unit_test(a_connection_counts_wherever_it_was_active),
	    cmocka_unit_test(udp_decoys_take_no_tcp_place),
	    cmocka_unit_test(decoys_do_not_displace_a_theft),
	    cmocka_unit_test(a_theft_in_drips_outgrows_what_was_there_before),
	    cmocka_unit_test(the_error_is_bounded),
	    cmocka_unit_test(with_time_the_error_stays_bounded),
	    cmocka_unit_test(a_peer_without_bytes_never_displaces_one_with_bytes),
	    cmocka_unit_test(an_address_set_counts_each_once_up_to_its_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
