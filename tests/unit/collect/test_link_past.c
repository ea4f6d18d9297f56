/* SPDX-License-Identifier: Apache-2.0 */
/* What flowed on a link whose counters get lost, fall, wrap, leap and begin anew. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/links/link_past.h"

#define MOST UINT64_C(500000000000)

struct world {
	struct link_past past;
	struct link_sums flowed;
	struct link_oddities oddities;
	double now;
};

/* As many packets of 100 bytes each way. */
static struct link_reading bytes(uint64_t n)
{
	return (struct link_reading){
	    .rx_bytes = n, .tx_bytes = n, .rx_packets = n / 100, .tx_packets = n / 100};
}

static void take(struct world *w, struct link_reading r)
{
	w->now += 10;
	link_past_read(&w->past, &r, w->now, &w->flowed, &w->oddities);
}

static struct world begun_at(uint64_t n)
{
	struct world w = {.now = 1000};
	struct link_reading first = bytes(n);

	link_past_begin(&w.past, &first, w.now);
	return w;
}

/* Takes the readings, and says what flowed in all. */
static uint64_t flowed_in(struct world *w, const uint64_t *readings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		take(w, bytes(readings[i]));
	assert_int_equal(w->flowed.tx_bytes, w->flowed.rx_bytes);
	return w->flowed.tx_bytes;
}

#define FLOWED(w, ...)                                                                 \
	flowed_in(w, (const uint64_t[]){__VA_ARGS__},                                  \
		  sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

CASE(a_counter_that_rises_moved_by_the_difference)
{
	assert_int_equal(link_counter_delta(5, 12, false, MOST), 7);
	assert_int_equal(link_counter_delta(5, 5, false, MOST), 0);
	assert_int_equal(
	    link_counter_delta(UINT32_MAX - 1, UINT32_MAX + UINT64_C(3), false, MOST),
	    4);
}

CASE(after_a_reset_counts_what_flowed_since)
{
	assert_int_equal(link_counter_delta(1000000, 300, true, MOST), 300);
	assert_int_equal(link_counter_delta(1000000, 0, true, MOST), 0);
}

CASE(a_counter_that_dips_moved_by_nothing)
{
	assert_int_equal(link_counter_delta(1000000, 999990, true, MOST), 0);
	assert_int_equal(link_counter_delta(1000000, 999990, false, MOST), 0);
}

CASE(a_wrap_at_32_bits_is_told_from_a_reset_by_the_other_counter)
{
	assert_int_equal(link_counter_delta(UINT64_C(0xfffffff0), 0x10, false, MOST),
			 0x20);
	assert_int_equal(link_counter_delta(UINT64_C(0xfffffff0), 0x10, true, MOST),
			 0x10);
	assert_int_equal(link_counter_delta(UINT64_C(0x1fffffff0), 0x10, false, MOST),
			 0x10);
}

CASE(more_than_any_link_carries_moved_by_nothing)
{
	assert_int_equal(link_counter_delta(0, MOST, false, MOST), MOST);
	assert_int_equal(link_counter_delta(0, MOST + 1, false, MOST), 0);
	assert_int_equal(link_counter_delta(5, UINT64_MAX, false, MOST), 0);
}

CASE(a_lost_reading_is_no_traffic)
{
	static const uint64_t lost[] = {0, 1, 100, 400000000, 900000000};

	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		struct world w = begun_at(1000000000);

		assert_int_equal(FLOWED(&w, 1000000500, lost[i]), 500);
		assert_int_equal(w.past.last.tx_bytes, 1000000500);
		assert_int_equal(FLOWED(&w, 1000000700, 1000000900), 900);
		assert_int_equal(w.oddities.glitches, 1);
		assert_int_equal(w.oddities.resets, 0);
	}
}

CASE(readings_lost_in_a_row_are_no_traffic)
{
	struct world w = begun_at(1000000000);

	assert_int_equal(FLOWED(&w, 0, 0, 0, 1000000500, 1000000600), 600);
	assert_int_equal(FLOWED(&w, 0, 1000000600, 0, 0, 1000000700), 700);
}

/* Only one counter is lost, the others go on. */
CASE(a_single_counter_may_be_lost)
{
	struct world w = begun_at(3000000000);
	struct link_reading r = bytes(3000000100);

	r.tx_bytes = 0;
	take(&w, r);
	take(&w, bytes(3000000200));
	assert_int_equal(w.flowed.tx_bytes, 200);
	assert_int_equal(w.flowed.rx_packets, 2);
}

CASE(garbage_above_the_wire_is_no_traffic)
{
	struct world w = begun_at(1000000000);

	assert_int_equal(FLOWED(&w, UINT64_MAX, 1000000500), 500);
	assert_int_equal(
	    FLOWED(&w, UINT64_C(1) << 62, UINT64_C(1) << 62, 1000000600, 1000000800),
	    800);
}

