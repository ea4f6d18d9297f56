/* SPDX-License-Identifier: Apache-2.0 */
/* test_spread.c - where incidents differ in size, a larger one may be ordinary; where
 * they rise, or are alike, it is not. */
#include "detect/spread.h"
#include "detect_fixture.h"

/* Adds an incident of so many bytes in its greatest minute, each an hour later. */
static void add(struct learnt *l, double bytes)
{
	static struct incident i;

	i.onset = l->size[0].onset > 0 ? l->size[0].onset + HOUR : MONDAY;
	i.peak[WINDOW_1M][SIGNAL_TX_BYTES] = bytes;
	spread_add(l, &i);
}

static double ratio_of(unsigned count, const double *bytes)
{
	static struct learnt l;

	memset(&l, 0, sizeof(l));
	for (unsigned i = 0; i < count; i++)
		add(&l, bytes[i]);
	return spread_ratio(&l);
}

#define RATIO(...)                                                                     \
	ratio_of(sizeof((const double[]){__VA_ARGS__}) / sizeof(double),               \
		 (const double[]){__VA_ARGS__})

CASE(fewer_than_three_tell_nothing)
{
	assert_true(RATIO(0) == 1);
	assert_true(RATIO(9 * MB) == 1);
	assert_true(RATIO(90 * MB, 1 * MB) == 1);
}

CASE(sizes_that_are_alike_allow_little)
{
	assert_true(RATIO(5 * MB, 5 * MB, 5 * MB) < 1.01);
	assert_true(RATIO(5 * MB, 6 * MB, 5.5 * MB, 5 * MB) < 1.5);
}

CASE(sizes_that_differ_allow_as_much_as_they_differ)
{
	double some = RATIO(5 * MB, 8 * MB, 4 * MB, 6 * MB);

	assert_true(some > 1.5 && some < 2.5);
	assert_true(RATIO(5 * MB, 50 * MB, 1 * MB, 9 * MB) == SPREAD_MOST);
}

CASE(a_rise_allows_nothing)
{
	assert_true(RATIO(1 * MB, 2 * MB, 4 * MB) == 1);
	assert_true(RATIO(1 * MB, 2 * MB, 4 * MB, 8 * MB, 16 * MB) == 1);
	/* with something small between */
	assert_true(RATIO(1 * MB, 2 * MB, 100 * KB, 4 * MB, 100 * KB, 8 * MB) == 1);
}

CASE(only_the_last_eight_count)
{
	assert_true(RATIO(100 * MB, 1 * MB, 50 * MB, 5 * MB, 5 * MB, 5 * MB, 5 * MB,
			  5 * MB, 5 * MB, 5 * MB, 5 * MB) < 1.01);
}

CASE(what_ends_late_stands_where_it_began)
{
	static struct learnt l;
	static struct incident i;

	memset(&l, 0, sizeof(l));
	add(&l, 1 * MB);
	add(&l, 4 * MB);
	add(&l, 8 * MB);
	assert_true(spread_ratio(&l) == 1);
	i.onset = MONDAY - HOUR;
	i.peak[WINDOW_1M][SIGNAL_TX_BYTES] = 16 * MB;
	spread_add(&l, &i);
	assert_true(l.size[3].onset == MONDAY - HOUR);
	assert_true(spread_ratio(&l) > 2);
}

/* Jobs of so many seconds at 1 MB/s, half an hour apart; then a minute of 3 MB/s.
 * Returns whether that is reported anew. */
static bool large_one_is_reported(unsigned count, const double *seconds)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	for (unsigned i = 0; i < count; i++) {
		live(&w, seconds[i], both(PROBED, THEFT));
		live(&w, 30 * MINUTE, PROBED);
	}
	const uint32_t before = w.newest;
	const unsigned recurring = w.recurring;
	live(&w, 60, both(PROBED, times(THEFT, 3)));
	live(&w, 30 * MINUTE, PROBED);
	bool anew = w.newest > before && w.recurring == recurring;
	world_end(&w);
	return anew;
}

CASE(the_largest_of_jobs_of_any_size_is_a_repeat)
{
	static const double any[] = {60, 10, 40, 10};

	assert_false(large_one_is_reported(LENGTH(any), any));
}

CASE(the_largest_of_jobs_of_one_size_is_reported)
{
	static const double same[] = {60, 60, 60, 60};

	assert_true(large_one_is_reported(LENGTH(same), same));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fewer_than_three_tell_nothing),
	    cmocka_unit_test(sizes_that_are_alike_allow_little),
	    cmocka_unit_test(sizes_that_differ_allow_as_much_as_they_differ),
	    cmocka_unit_test(a_rise_allows_nothing),
	    cmocka_unit_test(only_the_last_eight_count),
	    cmocka_unit_test(what_ends_late_stands_where_it_began),
	    cmocka_unit_test(the_largest_of_jobs_of_any_size_is_a_repeat),
	    cmocka_unit_test(the_largest_of_jobs_of_one_size_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
