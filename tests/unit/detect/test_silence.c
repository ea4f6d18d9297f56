/* SPDX-License-Identifier: Apache-2.0 */
/* The longer a pod has done nothing of a kind, the less of it is news. */
#include "../support/testing.h"
#include "detect_fixture.h"

/* Returns after how many seconds it is reported of a pod that was quiet for a day. */
static double told_after_a_day(struct traffic life, struct traffic attack)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, life);
	assert_int_equal(w.episodes, 0);
	live(&w, HOUR, both(life, attack));
	world_end(&w);
	return w.told_after;
}

CASE(low_attacks_are_told_within_half_an_hour)
{
	static const struct traffic low[] = {
	    {.opened = 60, .received = 60},    /* one connection that stays */
	    {.opened = 300, .received = 100},  /* a miner */
	    {.sockets = 0.2, .addresses = 2},  /* a new address each five seconds */
	    {.datagrams = 1, .received = 300}, /* a tunnel of questions */
	};

	for (unsigned i = 0; i < 4; i++) {
		double silent = told_after_a_day(SILENCE, low[i]);
		double probed = told_after_a_day(PROBED, low[i]);
		assert_true(silent >= 0 && silent <= 30 * MINUTE);
		assert_true(probed >= 0 && probed <= 30 * MINUTE);
	}
}

/* `job` for ten seconds each `period`. */
static void check_in(struct world *w, struct traffic job, double period, double length)
{
	for (double end = w->now + length; w->now < end;) {
		live(w, 10, both(PROBED, job));
		live(w, period - 10, PROBED);
	}
}

CASE(a_beacon_each_minute_is_told_within_half_an_hour)
{
	struct traffic beacon = {.opened = 650, .sockets = 0.1, .addresses = 1};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	double began = w.now;
	check_in(&w, beacon, MINUTE, 30 * MINUTE);
	assert_true(w.shown_at >= began);
	world_end(&w);
}

CASE(check_ins_and_lookups_are_not_told)
{
	struct traffic ping = {.opened = 300, .sockets = 0.1, .addresses = 1};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	check_in(&w, both(ping, (struct traffic){.datagrams = 0.4}), 15 * MINUTE,
		 3 * DAY);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_daily_renewal_is_not_told)
{
	struct traffic renewal = {.opened = 5 * KB, .sockets = 0.2, .addresses = 1};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	check_in(&w, renewal, DAY, 6 * DAY);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(low_attacks_are_told_within_half_an_hour),
	    cmocka_unit_test(a_beacon_each_minute_is_told_within_half_an_hour),
	    cmocka_unit_test(check_ins_and_lookups_are_not_told),
	    cmocka_unit_test(a_daily_renewal_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
