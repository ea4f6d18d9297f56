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

/* Quiet until the warm-up ends, but for a sample. */
CASE(a_theft_at_the_end_of_the_warm_up_is_told)
{
	double told = told_of(PROBED, 5 * MINUTE - 10, 1 * MB);

	assert_true(told >= 0 && told <= 5 * MINUTE);
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

CASE(a_net_export_is_told_from_the_first_minutes)
{
	static const double ages[] = {3, 4, 5, 6};

	for (unsigned i = 0; i < LENGTH(ages); i++) {
		double told = told_of(WEB, ages[i] * MINUTE, 1 * MB);
		/* The end of the warm-up begins the windows anew. */
		assert_true(told >= 0 && told <= 5 * MINUTE);
	}
}

/* Returns the times that a pod is told of in its first quarter of an hour which does
 * `more` from that age on. */
static unsigned told_early(struct traffic life, double age, struct traffic more)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, age, life);
	live(&w, 15 * MINUTE - age, both(life, more));
	world_end(&w);
	return w.episodes;
}

/* The twins. */
CASE(what_a_start_explains_is_not_told)
{
	const struct traffic export = {.opened = 1 * MB, .received = 20 * KB};
	const struct traffic passed = {.opened = 1 * MB, .received = 1.2 * MB};

	/* From the first second: it came with the image. */
	assert_int_equal(told_early(WEB, 0, export), 0);
	/* What it sends it has received. */
	assert_int_equal(told_early(WEB, 4 * MINUTE, passed), 0);
	/* Its containers started only then: nothing of its work was there before. */
	assert_int_equal(told_early(SILENCE, 3 * MINUTE, export), 0);
	/* Ten times the first minutes, but no more than an ordinary start. */
	assert_int_equal(
	    told_early(WEB, 4 * MINUTE, (struct traffic){.opened = 90 * KB}), 0);
}

CASE(who_looks_for_many_from_the_first_second_is_not_told)
{
	const struct traffic crawl = {.sockets = 20, .addresses = 150};
	const struct traffic scan = {.sockets = 300, .addresses = 3000};

	assert_int_equal(told_early(both(WEB, crawl), 5 * MINUTE, crawl), 0);
	assert_int_equal(told_early(both(WEB, crawl), 5 * MINUTE, scan), 1);
}

/* The pod's own work has no past yet when a scan of its first minutes is over: it may
 * not keep the alert open. */
CASE(an_early_incident_ends_when_it_is_over)
{
	const struct traffic scan = {.sockets = 300, .addresses = 3000};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * MINUTE, WEB);
	live(&w, 4 * MINUTE, both(WEB, scan));
	assert_true(reported(&w));
	live(&w, 24 * MINUTE, WEB);
	forget_told(&w);
	live(&w, DAY / 2, WEB);
	assert_false(reported(&w));
	world_end(&w);
}

/* Samples of five minutes: one low one is a pause, not a quiet pod that wakes. */
CASE(one_low_sample_is_no_quiet)
{
	const struct traffic tunnel = {.datagrams = 100, .received = 20 * KB};
	struct world w;

	world_begin(&w, 300);
	w.columns = TWO_COLUMNS;
	world_watch(&w);
	for (unsigned i = 0; i < 6; i++) {
		live(&w, 10 * MINUTE, tunnel);
		live(&w, 5 * MINUTE, PROBED);
		assert_false(reported(&w));
	}
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
	    cmocka_unit_test(a_theft_at_the_end_of_the_warm_up_is_told),
	    cmocka_unit_test(a_scan_is_told_from_the_first_minutes),
	    cmocka_unit_test(a_net_export_is_told_from_the_first_minutes),
	    cmocka_unit_test(what_a_start_explains_is_not_told),
	    cmocka_unit_test(who_looks_for_many_from_the_first_second_is_not_told),
	    cmocka_unit_test(an_early_incident_ends_when_it_is_over),
	    cmocka_unit_test(one_low_sample_is_no_quiet),
	    cmocka_unit_test(an_ordinary_start_is_not_told),
	    cmocka_unit_test(a_long_start_teaches_nothing_to_a_pod_that_then_is_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
