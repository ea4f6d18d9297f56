/* SPDX-License-Identifier: Apache-2.0 */
/* A pod's first hour: what is told of it, and how an ordinary start stays quiet. */
#include "../support/testing.h"
#include "detect_fixture.h"

static const struct traffic WEB = {.served = 28 * KB,
				   .opened = 2 * KB,
				   .received = 5 * KB,
				   .sockets = 0.3,
				   .addresses = 5,
				   .jitter = 0.4};

/* Returns after how many seconds a theft is reported that begins at that age. */
static double told_of(struct traffic life, double age, double rate)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, age, life);
	assert_int_equal(w.episodes, 0);
	live(&w, HOUR, both(life, (struct traffic){.opened = rate}));
	world_end(&w);
	return w.told_after;
}

CASE(a_megabyte_a_second_is_told_at_every_age_from_ten_minutes)
{
	static const double ages[] = {10 * MINUTE, 20 * MINUTE, 30 * MINUTE,
				      HOUR,        6 * HOUR,    DAY};

	for (unsigned i = 0; i < 6; i++) {
		double quiet = told_of(PROBED, ages[i], 1 * MB);
		double busy = told_of(WEB, ages[i], 1 * MB);
		assert_true(quiet >= 0 && quiet <= MINUTE);
		assert_true(busy >= 0 && busy <= 2 * MINUTE);
	}
}

CASE(a_few_kilobytes_a_second_are_told_of_a_quiet_pod_of_ten_minutes)
{
	double told = told_of(PROBED, 10 * MINUTE, 10 * KB);

	assert_true(told >= 0 && told <= 10 * MINUTE);
}

CASE(a_scan_is_told_from_the_first_minutes)
{
	struct traffic scan = {.sockets = 300, .addresses = 3000};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * MINUTE, WEB);
	live(&w, 2 * MINUTE, both(WEB, scan));
	assert_true(reported(&w) && w.told_after <= MINUTE);
	world_end(&w);
}

/* Loads for so long, then lives. */
static unsigned started(double loading, double rate, struct traffic life)
{
	struct traffic load = {.opened = rate,
			       .received = 15 * rate,
			       .sockets = 0.3,
			       .addresses = 8,
			       .jitter = 0.5};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, loading, both(PROBED, load));
	live(&w, DAY, life);
	world_end(&w);
	return w.episodes;
}

CASE(an_ordinary_start_is_not_told)
{
	static const double minutes[] = {1, 3, 7, 12, 25};

	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(started(minutes[i] * MINUTE, 200 * KB, PROBED), 0);
		assert_int_equal(started(minutes[i] * MINUTE, 200 * KB, WEB), 0);
		assert_int_equal(started(minutes[i] * MINUTE, 5 * KB, WEB), 0);
	}
}

CASE(a_long_start_teaches_nothing_to_a_pod_that_then_is_quiet)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 25 * MINUTE, both(PROBED, times(THEFT, 0.4)));
	live(&w, 2 * HOUR, PROBED);
	assert_int_equal(w.episodes, 0);
	live(&w, HOUR, both(PROBED, times(THEFT, 0.05)));
	assert_true(reported(&w) && w.told_after <= 2 * MINUTE);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_megabyte_a_second_is_told_at_every_age_from_ten_minutes),
	    cmocka_unit_test(
		a_few_kilobytes_a_second_are_told_of_a_quiet_pod_of_ten_minutes),
	    cmocka_unit_test(a_scan_is_told_from_the_first_minutes),
	    cmocka_unit_test(an_ordinary_start_is_not_told),
	    cmocka_unit_test(a_long_start_teaches_nothing_to_a_pod_that_then_is_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
