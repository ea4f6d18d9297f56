/* SPDX-License-Identifier: Apache-2.0 */
/* test_steady.c - a pod whose hours are alike has narrow margins of hours. */
#include "detect_fixture.h"

static const struct traffic EXTRA = {.opened = 19 * KB, .addresses = 1};

CASE(three_quarters_more_for_hours_are_told_of_a_steady_pod)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 3 * DAY, SHIPPER);
	assert_false(reported(&w));
	live(&w, 5 * HOUR, both(SHIPPER, EXTRA));
	assert_true(reported(&w));
	assert_true(w.told_after <= 3 * HOUR);
	world_end(&w);
}

/* Not only when six more hours have passed. */
CASE(it_is_as_steady_after_a_restart)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 3 * DAY + 2 * HOUR, SHIPPER);
	struct detector *next = again(&w);
	detector_free(w.d);
	w.d = next;
	live(&w, 3 * HOUR, both(SHIPPER, EXTRA));
	assert_true(reported(&w));
	world_end(&w);
}

/* On its second day nobody knows yet whether it is steady. */
CASE(a_day_is_not_enough_to_be_steady)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 30 * HOUR, SHIPPER);
	live(&w, 5 * HOUR, both(SHIPPER, EXTRA));
	assert_false(reported(&w));
	world_end(&w);
}

/* A burst of ten seconds each ten minutes, up to so many times the pod's usual, growing
 * over some hours. Returns whether it is told. */
static bool told_of_bursts(double most)
{
	struct world w;
	bool told = false;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 3 * DAY, SHIPPER);
	assert_false(reported(&w));
	for (unsigned i = 0; i < 36 && !told; i++) {
		const double size = 1.5 + (most - 1.5) * i / 35;
		live(&w, 10, times(SHIPPER, size));
		live(&w, 10 * MINUTE - 10, SHIPPER);
		told = reported(&w);
	}
	world_end(&w);
	return told;
}

/* Bursts within the margin excuse no larger ones. */
CASE(bursts_that_grow_are_told_of_a_pod_of_days)
{
	assert_true(told_of_bursts(10));
	assert_true(told_of_bursts(8));
	assert_false(told_of_bursts(2.5)); /* the twin */
}

static struct traffic at_hour(unsigned hour, double day)
{
	/* A third at night, all of it around noon. */
	double wave = (2 - cos((hour % 24) / 24.0 * 2 * M_PI)) / 3;

	return times(SHIPPER, wave * day);
}

/* The same increase, of a pod that has days and nights: a busy day. */
CASE(a_busy_day_of_a_pod_with_nights_is_no_news)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	for (unsigned hour = 0; hour < 4 * 24; hour++) {
		live(&w, HOUR, at_hour(hour, hour < 3 * 24 ? 1 : 1.75));
		assert_false(reported(&w));
	}
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_quarters_more_for_hours_are_told_of_a_steady_pod),
	    cmocka_unit_test(it_is_as_steady_after_a_restart),
	    cmocka_unit_test(a_day_is_not_enough_to_be_steady),
	    cmocka_unit_test(bursts_that_grow_are_told_of_a_pod_of_days),
	    cmocka_unit_test(a_busy_day_of_a_pod_with_nights_is_no_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
