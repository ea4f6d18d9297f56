/* SPDX-License-Identifier: Apache-2.0 */
/* Destinations that are not allowed: what is one incident, and what is another. */
#include <string.h>

#include "../support/testing.h"
#include "dormouse/detect.h"
#include "dormouse/traffic.h"

#define NOON 1700049600.0

static struct detector *detector;
static struct outside_watch watch;
static struct verdict verdict;

static int start(void **state)
{
	struct detect_options options = {.learn_s = 3600, .dormant_after_s = 900};

	(void)state;
	detector = detector_new(&options);
	memset(&watch, 0, sizeof(watch));
	return detector ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	detector_free(detector);
	return 0;
}

/* 10.NETWORK.0.1, of which each is a network of its own. */
static struct flow to_network(unsigned network, uint64_t tx_bytes)
{
	struct flow f = {.port = 443,
			 .protocol = IPPROTO_TCP,
			 .direction = FLOW_OPENED,
			 .tx_bytes = tx_bytes,
			 .rx_bytes = 7,
			 .connections = 1,
			 .begun = 1};

	f.address.s6_addr[10] = f.address.s6_addr[11] = 0xff;
	f.address.s6_addr[12] = 10;
	f.address.s6_addr[13] = (uint8_t)(network >> 8);
	f.address.s6_addr[14] = (uint8_t)network;
	f.address.s6_addr[15] = 1;
	return f;
}

static bool judge(double time, const struct flow *flows, size_t count)
{
	const struct traffic_span scan = {.flows = flows, .flow_count = count};

	return outside_judge(&watch, detector, time, &scan, &verdict);
}

static bool judge_one(double time, unsigned network, uint64_t tx_bytes)
{
	const struct flow f = to_network(network, tx_bytes);

	return judge(time, &f, 1);
}

CASE(nothing_outside_is_no_verdict)
{
	assert_false(judge(NOON, NULL, 0));
	assert_false(judge(NOON + 10, NULL, 0));
}

CASE(a_single_byte_is_a_verdict_since_the_scan_before)
{
	assert_false(judge(NOON, NULL, 0));
	assert_true(judge_one(NOON + 10, 1, 1));
	assert_int_equal(verdict.kind, ALERT_UNEXPECTED_DESTINATION);
	assert_int_equal(verdict.signal, SIGNAL_TCP_INITIATED_TX_BYTES);
	assert_int_equal(verdict.bytes, 1);
	assert_int_equal(verdict.received, 7);
	assert_true(verdict.onset == NOON);
	assert_true(verdict.value == 0.1);
	assert_int_equal(verdict.risk, 60);
	assert_int_equal(verdict.incident, 1);
}

CASE(connections_without_bytes_and_sockets_without_counters_count)
{
	struct flow udp = to_network(2, 0);

	assert_true(judge_one(NOON + 10, 1, 0));
	assert_int_equal(verdict.signal, SIGNAL_TCP_NEW_SOCKETS);
	assert_int_equal(verdict.bytes, 0);
	udp.protocol = IPPROTO_UDP;
	assert_true(judge(NOON + 20, &udp, 1));
	assert_int_equal(verdict.signal, SIGNAL_UDP_TX_PACKETS);
}

CASE(the_bytes_of_a_burst_add_up_and_raise_the_risk)
{
	judge(NOON, NULL, 0);
	for (int i = 1; i <= 30; i++)
		assert_true(judge_one(NOON + 10 * i, 1, 1 << 20));
	assert_int_equal(verdict.bytes, 30u << 20);
	assert_true(verdict.onset == NOON);
	assert_int_equal(verdict.incident, 1);
	assert_int_equal(verdict.risk, 100);
}

CASE(after_a_pause_it_is_a_new_burst_of_the_same_incident)
{
	judge(NOON, NULL, 0);
	judge_one(NOON + 10, 1, 500);
	for (int i = 2; i < 30; i++)
		assert_false(judge(NOON + 10 * i, NULL, 0));
	assert_true(judge_one(NOON + 300, 1, 40));
	assert_int_equal(verdict.incident, 1);
	assert_int_equal(verdict.bytes, 40);
	assert_true(verdict.onset == NOON + 290);
	assert_int_equal(verdict.sent_in_all, 540);
}

CASE(a_scan_of_many_networks_is_one_incident)
{
	struct flow flows[200];

	for (unsigned i = 0; i < 200; i++)
		flows[i] = to_network(i, 0);
	flows[199].protocol = 0; /* the sum of all others */
	flows[199].begun = 9801;
	judge(NOON, NULL, 0);
	for (int i = 1; i <= 5; i++) {
		assert_true(judge(NOON + 10 * i, flows, 200));
		assert_int_equal(verdict.incident, 1);
	}
	assert_int_equal(watch.connections, 50000);
	assert_true(verdict.risk > 90);
}

CASE(a_theft_beside_a_harmless_destination_is_an_incident_of_its_own)
{
	struct flow both[] = {to_network(1, 100), to_network(2, 5000)};
	struct flow neighbour = to_network(2, 5000);

	for (int i = 0; i < 60; i++)
		judge_one(NOON + 10 * i, 1, 100);
	assert_int_equal(verdict.incident, 1);
	assert_true(judge(NOON + 600, both, 2));
	assert_int_equal(verdict.incident, 2);
	assert_true(verdict.onset == NOON + 590);
	assert_int_equal(verdict.bytes, 5100);
	/* Another address of a network that was told is no news. */
	neighbour.address.s6_addr[15] = 99;
	assert_true(judge(NOON + 900, &neighbour, 1));
	assert_int_equal(verdict.incident, 2);
}

CASE(a_slow_scan_makes_few_incidents)
{
	for (unsigned i = 0; i < 24 * 60; i++)
		judge_one(NOON + 60 * i, i, 60);
	assert_true(verdict.incident >= 3 && verdict.incident <= 12);
}

CASE(after_half_an_hour_of_quiet_all_is_news)
{
	judge(NOON, NULL, 0);
	judge_one(NOON + 10, 1, 1);
	judge(NOON + 1700, NULL, 0);
	assert_true(judge_one(NOON + 1801, 1, 1));
	assert_int_equal(verdict.incident, 1);
	judge(NOON + 3700, NULL, 0);
	assert_true(judge_one(NOON + 3710, 1, 1));
	assert_int_equal(verdict.incident, 2);
}

CASE(a_clock_that_was_set_back_is_survived)
{
	judge_one(NOON, 1, 1000);
	assert_true(judge_one(NOON - 7200, 1, 1000));
	assert_true(verdict.value >= 0);
	assert_int_equal(verdict.bytes, 2000);
}

int main(void)
{
#define JUDGED(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
	    JUDGED(nothing_outside_is_no_verdict),
	    JUDGED(a_single_byte_is_a_verdict_since_the_scan_before),
	    JUDGED(connections_without_bytes_and_sockets_without_counters_count),
	    JUDGED(the_bytes_of_a_burst_add_up_and_raise_the_risk),
	    JUDGED(after_a_pause_it_is_a_new_burst_of_the_same_incident),
	    JUDGED(a_scan_of_many_networks_is_one_incident),
	    JUDGED(a_theft_beside_a_harmless_destination_is_an_incident_of_its_own),
	    JUDGED(a_slow_scan_makes_few_incidents),
	    JUDGED(after_half_an_hour_of_quiet_all_is_news),
	    JUDGED(a_clock_that_was_set_back_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
