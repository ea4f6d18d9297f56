/* SPDX-License-Identifier: Apache-2.0 */
/* What accounts for what the links sent: UDP as far as it can be estimated, and what is
 * nobody's. */
#include <stddef.h>
#include <stdlib.h>

#include "../support/testing.h"
#include "collect/sent_span.h"

static uint64_t estimate(const struct sent_span *span)
{
	int64_t carry = 0;

	return sent_udp_bytes(span, &carry);
}

CASE(udp_alone_is_exact)
{
	struct sent_span span = {
	    .link_bytes = 1000 * 1042, .link_packets = 1000, .datagrams = 1000};

	assert_int_equal(estimate(&span), 1000 * 1000);
	span.link_bytes += 1000 * 20;
	span.packets6 = 1000;
	assert_int_equal(estimate(&span), 1000 * 1000);
}

CASE(udp_beside_tcp_is_what_tcp_leaves)
{
	struct sent_span span = {
	    .link_bytes = 1000 * 1042 + 4000000 + 500 * 66 + 3 * 1448,
	    .link_packets = 1500,
	    .tcp_bytes = 4000000,
	    .tcp_again = 3 * 1448,
	    .datagrams = 1000,
	};

	assert_int_equal(estimate(&span), 1000 * 1000);
}

CASE(without_datagrams_there_are_no_bytes_of_udp)
{
	struct sent_span span = {.link_bytes = 1000000, .link_packets = 10};

	assert_int_equal(estimate(&span), 0);
}

CASE(a_datagram_carries_no_more_than_it_can)
{
	struct sent_span span = {
	    .link_bytes = 1000000000, .link_packets = 1000, .datagrams = 2};
	struct sent_span nothing = {0};
	int64_t carry = 0;
	uint64_t told;

	told = sent_udp_bytes(&span, &carry);
	assert_int_equal(told, 2 * 1472);
	told += sent_udp_bytes(&nothing, &carry);
	assert_int_equal(told, 2 * 65507);
	assert_int_equal(sent_udp_bytes(&nothing, &carry), 0);
	span.link_bytes = 10;
	assert_int_equal(estimate(&span), 0);
}

CASE(long_datagrams_are_believed_when_they_stay)
{
	struct sent_span span = {
	    .link_bytes = 1000 * 40042, .link_packets = 1000, .datagrams = 1000};
	struct sent_span nothing = {0};
	int64_t carry = 0;
	uint64_t told;

	told = sent_udp_bytes(&span, &carry);
	told += sent_udp_bytes(&span, &carry);
	assert_int_equal(told, 1000 * (40000 + 1472));
	told += sent_udp_bytes(&nothing, &carry);
	assert_int_equal(told, 2 * 1000 * 40000);
}

CASE(tcp_that_is_told_late_is_not_taken_for_udp)
{
	struct sent_span links = {
	    .link_bytes = 100 * 1442 + 5000000 + 300 * 66,
	    .link_packets = 400,
	    .datagrams = 100,
	};
	struct sent_span late = {.tcp_bytes = 5000000};
	struct sent_span more = {
	    .link_bytes = 100 * 1442, .link_packets = 100, .datagrams = 100};
	int64_t carry = 0;
	uint64_t told;

	told = sent_udp_bytes(&links, &carry);
	assert_int_equal(told, 100 * 1472);
	told += sent_udp_bytes(&late, &carry);
	assert_int_equal(told, 100 * 1472);
	told += sent_udp_bytes(&more, &carry);
	assert_int_equal(told, 2 * 100 * 1400);
}

CASE(a_query_beside_a_great_stream_is_not_taken_for_a_flood)
{
	/* A gigabyte of TCP whose headers are 12 bytes longer than the usual. */
	struct sent_span span = {
	    .link_bytes = 1000000000 + 20000 * 78 + 10 * 100,
	    .link_packets = 20010,
	    .tcp_bytes = 1000000000,
	    .datagrams = 10,
	};

	assert_true(estimate(&span) <= 10 * 1472);
}

CASE(bytes_told_too_early_by_tcp_are_mended_by_the_next_span)
{
	struct sent_span ahead = {
	    .link_bytes = 100 * 1042 + 1000000 + 20 * 66 - 30000,
	    .link_packets = 120,
	    .tcp_bytes = 1000000,
	    .datagrams = 100,
	};
	struct sent_span behind = ahead;
	int64_t carry = 0;
	uint64_t told;

	behind.link_bytes += 60000;
	told = sent_udp_bytes(&behind, &carry);
	told += sent_udp_bytes(&ahead, &carry);
	told += sent_udp_bytes(&ahead, &carry);
	told += sent_udp_bytes(&behind, &carry);
	assert_int_equal(told, 400000);
	assert_int_equal(carry, 0);
}

