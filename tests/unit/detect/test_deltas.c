/* SPDX-License-Identifier: Apache-2.0 */
/* What flowed between the samples of counters that get lost, fall, leap and begin anew,
 * as recordings have them. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "detect/deltas.h"

struct world {
	struct counters counters;
	struct deltas deltas;
	double now, flowed, known_s;
};

static struct world begun(void)
{
	return (struct world){.now = 1700000000};
}

/* One sample of one counter; what flowed and in which time is added up. */
static enum reading take(struct world *w, enum signal signal, uint64_t value)
{
	struct sample sample = {.time = w->now += 10};
	enum reading reading;

	sample_set(&sample, signal, value);
	reading = deltas_take(&w->counters, &sample, &w->deltas);
	if (reading == READING_TAKEN && (w->deltas.known >> signal & 1)) {
		w->flowed += w->deltas.amount[signal];
		w->known_s += w->deltas.span[signal];
	}
	return reading;
}

static double flowed_in(struct world *w, const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		take(w, SIGNAL_TX_BYTES, values[i]);
	return w->flowed;
}

#define FLOWED(w, ...)                                                                 \
	flowed_in(w, (const uint64_t[]){__VA_ARGS__},                                  \
		  sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void assert_flowed(double expected, double flowed)
{
	if (flowed != expected)
		fail_msg("%g flowed, not %g", flowed, expected);
}

CASE(a_lost_reading_is_left_out)
{
	struct world w = begun();

	assert_flowed(100, FLOWED(&w, 1000000000, 1000000100));
	assert_flowed(100, FLOWED(&w, 0));
	assert_false(w.deltas.known >> SIGNAL_TX_BYTES & 1);
	assert_flowed(300, FLOWED(&w, 1000000300));
	/* What flowed meanwhile is spread over the time that it took. */
	assert_true(w.deltas.span[SIGNAL_TX_BYTES] == 20);
	assert_true(w.deltas.late >> SIGNAL_TX_BYTES & 1);
	assert_flowed(400, FLOWED(&w, 1000000400));
	assert_true(w.known_s == 40);
}

CASE(readings_lost_in_a_row_or_in_part_are_left_out)
{
	struct world w = begun();

	assert_flowed(600, FLOWED(&w, 1000000000, 0, 0, 0, 1000000600));
	assert_flowed(700, FLOWED(&w, 600000000, 1000000700));
	assert_flowed(900, FLOWED(&w, 5, 1000000800, 0, 1000000900));
}

CASE(garbage_is_left_out)
{
	struct world w = begun();

	assert_flowed(600, FLOWED(&w, 1000000000, UINT64_MAX, 1000000600));
	assert_flowed(700, FLOWED(&w, UINT64_C(1) << 60, 1000000700));
}

CASE(after_a_reset_counts_what_flowed_since)
{
	struct world w = begun();

	assert_flowed(0, FLOWED(&w, 1000000, 300));
	assert_flowed(500, FLOWED(&w, 500));
	assert_true(w.deltas.span[SIGNAL_TX_BYTES] == 20);
	assert_flowed(900, FLOWED(&w, 900));
	assert_true(w.deltas.span[SIGNAL_TX_BYTES] == 10);
	/* It grows past what it was, however fast. */
	assert_flowed(5000000, FLOWED(&w, 600000, 5000000));
}

CASE(a_reset_to_silence_and_what_comes_after)
{
	struct world w = begun();

	assert_flowed(400, FLOWED(&w, 1000000, 0, 0, 0, 200, 400));
}

/* To something not much less: another counter, or a sum that lost a part. */
CASE(a_fall_by_less_than_half_is_no_traffic)
{
	struct world w = begun();

	assert_flowed(100, FLOWED(&w, 1000000, 700000, 700100));
	assert_flowed(200, FLOWED(&w, 700200));
}

CASE(a_restart_of_the_clock_forgets_what_fell)
{
	struct world w = begun();

	FLOWED(&w, 1000000000, 0);
	w.now -= 1000;
	assert_int_equal(take(&w, SIGNAL_TX_BYTES, 1000000100), READING_FIRST);
	assert_flowed(50, FLOWED(&w, 1000000150));
}

CASE(destinations_are_no_counter)
{
	struct world w = begun();

	take(&w, SIGNAL_DESTINATIONS, 40);
	take(&w, SIGNAL_DESTINATIONS, 30);
	take(&w, SIGNAL_DESTINATIONS, 0);
	take(&w, SIGNAL_DESTINATIONS, 5);
	assert_flowed(35, w.flowed);
}

static uint64_t random_state;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* Whatever goes wrong: never more than flowed, and all of it two samples later. */
CASE(random_recordings_count_what_flowed)
{
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		uint64_t counter = UINT64_C(50000000000), flowed = 0;
		struct world w = begun();
		unsigned clean = 5;

		random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
		take(&w, SIGNAL_TX_BYTES, counter);
		for (unsigned i = 0; i < 200; i++) {
			uint64_t moved = random_below(200000), shown;
			unsigned trouble = clean > 0 ? 3 : (unsigned)random_below(3);

			clean = clean > 0 ? clean - 1 : 10;
			if (counter < 10000000 && trouble < 3)
				trouble = 3; /* too young to be reported from a reset */
			if (trouble == 1)
				counter = 0;
			counter += moved;
			flowed += moved;
			shown = trouble == 0   ? random_below(100000)
				: trouble == 2 ? UINT64_MAX - random_below(1000)
					       : counter;
			take(&w, SIGNAL_TX_BYTES, shown);
			if (w.flowed > (double)flowed ||
			    (clean < 9 && w.flowed != (double)flowed))
				fail_msg("seed %d, sample %u: %.0f of %ju", (int)seed,
					 i, w.flowed, (uintmax_t)flowed);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_lost_reading_is_left_out),
	    cmocka_unit_test(readings_lost_in_a_row_or_in_part_are_left_out),
	    cmocka_unit_test(garbage_is_left_out),
	    cmocka_unit_test(after_a_reset_counts_what_flowed_since),
	    cmocka_unit_test(a_reset_to_silence_and_what_comes_after),
	    cmocka_unit_test(a_fall_by_less_than_half_is_no_traffic),
	    cmocka_unit_test(a_restart_of_the_clock_forgets_what_fell),
	    cmocka_unit_test(destinations_are_no_counter),
	    cmocka_unit_test(random_recordings_count_what_flowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
