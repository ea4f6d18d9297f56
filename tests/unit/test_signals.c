/* SPDX-License-Identifier: Apache-2.0 */
/* How the sources' counters become signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../sidecar/collect/signals.h"

/* Last: its macro fail() would hide error.h's function. */
#include <cmocka.h>

static struct signals fresh(void)
{
	struct signals s;

	memset(&s, 0, sizeof(s));
	return s;
}

static bool present(const struct signals *s, enum signal signal)
{
	return (s->present >> signal) & 1u;
}

static void feed_links(struct signals *s, uint64_t link_bytes, uint64_t own_bytes)
{
	struct link_sums flowed = {.tx_bytes = link_bytes};
	struct own_traffic own = {.tx_bytes = own_bytes};

	signals_begin(s);
	signals_from_links(s, &flowed, &own);
}

static void set_counter(struct protocol_counters *p, enum protocol_counter counter,
			uint64_t value)
{
	p->present |= 1u << counter;
	p->value[counter] = value;
}

static void a_mark_moves_along_and_never_back(void **state)
{
	struct mark mark = {0};

	(void)state;
	assert_int_equal(mark_move(&mark, 100), 0);
	assert_int_equal(mark_move(&mark, 130), 30);
	assert_int_equal(mark_move(&mark, 120), 0);
	assert_int_equal(mark_move(&mark, 125), 5);
}

static void a_mark_waits_for_a_lost_reading_to_come_back(void **state)
{
	struct mark mark = {0};

	(void)state;
	mark_move(&mark, 1000);
	assert_int_equal(mark_move(&mark, 0), 0);
	assert_int_equal(mark_move(&mark, 1030), 30);
	assert_int_equal(mark_move(&mark, 5), 0);
	assert_int_equal(mark_move(&mark, 25), 25);
	assert_int_equal(mark_move(&mark, 30), 5);
}

static void the_monitors_own_traffic_is_left_out(void **state)
{
	struct signals s = fresh();

	(void)state;
	feed_links(&s, 0, 0);
	feed_links(&s, 1000, 900);
	assert_int_equal(s.value[SIGNAL_TX_BYTES], 100);
	assert_true(present(&s, SIGNAL_TX_BYTES));
	assert_false(present(&s, SIGNAL_TCP_TX_BYTES));
}

static void an_estimate_too_high_hides_nothing_later(void **state)
{
	struct signals s = fresh();

	(void)state;
	feed_links(&s, 0, 0);
	feed_links(&s, 1000, 1500);
	assert_int_equal(s.value[SIGNAL_TX_BYTES], 0);
	feed_links(&s, 1700, 1500);
	assert_int_equal(s.value[SIGNAL_TX_BYTES], 700);
}

static void without_links_octets_stand_in(void **state)
{
	struct protocol_counters p = {0};
	struct own_traffic own = {0};
	struct signals s = fresh();

	(void)state;
	signals_from_octets(&s, &p, &own);
	assert_false(present(&s, SIGNAL_TX_BYTES));
	set_counter(&p, IP_OUT_OCTETS, 5000);
	set_counter(&p, IP_IN_OCTETS, 50);
	signals_from_octets(&s, &p, &own);
	set_counter(&p, IP_OUT_OCTETS, 5600);
	own.tx_bytes = 100;
	signals_from_octets(&s, &p, &own);
	assert_true(present(&s, SIGNAL_TX_BYTES));
	assert_int_equal(s.value[SIGNAL_TX_BYTES], 500);
	assert_int_equal(s.value[SIGNAL_RX_BYTES], 0);
}