CASE(what_is_carried_stays_within_tcps_error)
{
	struct sent_span span = {
	    .link_bytes = 64 * 1000000 + 66, .link_packets = 1, .tcp_bytes = 32000000};
	int64_t carry = 0;

	assert_int_equal(sent_udp_bytes(&span, &carry), 0);
	assert_int_equal(carry, 1000000);
	span.link_bytes = 0;
	assert_int_equal(sent_udp_bytes(&span, &carry), 0);
	assert_int_equal(carry, -1000000);
}

/* TCP of sockets in full segments, with the headers that it usually has. */
static struct sent_span tcp_span(uint64_t bytes)
{
	uint64_t segments = (bytes + 1447) / 1448;

	return (struct sent_span){.link_bytes = bytes + 66 * segments,
				  .link_packets = segments,
				  .tcp_bytes = bytes,
				  .tcp_segments = segments};
}

static void add_packets(struct sent_span *span, uint64_t count, uint64_t length)
{
	span->link_bytes += count * length;
	span->link_packets += count;
}

static double clock_at;

static uint64_t unaccounted(struct sent_balance *b, const struct sent_span *span)
{
	int64_t carry = 0;
	uint64_t udp_bytes = sent_udp_bytes(span, &carry);

	clock_at += 10;
	return sent_unaccounted_bytes(b, span, &udp_bytes, clock_at);
}

/* The same a tenth of a second later, without UDP. */
static uint64_t soon_unaccounted(struct sent_balance *b, const struct sent_span *span)
{
	uint64_t none = 0;

	return sent_unaccounted_bytes(b, span, &none, clock_at += 0.1);
}

CASE(a_pod_with_sockets_alone_owes_nothing)
{
	struct sent_balance b = {0};

	for (int i = 0; i < 1000; i++) {
		struct sent_span span = tcp_span((uint64_t)(i % 7) * 100000);
		add_packets(&span, 10, 54); /* resets: of no socket, yet segments */
		span.tcp_segments += 10;
		add_packets(&span, 20, 94); /* acknowledgements with long options */
		span.tcp_segments += 20;
		add_packets(&span, 5, 142); /* datagrams */
		span.datagrams = 5;
		assert_int_equal(unaccounted(&b, &span), 0);
	}
}

/* The last bytes of a connection are missing until its end is reported, seconds late.
 */
CASE(bytes_whose_report_is_late_are_nobodys_only_if_it_never_comes)
{
	struct sent_balance late = {0}, never = {0};
	struct sent_span span = tcp_span(1000000), rest = {0};
	const uint64_t missing = 900000;
	uint64_t told = 0;

	span.tcp_bytes -= missing;
	span.reports_late = rest.reports_late = true;
	assert_int_equal(soon_unaccounted(&late, &span), 0);
	assert_int_equal(soon_unaccounted(&never, &span), 0);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(soon_unaccounted(&late, &rest), 0);
		assert_int_equal(soon_unaccounted(&never, &rest), 0);
	}
	for (int i = 0; i < 60; i++)
		told += soon_unaccounted(&never, &rest);
	assert_in_range(told, missing / 10 * 9, missing);
	rest.reports_late = false;
	rest.tcp_bytes = missing;
	for (int i = 0; i < 60; i++) {
		assert_int_equal(soon_unaccounted(&late, &rest), 0);
		rest.tcp_bytes = 0;
	}
}

CASE(packets_of_no_protocol_are_told_one_span_later)
{
	struct sent_balance b = {0};
	struct sent_span span = {0};

	add_packets(&span, 1000, 1000);
	assert_int_equal(unaccounted(&b, &span), 0);
	assert_int_equal(unaccounted(&b, &span), 1000000);
	assert_int_equal(unaccounted(&b, &(struct sent_span){0}), 1000000);
	assert_int_equal(unaccounted(&b, &(struct sent_span){0}), 0);
}

/* The end of a connection is told a moment after its bytes were on the link. */
CASE(a_connection_told_late_is_nobodys_for_no_moment)
{
	struct sent_balance b = {0};
	struct sent_span early = tcp_span(5000000), late = {.tcp_bytes = 5000000};

	early.tcp_bytes = 0;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(unaccounted(&b, &early), 0);
		assert_int_equal(unaccounted(&b, &late), 0);
	}
}

/* Counted by UDP after the links were read, or in part. */
CASE(datagrams_between_two_readings_are_udp)
{
	for (unsigned before = 0; before <= 1000; before += 250) {
		struct sent_balance b = {0};
		struct sent_span first = {.datagrams = before}, second = {0},
				 nothing = {0};
		struct sent_span *spans[] = {&first, &second, &nothing, &nothing};
		int64_t carry = 0;
		uint64_t udp = 0, told = 0;

		add_packets(&first, 1000, 1042);
		second.datagrams = 1000 - before;
		for (int i = 0; i < 4; i++) {
			uint64_t bytes = sent_udp_bytes(spans[i], &carry);
			told +=
			    sent_unaccounted_bytes(&b, spans[i], &bytes, clock_at += 1);
			udp += bytes;
		}
		assert_int_equal(told, 0);
		assert_in_range(udp, 990000, 1000000);
	}
}

