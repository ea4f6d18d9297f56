/* SPDX-License-Identifier: Apache-2.0 */
/* A burst that came once hides no other, however early it came. What comes again and
 * again stays known. */
#include "../support/testing.h"
#include "detect_fixture.h"

/* A pod sends 2 GB in its first 41 minutes, then lives quietly for so long. Returns
 * after how many seconds a theft of 200 kB/s is reported. */
static double after_an_early_burst(double quiet)
{
	static const struct traffic burst = {.opened = 813 * KB, .received = 20 * KB};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 41 * MINUTE, both(PROBED, burst));
	live(&w, quiet - 41 * MINUTE, PROBED);
	assert_int_equal(w.episodes, 0);
	live(&w, HOUR, both(PROBED, times(THEFT, 0.2)));
	world_end(&w);
	return w.told_after;
}

CASE(a_burst_in_the_first_hour_hides_no_theft_later)
{
	static const double days[] = {1, 3, 12};

	for (unsigned i = 0; i < 3; i++) {
		double told = after_an_early_burst(days[i] * DAY);
		assert_true(told >= 0 && told <= 30);
	}
}

CASE(a_busy_pods_early_burst_hides_no_theft_later)
{
	static const struct traffic burst = {.opened = 800 * KB, .received = 20 * KB};
	static const struct traffic life = {.served = 28 * KB,
					    .opened = 2 * KB,
					    .received = 5 * KB,
					    .sockets = 0.3,
					    .addresses = 5,
					    .jitter = 0.4};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 20 * MINUTE, life);
	live(&w, 30 * MINUTE, both(life, burst));
	assert_int_equal(w.episodes, 1); /* the burst itself */
	live(&w, 3 * DAY + 9 * HOUR, life);
	assert_int_equal(w.episodes, 1);
	live(&w, HOUR, both(life, times(THEFT, 0.4)));
	assert_true(reported(&w) && w.told_after <= 2 * MINUTE);
	world_end(&w);
}

/* Builds or reports: minutes of 1 MB/s, three to six a day at any time. */
CASE(what_comes_back_at_odd_times_stays_known)
{
	static const struct traffic build = {
	    .opened = 1 * MB, .received = 2 * MB, .sockets = 1, .jitter = 0.3};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	for (unsigned i = 0; i < 9; i++) { /* the first two days */
		live(&w, (3 + 4 * chance(&w)) * HOUR, PROBED);
		live(&w, (3 + 4 * chance(&w)) * MINUTE, both(PROBED, build));
	}
	forget_told(&w);
	for (unsigned i = 0; i < 50; i++) {
		live(&w, (3 + 4 * chance(&w)) * HOUR, PROBED);
		live(&w, (3 + 4 * chance(&w)) * MINUTE, both(PROBED, build));
	}
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

/* A server that is asked for its reports around noon only, each day. */
CASE(a_days_peak_stays_known_overnight_and_over_a_weekend)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	for (unsigned day = 0; day < 9; day++) {
		bool rests = day == 5 || day == 6;
		live(&w, 11 * HOUR, times(SERVER, 0.3));
		live(&w, 2 * HOUR, times(SERVER, rests ? 0.3 : 1));
		live(&w, 11 * HOUR, times(SERVER, 0.3));
	}
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_burst_in_the_first_hour_hides_no_theft_later),
	    cmocka_unit_test(a_busy_pods_early_burst_hides_no_theft_later),
	    cmocka_unit_test(what_comes_back_at_odd_times_stays_known),
	    cmocka_unit_test(a_days_peak_stays_known_overnight_and_over_a_weekend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