static void when_sockets_fail_snmp_goes_on_from_there(void **state)
{
	struct collect_totals totals = {.tcp_opened = 3, .tcp_tx_bytes = 999};
	struct protocol_counters p = {0};
	struct own_traffic own = {0};
	struct signals s = fresh();

	(void)state;
	set_counter(&p, TCP_OUT_SEGS, 1000);
	set_counter(&p, TCP_ACTIVE_OPENS, 50);
	signals_from_sockets(&s, &totals, 70, &p, &own);
	totals.tcp_opened = 5;
	set_counter(&p, TCP_OUT_SEGS, 1020);
	set_counter(&p, TCP_ACTIVE_OPENS, 52);
	signals_from_sockets(&s, &totals, 90, &p, &own);
	assert_int_equal(s.value[SIGNAL_TCP_TX_PACKETS], 20);
	assert_int_equal(s.value[SIGNAL_TCP_NEW_SOCKETS], 2);
	assert_int_equal(s.value[SIGNAL_TCP_TX_BYTES], 999);

	signals_begin(&s);
	set_counter(&p, TCP_OUT_SEGS, 1050);
	set_counter(&p, TCP_ACTIVE_OPENS, 59);
	own.tcp_tx_packets = 10;
	signals_from_snmp(&s, &p, &own);
	assert_int_equal(s.value[SIGNAL_TCP_TX_PACKETS], 40);
	assert_int_equal(s.value[SIGNAL_TCP_NEW_SOCKETS], 9);
	assert_false(present(&s, SIGNAL_TCP_TX_BYTES));

	/* What sockets have seen of that time is not counted a second time. */
	signals_begin(&s);
	totals.tcp_opened = 12;
	signals_from_sockets(&s, &totals, 110, &p, &own);
	assert_int_equal(s.value[SIGNAL_TCP_TX_PACKETS], 40);
	assert_int_equal(s.value[SIGNAL_TCP_NEW_SOCKETS], 9);
}

static void datagrams_of_both_families_are_one_signal(void **state)
{
	struct protocol_counters p = {0};
	struct signals s = fresh();

	(void)state;
	set_counter(&p, UDP_OUT_DATAGRAMS, 10);
	set_counter(&p, UDP6_OUT_DATAGRAMS, 20);
	signals_udp_packets(&s, &p, 0, 0);
	set_counter(&p, UDP_OUT_DATAGRAMS, 11);
	set_counter(&p, UDP6_OUT_DATAGRAMS, 22);
	set_counter(&p, UDPLITE_OUT_DATAGRAMS, 4);
	signals_udp_packets(&s, &p, 100, 0);
	assert_int_equal(s.value[SIGNAL_UDP_TX_PACKETS], 7);
}

static void datagrams_over_loopback_are_left_out(void **state)
{
	struct protocol_counters p = {0};
	struct signals s = fresh();

	(void)state;
	set_counter(&p, UDP_OUT_DATAGRAMS, 10);
	signals_udp_packets(&s, &p, 1000, 500);
	set_counter(&p, UDP_OUT_DATAGRAMS, 110);
	signals_udp_packets(&s, &p, 1004, 600);
	assert_int_equal(s.value[SIGNAL_UDP_TX_PACKETS], 4);
}

/* Datagrams are read before links: what was sent in between is on the link a sample
 * earlier than among the datagrams. */
static void datagrams_sent_between_two_readings_are_not_lost(void **state)
{
	struct protocol_counters p = {0};
	struct signals s = fresh();

	(void)state;
	set_counter(&p, UDP_OUT_DATAGRAMS, 0);
	signals_udp_packets(&s, &p, 0, 0);
	set_counter(&p, UDP_OUT_DATAGRAMS, 100);
	signals_udp_packets(&s, &p, 105, 1);
	set_counter(&p, UDP_OUT_DATAGRAMS, 202);
	signals_udp_packets(&s, &p, 205, 2);
	set_counter(&p, UDP_OUT_DATAGRAMS, 300);
	signals_udp_packets(&s, &p, 300, 3);
	assert_int_equal(s.value[SIGNAL_UDP_TX_PACKETS], 300);
}

static uint64_t estimate(const struct udp_span *span)
{
	int64_t carry = 0;

	return udp_bytes_estimate(span, &carry);
}

static void udp_alone_is_exact(void **state)
{
	struct udp_span span = {
	    .link_bytes = 1000 * 1042, .link_packets = 1000, .datagrams = 1000};

	(void)state;
	assert_int_equal(estimate(&span), 1000 * 1000);
	span.link_bytes += 1000 * 20;
	span.packets6 = 1000;
	assert_int_equal(estimate(&span), 1000 * 1000);
}