/* On a busy machine that moment is longer than a short interval. */
CASE(short_intervals_wait_as_long_for_it)
{
	struct sent_balance b = {0};
	struct sent_span early = tcp_span(5000000), late = {.tcp_bytes = 5000000};
	struct sent_span nothing = {0}, raw = {0};
	uint64_t told = 0;

	early.tcp_bytes = 0;
	told += soon_unaccounted(&b, &early);
	for (int i = 0; i < 8; i++)
		told += soon_unaccounted(&b, &nothing);
	told += soon_unaccounted(&b, &late);
	assert_int_equal(told, 0);
	add_packets(&raw, 1000, 1000);
	soon_unaccounted(&b, &raw);
	for (int i = 0; i < 11; i++)
		told += soon_unaccounted(&b, &nothing);
	assert_in_range(told, 900000, 1000000);
}

CASE(being_ahead_is_no_lasting_credit)
{
	struct sent_balance b = {0};
	struct sent_span ahead = {.tcp_bytes = 1000000};
	struct sent_span raw = {0};
	uint64_t told = 0;

	for (int i = 0; i < 100; i++)
		unaccounted(&b, &ahead); /* over a link that is not watched, say */
	add_packets(&raw, 100, 1000);
	for (int i = 0; i < 11; i++)
		told += unaccounted(&b, &raw);
	assert_in_range(told, 1000000 - 16384 - 1000000 / 32, 1000000);
}

/* Headers are all that can hide in a pod that is busy: its segments have some of their
 * own, of a length that is not known. */
CASE(a_busy_pod_hides_headers_at_most)
{
	struct sent_balance b = {0};
	uint64_t told = 0;

	for (int i = 0; i < 101; i++) {
		struct sent_span span = tcp_span(10000000);
		add_packets(&span, 1000, 1434);
		told += unaccounted(&b, &span);
	}
	assert_in_range(told, 100 * 1000 * (1434 - 94) - 100 * 7000 * 28 - 500000,
			100 * 1000 * 1434);
}

/* SplitMix64: the same numbers each time. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	return (z ^ z >> 27) >> 1;
}

/* Whatever happens, what is told is never more than what the links sent beyond what is
 * accounted for, and it never falls. */
CASE(no_more_is_told_than_was_sent)
{
	for (unsigned seed = 0; seed < 200; seed++) {
		struct sent_balance b = {0};
		uint64_t told = 0, link = 0;
		uint64_t random = seed;
		for (int i = 0; i < 200; i++) {
			struct sent_span span = {
			    .link_packets = next_random(&random) % 1000,
			    .tcp_bytes = next_random(&random) % 1000000,
			    .tcp_segments = next_random(&random) % 1000,
			    .datagrams = next_random(&random) % 3 * 100,
			};
			span.link_bytes =
			    span.link_packets * 60 + next_random(&random) % 1000000;
			link += span.link_bytes;
			told += unaccounted(&b, &span);
			assert_true(told <= link);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(udp_alone_is_exact),
	    cmocka_unit_test(udp_beside_tcp_is_what_tcp_leaves),
	    cmocka_unit_test(without_datagrams_there_are_no_bytes_of_udp),
	    cmocka_unit_test(a_datagram_carries_no_more_than_it_can),
	    cmocka_unit_test(long_datagrams_are_believed_when_they_stay),
	    cmocka_unit_test(tcp_that_is_told_late_is_not_taken_for_udp),
	    cmocka_unit_test(a_query_beside_a_great_stream_is_not_taken_for_a_flood),
	    cmocka_unit_test(bytes_told_too_early_by_tcp_are_mended_by_the_next_span),
	    cmocka_unit_test(what_is_carried_stays_within_tcps_error),
	    cmocka_unit_test(a_pod_with_sockets_alone_owes_nothing),
	    cmocka_unit_test(
		bytes_whose_report_is_late_are_nobodys_only_if_it_never_comes),
	    cmocka_unit_test(packets_of_no_protocol_are_told_one_span_later),
	    cmocka_unit_test(datagrams_between_two_readings_are_udp),
	    cmocka_unit_test(a_connection_told_late_is_nobodys_for_no_moment),
	    cmocka_unit_test(short_intervals_wait_as_long_for_it),
	    cmocka_unit_test(being_ahead_is_no_lasting_credit),
	    cmocka_unit_test(a_busy_pod_hides_headers_at_most),
	    cmocka_unit_test(no_more_is_told_than_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
