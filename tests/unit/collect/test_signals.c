/* SPDX-License-Identifier: Apache-2.0 */
/* How the sources' counters become signals. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/signals.h"

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

CASE(a_base_moves_along_and_never_back)
{
	struct counter_base base = {0};

	assert_int_equal(counter_moved(&base, 100), 0);
	assert_int_equal(counter_moved(&base, 130), 30);
	assert_int_equal(counter_moved(&base, 120), 0);
	assert_int_equal(counter_moved(&base, 125), 5);
}

CASE(a_base_waits_for_a_lost_reading_to_come_back)
{
	struct counter_base base = {0};

	counter_moved(&base, 1000);
	assert_int_equal(counter_moved(&base, 0), 0);
	assert_int_equal(counter_moved(&base, 1030), 30);
	assert_int_equal(counter_moved(&base, 5), 0);
	assert_int_equal(counter_moved(&base, 25), 25);
	assert_int_equal(counter_moved(&base, 30), 5);
}

CASE(the_monitors_own_traffic_is_left_out)
{
	struct signals s = fresh();

	feed_links(&s, 0, 0);
	feed_links(&s, 1000, 900);
	assert_int_equal(s.value[SIGNAL_TX_BYTES], 100);
	assert_true(present(&s, SIGNAL_TX_BYTES));
	assert_false(present(&s, SIGNAL_TCP_TX_BYTES));
}

CASE(an_estimate_too_high_hides_nothing_later)
{
	struct signals s = fresh();

	feed_links(&s, 0, 0);
	feed_links(&s, 1000, 1500);
	assert_int_equal(s.value[SIGNAL_TX_BYTES], 0);
	feed_links(&s, 1700, 1500);
	assert_int_equal(s.value[SIGNAL_TX_BYTES], 700);
}

CASE(without_links_octets_stand_in)
{
	struct protocol_counters p = {0};
	struct own_traffic own = {0};
	struct signals s = fresh();

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

CASE(when_sockets_fail_snmp_goes_on_from_there)
{
	struct collect_totals totals = {.tcp_opened = 3, .tcp_tx_bytes = 999};
	struct protocol_counters p = {0};
	struct own_traffic own = {0};
	struct signals s = fresh();

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

CASE(datagrams_of_both_families_are_one_signal)
{
	struct protocol_counters p = {0};
	struct signals s = fresh();

	set_counter(&p, UDP_OUT_DATAGRAMS, 10);
	set_counter(&p, UDP6_OUT_DATAGRAMS, 20);
	signals_udp_packets(&s, &p, 0, 0);
	set_counter(&p, UDP_OUT_DATAGRAMS, 11);
	set_counter(&p, UDP6_OUT_DATAGRAMS, 22);
	set_counter(&p, UDPLITE_OUT_DATAGRAMS, 4);
	signals_udp_packets(&s, &p, 100, 0);
	assert_int_equal(s.value[SIGNAL_UDP_TX_PACKETS], 7);
}

CASE(datagrams_over_loopback_are_left_out)
{
	struct protocol_counters p = {0};
	struct signals s = fresh();

	set_counter(&p, UDP_OUT_DATAGRAMS, 10);
	signals_udp_packets(&s, &p, 1000, 500);
	set_counter(&p, UDP_OUT_DATAGRAMS, 110);
	signals_udp_packets(&s, &p, 1004, 600);
	assert_int_equal(s.value[SIGNAL_UDP_TX_PACKETS], 4);
}

/* Datagrams are read before links: what was sent in between is on the link a sample
 * earlier than among the datagrams. */