static void udp_beside_tcp_is_what_tcp_leaves(void **state)
{
	struct udp_span span = {
	    .link_bytes = 1000 * 1042 + 4000000 + 500 * 66 + 3 * 1448,
	    .link_packets = 1500,
	    .tcp_bytes = 4000000,
	    .tcp_retransmitted = 3,
	    .datagrams = 1000,
	};

	(void)state;
	assert_int_equal(estimate(&span), 1000 * 1000);
}

static void without_datagrams_there_are_no_bytes_of_udp(void **state)
{
	struct udp_span span = {.link_bytes = 1000000, .link_packets = 10};

	(void)state;
	assert_int_equal(estimate(&span), 0);
}

static void a_datagram_carries_no_more_than_it_can(void **state)
{
	struct udp_span span = {
	    .link_bytes = 1000000000, .link_packets = 1000, .datagrams = 2};
	struct udp_span nothing = {0};
	int64_t carry = 0;
	uint64_t told;

	(void)state;
	told = udp_bytes_estimate(&span, &carry);
	assert_int_equal(told, 2 * 1472);
	told += udp_bytes_estimate(&nothing, &carry);
	assert_int_equal(told, 2 * 65507);
	assert_int_equal(udp_bytes_estimate(&nothing, &carry), 0);
	span.link_bytes = 10;
	assert_int_equal(estimate(&span), 0);
}

static void long_datagrams_are_believed_when_they_stay(void **state)
{
	struct udp_span span = {
	    .link_bytes = 1000 * 40042, .link_packets = 1000, .datagrams = 1000};
	struct udp_span nothing = {0};
	int64_t carry = 0;
	uint64_t told;

	(void)state;
	told = udp_bytes_estimate(&span, &carry);
	told += udp_bytes_estimate(&span, &carry);
	assert_int_equal(told, 1000 * (40000 + 1472));
	told += udp_bytes_estimate(&nothing, &carry);
	assert_int_equal(told, 2 * 1000 * 40000);
}

static void tcp_that_is_told_late_is_not_taken_for_udp(void **state)
{
	struct udp_span links = {
	    .link_bytes = 100 * 1442 + 5000000 + 300 * 66,
	    .link_packets = 400,
	    .datagrams = 100,
	};
	struct udp_span late = {.tcp_bytes = 5000000};
	struct udp_span more = {
	    .link_bytes = 100 * 1442, .link_packets = 100, .datagrams = 100};
	int64_t carry = 0;
	uint64_t told;

	(void)state;
	told = udp_bytes_estimate(&links, &carry);
	assert_int_equal(told, 100 * 1472);
	told += udp_bytes_estimate(&late, &carry);
	assert_int_equal(told, 100 * 1472);
	told += udp_bytes_estimate(&more, &carry);
	assert_int_equal(told, 2 * 100 * 1400);
}

static void a_query_beside_a_great_stream_is_not_taken_for_a_flood(void **state)
{
	/* A gigabyte of TCP whose headers are 12 bytes longer than the usual. */
	struct udp_span span = {
	    .link_bytes = 1000000000 + 20000 * 78 + 10 * 100,
	    .link_packets = 20010,
	    .tcp_bytes = 1000000000,
	    .datagrams = 10,
	};

	(void)state;
	assert_true(estimate(&span) <= 10 * 1472);
}

static void bytes_told_too_early_by_tcp_are_mended_by_the_next_span(void **state)
{
	struct udp_span ahead = {
	    .link_bytes = 100 * 1042 + 1000000 + 20 * 66 - 30000,
	    .link_packets = 120,
	    .tcp_bytes = 1000000,
	    .datagrams = 100,
	};
	struct udp_span behind = ahead;
	int64_t carry = 0;
	uint64_t told;

	(void)state;
	behind.link_bytes += 60000;
	told = udp_bytes_estimate(&behind, &carry);
	told += udp_bytes_estimate(&ahead, &carry);
	told += udp_bytes_estimate(&ahead, &carry);
	told += udp_bytes_estimate(&behind, &carry);
	assert_int_equal(told, 400000);
	assert_int_equal(carry, 0);
}