CASE(a_reset_counts_one_reading_later)
{
	struct world w = begun_at(1000000);

	assert_int_equal(FLOWED(&w, 300), 0);
	assert_int_equal(FLOWED(&w, 500), 500);
	assert_int_equal(FLOWED(&w, 900), 900);
	assert_int_equal(w.oddities.resets, 1);
	assert_int_equal(w.oddities.glitches, 0);
	assert_int_equal(w.past.last.tx_bytes, 900);
}

CASE(a_reset_to_silence_and_what_comes_after)
{
	struct world w = begun_at(1000000);

	assert_int_equal(FLOWED(&w, 0, 0, 0, 200, 400), 400);
	assert_int_equal(FLOWED(&w, 700000, 1500000), 1500000);
}

CASE(two_resets_in_a_row_count_both)
{
	struct world w = begun_at(1000000);

	assert_int_equal(FLOWED(&w, 9000, 100, 300, 400), 9400);
}

CASE(a_wrap_at_32_bits_counts_one_reading_later)
{
	struct world w = begun_at(UINT64_C(4294967000));

	for (unsigned i = 1; i <= 3; i++) {
		struct link_reading r = bytes(4294967000);

		r.tx_bytes = r.rx_bytes = (4294967000 + i * 1000) & UINT32_MAX;
		r.tx_packets += i;
		r.rx_packets += i;
		take(&w, r);
	}
	assert_int_equal(w.flowed.tx_bytes, 3000);
	assert_int_equal(w.flowed.tx_packets, 3);
}

CASE(a_link_that_goes_in_doubt_is_counted_as_reset)
{
	struct world w = begun_at(1000000);

	take(&w, bytes(300));
	link_past_end(&w.past, &w.flowed, &w.oddities);
	assert_int_equal(w.flowed.tx_bytes, 300);
}

static uint64_t random_state;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* A counter of the kernel and what flowed in truth, as far as anybody can know it: what
 * flows between the last reading and a reset leaves no trace. */
struct truth {
	uint64_t counter, flowed;
};

/* The counters at the next reading, after something went wrong or not. `clean` says for
 * how many more readings nothing does. */
static struct link_reading next_reading(struct truth *t, unsigned *clean)
{
	uint64_t moved = random_below(100) * 100 * (1 + random_below(20));

	if (*clean == 0) {
		*clean = 10;
		switch (random_below(3)) {
		case 0: /* lost */
			t->counter += moved;
			t->flowed += moved;
			return bytes(random_below(2) ? 0 : random_below(1000) * 100);
		case 1: /* reset */
			t->counter = 0;
			break;
		default: /* garbage */
			t->counter += moved;
			t->flowed += moved;
			return bytes(UINT64_MAX / 2 + random_below(1 << 30));
		}
	}
	--*clean;
	t->counter += moved;
	t->flowed += moved;
	return bytes(t->counter);
}

/* Whatever goes wrong: never more than flowed, and all of it two readings later. */
CASE(random_lives_count_what_flowed)
{
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct truth t = {.counter = UINT64_C(50000000000)};
		struct world w = begun_at(t.counter);
		unsigned clean = 5;

		random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
		for (unsigned i = 0; i < 200; i++) {
			/* A counter that has only just begun cannot be told from one
			 * that is back: it has to have grown. */
			bool young = t.counter < 10000000;
			if (young && clean == 0)
				clean = 1;
			take(&w, next_reading(&t, &clean));
			if (w.flowed.tx_bytes > t.flowed)
				fail_msg("seed %d, reading %u: %ju of %ju", (int)seed,
					 i, (uintmax_t)w.flowed.tx_bytes,
					 (uintmax_t)t.flowed);
			if (clean <= 8 && w.flowed.tx_bytes != t.flowed)
				fail_msg("seed %d, reading %u: %ju, not %ju", (int)seed,
					 i, (uintmax_t)w.flowed.tx_bytes,
					 (uintmax_t)t.flowed);
		}
		assert_int_equal(w.flowed.tx_packets, w.flowed.tx_bytes / 100);
		assert_true(w.oddities.resets + w.oddities.glitches > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_counter_that_rises_moved_by_the_difference),
	    cmocka_unit_test(after_a_reset_counts_what_flowed_since),
	    cmocka_unit_test(a_counter_that_dips_moved_by_nothing),
	    cmocka_unit_test(
		a_wrap_at_32_bits_is_told_from_a_reset_by_the_other_counter),
	    cmocka_unit_test(more_than_any_link_carries_moved_by_nothing),
	    cmocka_unit_test(a_lost_reading_is_no_traffic),
	    cmocka_unit_test(readings_lost_in_a_row_are_no_traffic),
	    cmocka_unit_test(a_single_counter_may_be_lost),
	    cmocka_unit_test(garbage_above_the_wire_is_no_traffic),
	    cmocka_unit_test(a_reset_counts_one_reading_later),
	    cmocka_unit_test(a_reset_to_silence_and_what_comes_after),
	    cmocka_unit_test(two_resets_in_a_row_count_both),
	    cmocka_unit_test(a_wrap_at_32_bits_counts_one_reading_later),
	    cmocka_unit_test(a_link_that_goes_in_doubt_is_counted_as_reset),
	    cmocka_unit_test(random_lives_count_what_flowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