CASE(datagrams_sent_between_two_readings_are_not_lost)
{
	struct protocol_counters p = {0};
	struct signals s = fresh();

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

static double clock_at;

/* One socket scan; `tcp` NULL where sockets cannot be read. */
static void scan(struct signals *s, uint64_t link_bytes, uint64_t link_packets,
		 uint64_t datagrams, const struct tcp_payload *tcp)
{
	struct link_sums flowed = {.tx_bytes = link_bytes, .tx_packets = link_packets};
	struct protocol_counters p = {0};
	struct own_traffic own = {0};
	struct link_sums none = {0};

	set_counter(&p, UDP_OUT_DATAGRAMS, datagrams);
	set_counter(&p, TCP_OUT_SEGS, tcp ? tcp->bytes / 1000 : link_packets);
	signals_begin(s);
	signals_from_links(s, &flowed, &own);
	signals_udp_packets(s, &p, link_packets, 0);
	signals_from_span(s, &p, tcp, &none, clock_at += 10);
}

CASE(with_tcp_unknown_udp_is_told_only_where_it_dominates)
{
	struct signals s = fresh();
	struct tcp_payload tcp = {0};

	scan(&s, 0, 0, 0, &tcp);
	scan(&s, 1420, 10, 10, NULL);
	assert_true(present(&s, SIGNAL_UDP_TX_BYTES));
	assert_int_equal(s.value[SIGNAL_UDP_TX_BYTES], 1000);
	scan(&s, 500000, 400, 20, NULL);
	assert_false(present(&s, SIGNAL_UDP_TX_BYTES));

	/* The first scan with sockets again has nothing to compare with. */
	tcp.bytes = 700000;
	scan(&s, 1500000, 1400, 30, &tcp);
	assert_false(present(&s, SIGNAL_UDP_TX_BYTES));
	tcp.bytes += 5000;
	scan(&s, 1500000 + 5000 + 5 * 66 + 1420, 1415, 40, &tcp);
	assert_int_equal(s.value[SIGNAL_UDP_TX_BYTES], 2000);
}

/* Sums as of one socket scan: TCP payload in full packets, and whatever else. */
static void scan_at(struct signals *s, uint64_t tcp_bytes, uint64_t other_bytes,
		    const struct tcp_payload *tcp)
{
	uint64_t segments = tcp_bytes / 1000;

	scan(s, tcp_bytes + 66 * segments + other_bytes, segments + other_bytes / 1000,
	     0, tcp);
}

CASE(what_no_socket_accounts_for_is_a_signal)
{
	struct signals s = fresh();
	struct tcp_payload tcp = {0};

	scan_at(&s, 0, 0, &tcp);
	scan_at(&s, 0, 0, &tcp);
	tcp.bytes = 100000;
	scan_at(&s, 100000, 0, &tcp);
	assert_true(present(&s, SIGNAL_UNACCOUNTED_TX_BYTES));
	assert_int_equal(s.value[SIGNAL_UNACCOUNTED_TX_BYTES], 0);
	scan_at(&s, 100000, 1000000, &tcp);
	scan_at(&s, 100000, 1000000, &tcp);
	assert_in_range(s.value[SIGNAL_UNACCOUNTED_TX_BYTES], 980000, 1000000);
}

CASE(without_sockets_nothing_is_said_of_it)
{
	struct signals s = fresh();
	struct tcp_payload tcp = {0};

	scan_at(&s, 0, 0, &tcp);
	scan_at(&s, 0, 1000000, NULL);
	assert_false(present(&s, SIGNAL_UNACCOUNTED_TX_BYTES));
	scan_at(&s, 0, 2000000, &tcp);
	assert_false(present(&s, SIGNAL_UNACCOUNTED_TX_BYTES));
	scan_at(&s, 0, 2000000, &tcp);
	scan_at(&s, 0, 2000000, &tcp);
	assert_int_equal(s.value[SIGNAL_UNACCOUNTED_TX_BYTES], 0);
}

static const struct failed_attempts no_attempts;

/* AttemptFails of 1000 and EmbryonicRsts of 500 at the start. */
static struct signals began(struct protocol_counters *p)
{
	struct signals s = fresh();

	set_counter(p, TCP_ATTEMPT_FAILS, 1000);
	set_counter(p, TCP_EMBRYONIC_RESETS, 500);
	signals_from_failed(&s, &no_attempts, p);
	assert_int_equal(s.value[SIGNAL_TCP_FAILED_CONNECTIONS], 0);
	assert_true(present(&s, SIGNAL_TCP_FAILED_CONNECTIONS));
	return s;
}

static uint64_t failed(struct signals *s, const struct protocol_counters *p,
		       uint64_t others, uint64_t loopback)
{
	const struct failed_attempts seen = {others, loopback};

	signals_from_failed(s, &seen, p);
	return s->value[SIGNAL_TCP_FAILED_CONNECTIONS];
}

CASE(failed_attempts_are_those_of_the_sockets)
{
	struct protocol_counters p = {0};
	struct signals s = began(&p);

	set_counter(&p, TCP_ATTEMPT_FAILS, 1007);
	assert_int_equal(failed(&s, &p, 4, 3), 4);
	/* Given up by the pod: the kernel does not count them. */
	assert_int_equal(failed(&s, &p, 9, 3), 9);
}

CASE(failed_attempts_over_loopback_are_left_out)
{
	struct protocol_counters p = {0};
	struct signals s = began(&p);

	for (unsigned i = 1; i < 10; i++) {
		set_counter(&p, TCP_ATTEMPT_FAILS, 1000 + i);
		assert_int_equal(failed(&s, &p, 0, i), 0);
	}
}

CASE(attempts_that_no_socket_shows_are_added_at_the_second_sample)
{
	struct protocol_counters p = {0};
	struct signals s = began(&p);

	set_counter(&p, TCP_ATTEMPT_FAILS, 1050);
	assert_int_equal(failed(&s, &p, 10, 0), 10);
	assert_int_equal(failed(&s, &p, 10, 0), 50);
	/* Sockets that are closed later show what is counted already. */
	assert_int_equal(failed(&s, &p, 50, 0), 50);
	assert_int_equal(failed(&s, &p, 51, 0), 51);
}

CASE(an_event_that_is_late_is_not_counted_twice)
{
	struct protocol_counters p = {0};
	struct signals s = began(&p);

	/* Over loopback, and its event comes after the sample. */
	set_counter(&p, TCP_ATTEMPT_FAILS, 1001);
	assert_int_equal(failed(&s, &p, 0, 0), 0);
	assert_int_equal(failed(&s, &p, 0, 1), 0);
	set_counter(&p, TCP_ATTEMPT_FAILS, 1002);
	assert_int_equal(failed(&s, &p, 0, 1), 0);
	assert_int_equal(failed(&s, &p, 0, 2), 0);
}

CASE(connections_that_clients_reset_are_not_the_pods_attempts)
{
	struct protocol_counters p = {0};
	struct signals s = began(&p);

	assert_false(signals_failed_unexplained(&s, &no_attempts, &p));
	set_counter(&p, TCP_ATTEMPT_FAILS, 1030);
	assert_true(signals_failed_unexplained(&s, &no_attempts, &p));
	set_counter(&p, TCP_EMBRYONIC_RESETS, 530);
	assert_int_equal(failed(&s, &p, 0, 0), 0);
	assert_int_equal(failed(&s, &p, 0, 0), 0);
	assert_false(signals_failed_unexplained(&s, &no_attempts, &p));
	/* netstat is read later than snmp, and may be ahead of it. */
	set_counter(&p, TCP_EMBRYONIC_RESETS, 540);
	assert_int_equal(failed(&s, &p, 0, 0), 0);
	set_counter(&p, TCP_ATTEMPT_FAILS, 1040);
	assert_int_equal(failed(&s, &p, 0, 0), 0);
	assert_int_equal(failed(&s, &p, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_base_moves_along_and_never_back),
	    cmocka_unit_test(a_base_waits_for_a_lost_reading_to_come_back),
	    cmocka_unit_test(the_monitors_own_traffic_is_left_out),
	    cmocka_unit_test(an_estimate_too_high_hides_nothing_later),
	    cmocka_unit_test(without_links_octets_stand_in),
	    cmocka_unit_test(when_sockets_fail_snmp_goes_on_from_there),
	    cmocka_unit_test(datagrams_of_both_families_are_one_signal),
	    cmocka_unit_test(datagrams_over_loopback_are_left_out),
	    cmocka_unit_test(datagrams_sent_between_two_readings_are_not_lost),
	    cmocka_unit_test(with_tcp_unknown_udp_is_told_only_where_it_dominates),
	    cmocka_unit_test(what_no_socket_accounts_for_is_a_signal),
	    cmocka_unit_test(without_sockets_nothing_is_said_of_it),
	    cmocka_unit_test(failed_attempts_are_those_of_the_sockets),
	    cmocka_unit_test(failed_attempts_over_loopback_are_left_out),
	    cmocka_unit_test(
		attempts_that_no_socket_shows_are_added_at_the_second_sample),
	    cmocka_unit_test(an_event_that_is_late_is_not_counted_twice),
	    cmocka_unit_test(connections_that_clients_reset_are_not_the_pods_attempts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