static void what_is_carried_stays_within_tcps_error(void **state)
{
	struct udp_span span = {
	    .link_bytes = 64 * 1000000 + 66, .link_packets = 1, .tcp_bytes = 32000000};
	int64_t carry = 0;

	(void)state;
	assert_int_equal(udp_bytes_estimate(&span, &carry), 0);
	assert_int_equal(carry, 1000000);
	span.link_bytes = 0;
	assert_int_equal(udp_bytes_estimate(&span, &carry), 0);
	assert_int_equal(carry, -1000000);
}

/* One close look; `tcp` NULL where sockets cannot be read. */
static void look(struct signals *s, uint64_t link_bytes, uint64_t link_packets,
		 uint64_t datagrams, const uint64_t *tcp)
{
	struct link_sums flowed = {.tx_bytes = link_bytes, .tx_packets = link_packets};
	struct protocol_counters p = {0};
	struct own_traffic own = {0};
	struct link_sums none = {0};

	set_counter(&p, UDP_OUT_DATAGRAMS, datagrams);
	signals_begin(s);
	signals_from_links(s, &flowed, &own);
	signals_udp_packets(s, &p, link_packets, 0);
	signals_udp_bytes(s, &p, tcp, &none);
}

static void with_tcp_unknown_udp_is_told_only_where_it_dominates(void **state)
{
	struct signals s = fresh();
	uint64_t tcp = 0;

	(void)state;
	look(&s, 0, 0, 0, &tcp);
	look(&s, 1420, 10, 10, NULL);
	assert_true(present(&s, SIGNAL_UDP_TX_BYTES));
	assert_int_equal(s.value[SIGNAL_UDP_TX_BYTES], 1000);
	look(&s, 500000, 400, 20, NULL);
	assert_false(present(&s, SIGNAL_UDP_TX_BYTES));

	/* The first look with sockets again has nothing to compare with. */
	tcp = 700000;
	look(&s, 1500000, 1400, 30, &tcp);
	assert_false(present(&s, SIGNAL_UDP_TX_BYTES));
	tcp += 5000;
	look(&s, 1500000 + 5000 + 5 * 66 + 1420, 1415, 40, &tcp);
	assert_int_equal(s.value[SIGNAL_UDP_TX_BYTES], 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mark_moves_along_and_never_back),
	    cmocka_unit_test(a_mark_waits_for_a_lost_reading_to_come_back),
	    cmocka_unit_test(the_monitors_own_traffic_is_left_out),
	    cmocka_unit_test(an_estimate_too_high_hides_nothing_later),
	    cmocka_unit_test(without_links_octets_stand_in),
	    cmocka_unit_test(when_sockets_fail_snmp_goes_on_from_there),
	    cmocka_unit_test(datagrams_of_both_families_are_one_signal),
	    cmocka_unit_test(datagrams_over_loopback_are_left_out),
	    cmocka_unit_test(datagrams_sent_between_two_readings_are_not_lost),
	    cmocka_unit_test(udp_alone_is_exact),
	    cmocka_unit_test(udp_beside_tcp_is_what_tcp_leaves),
	    cmocka_unit_test(without_datagrams_there_are_no_bytes_of_udp),
	    cmocka_unit_test(a_datagram_carries_no_more_than_it_can),

	    cmocka_unit_test(long_datagrams_are_believed_when_they_stay),
	    cmocka_unit_test(tcp_that_is_told_late_is_not_taken_for_udp),
	    cmocka_unit_test(a_query_beside_a_great_stream_is_not_taken_for_a_flood),
	    cmocka_unit_test(bytes_told_too_early_by_tcp_are_mended_by_the_next_span),
	    cmocka_unit_test(what_is_carried_stays_within_tcps_error),
	    cmocka_unit_test(with_tcp_unknown_udp_is_told_only_where_it_dominates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
