/* SPDX-License-Identifier: Apache-2.0 */
/* What the detector tells of quiet pods and busy ones, and what it keeps to itself. */
#include "../support/testing.h"
#include "detect_fixture.h"

CASE(silence_stays_silent)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 5 * DAY, SILENCE);
	assert_false(reported(&w));
	assert_int_equal(detector_state(w.d), POD_DORMANT);
	world_end(&w);
}

CASE(a_probed_pod_is_dormant_and_not_told)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 30 * MINUTE, PROBED);
	assert_int_equal(detector_state(w.d), POD_LEARNING);
	live(&w, 3 * DAY, PROBED);
	assert_false(reported(&w));
	assert_int_equal(detector_state(w.d), POD_DORMANT);
	assert_true(detector_state_since(w.d) <= MONDAY + 61 * MINUTE);
	world_end(&w);
}

CASE(a_wake_is_told_within_three_intervals_and_ends)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * HOUR, PROBED);
	double woke = w.now, before = w.total[SIGNAL_TX_BYTES];
	live(&w, 2 * MINUTE, both(PROBED, THEFT));
	assert_true(reported(&w) && w.told_after <= 30);
	assert_int_equal(w.first.kind, ALERT_DORMANCY_BREAK);
	assert_true(fabs(w.first.onset - woke) <= 10);
	double sent = w.total[SIGNAL_TX_BYTES] - before;
	assert_true(fabs((double)w.verdicts[0].bytes / sent - 1) < 0.01);
	assert_true(w.first.value > w.first.baseline.threshold);
	assert_true(w.first.sigmas > 3);
	live(&w, 90, PROBED);
	live(&w, DAY, PROBED);
	assert_false(reported(&w));
	world_end(&w);
}

CASE(short_settings_tell_a_wake_as_fast)
{
	static const double intervals[] = {0.1, 1, 2};

	for (unsigned i = 0; i < 3; i++) {
		struct world w;
		world_begin(&w, intervals[i]);
		w.options.learn_s = 10;
		w.options.dormant_after_s = 10;
		world_watch(&w);
		live(&w, 30, SILENCE);
		assert_int_equal(detector_state(w.d), POD_DORMANT);
		live(&w, 20, THEFT);
		assert_true(reported(&w) && w.told_after <= 3.01 * intervals[i]);
		assert_int_equal(w.first.kind, ALERT_DORMANCY_BREAK);
		live(&w, 60, SILENCE);
		assert_int_equal(w.count, 0);
		world_end(&w);
	}
}

/* `job` for `length` seconds each `period`, so many times; quiet between. */
static void work(struct world *w, struct traffic job, double length, double period,
		 unsigned times_done)
{
	for (unsigned i = 0; i < times_done; i++) {
		live(w, length * (0.8 + 0.4 * chance(w)), both(PROBED, job));
		live(w, period - fmod(w->now - MONDAY, period), PROBED);
	}
}

CASE(an_hourly_job_is_told_once_and_then_known)
{
	struct traffic job = {.opened = 200 * KB, .sockets = 0.3, .jitter = 0.4};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, HOUR, PROBED);
	work(&w, job, 2 * MINUTE, HOUR, 3);
	assert_true(w.episodes >= 1 && w.episodes <= 2);
	forget_told(&w);
	work(&w, job, 2 * MINUTE, HOUR, 72);
	assert_int_equal(w.episodes, 0);
	live(&w, 2 * MINUTE, times(job, 10));
	assert_true(reported(&w));
	world_end(&w);
}

CASE(a_nightly_backup_is_told_the_first_night_only)
{
	struct traffic backup = {.opened = 5 * MB, .received = 50 * KB, .jitter = 0.2};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * HOUR, PROBED);
	live(&w, 10 * MINUTE, backup);
	assert_int_equal(w.episodes, 1);
	for (unsigned night = 0; night < 5; night++) {
		live(&w, DAY - 10 * MINUTE, PROBED);
		live(&w, 10 * MINUTE, times(backup, 0.8 + 0.4 * chance(&w)));
	}
	assert_int_equal(w.episodes, 1);
	live(&w, 9 * HOUR, PROBED);
	live(&w, 10 * MINUTE, backup); /* the same in the middle of the day is news */
	assert_int_equal(w.episodes, 2);
	world_end(&w);
}

/* A day between `trough` of the traffic and all of it, the night first. */
static void days(struct world *w, struct traffic t, double trough, double length)
{
	for (double end = w->now + length; w->now < end;) {
		double clock = fmod(w->now, DAY) / DAY;
		double wave = 0.5 - 0.5 * cos(2 * 3.14159265358979 * clock);
		live(w, 10 * MINUTE, times(t, trough + (1 - trough) * wave));
	}
}

CASE(a_servers_days_and_its_first_morning_are_not_told)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	days(&w, SERVER, 0.03, 6 * DAY);
	assert_int_equal(w.episodes, 0);
	assert_int_equal(detector_state(w.d), POD_ACTIVE);
	world_end(&w);
}

CASE(twice_the_load_is_not_told)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	days(&w, SERVER, 0.5, 2 * DAY);
	days(&w, times(SERVER, 2), 0.5, 2 * DAY);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_lasting_step_is_told_once_and_accepted)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * DAY, SERVER);
	live(&w, 12 * HOUR, times(SERVER, 10));
	assert_int_equal(w.episodes, 1);
	assert_int_equal(w.count, 0);
	live(&w, 4 * DAY, times(SERVER, 10));
	assert_false(reported(&w));
	world_end(&w);
}

CASE(theft_hidden_in_volume_shows_in_what_the_pod_opened)
{
	struct traffic hidden = {.opened = 500 * KB, .sockets = 0.01};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, SERVER);
	live(&w, 20 * MINUTE, both(times(SERVER, 0.6), hidden));
	assert_true(reported(&w) && w.told_after <= 2 * MINUTE);
	assert_int_equal(w.first.kind, ALERT_EGRESS_VOLUME);
	assert_int_equal(w.first.signal, SIGNAL_TCP_INITIATED_TX_BYTES);
	world_end(&w);
}

CASE(a_gateway_that_opens_more_than_its_load_asks_is_told)
{
	struct traffic gateway = {.served = 500 * KB,
				  .opened = 500 * KB,
				  .received = 1 * MB,
				  .sockets = 5,
				  .addresses = 15,
				  .jitter = 0.4};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	days(&w, gateway, 0.5, 3 * DAY);
	assert_int_equal(w.episodes, 0);
	live(&w, 2 * HOUR, both(times(gateway, 0.5), times(RELAY, 0.8)));
	assert_int_equal(w.episodes, 1);
	assert_int_equal(w.first.signal, SIGNAL_TCP_INITIATED_TX_BYTES);
	assert_true(w.first.value > w.first.baseline.threshold);
	world_end(&w);
}

CASE(a_quiet_pod_that_relays_is_a_proxy)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	live(&w, 10 * MINUTE, both(PROBED, RELAY));
	assert_true(reported(&w) && w.told_after <= 30);
	assert_true(told_kind(&w, ALERT_PROXY_RELAY));
	assert_int_equal(w.verdicts[0].kind, ALERT_PROXY_RELAY);
	assert_true(w.verdicts[0].balance > 0.9);
	world_end(&w);
}

CASE(a_pod_that_always_relayed_is_a_gateway)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	days(&w, RELAY, 0.4, 3 * DAY);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_scan_is_a_fanout)
{
	struct traffic scan = {.sockets = 100, .addresses = 1000};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, SERVER);
	live(&w, 2 * MINUTE, both(SERVER, scan));
	assert_true(reported(&w) && w.told_after <= 20);
	assert_true(told_kind(&w, ALERT_CONNECTION_FANOUT));
	world_end(&w);
}

CASE(a_tunnel_of_datagrams_is_told)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	live(&w, 10 * MINUTE, (struct traffic){.datagrams = 20, .received = 4 * KB});
	assert_true(reported(&w) && w.told_after <= 2 * MINUTE);
	assert_true(w.first.signal == SIGNAL_UDP_TX_BYTES ||
		    w.first.signal == SIGNAL_UDP_TX_PACKETS);
	world_end(&w);
}

CASE(a_trickle_that_never_rests_is_told_in_the_hour)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	live(&w, HOUR, (struct traffic){.opened = 250, .received = 250});
	assert_true(reported(&w));
	world_end(&w);
}

CASE(a_slow_ramp_is_told_before_it_is_the_everyday)
{
	struct world w;
	double rate = 3 * KB;

	world_begin(&w, 10);
	world_watch(&w);
	days(&w, SERVER, 0.5, 3 * DAY);
	for (; w.episodes == 0 && rate < 100 * MB; rate *= 1.02)
		live(&w, MINUTE, both(SERVER, (struct traffic){.opened = rate}));
	assert_int_equal(w.episodes, 1);
	assert_true(rate < 500 * KB);
	world_end(&w);
}

CASE(an_attack_does_not_teach_itself)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	live(&w, 2 * HOUR, THEFT);
	assert_int_equal(w.episodes, 1);
	live(&w, 19 * HOUR, PROBED);
	live(&w, 10 * MINUTE, times(THEFT, 0.2));
	assert_int_equal(w.episodes, 2);
	world_end(&w);
}

CASE(one_odd_hour_does_not_blind)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * DAY, PROBED);
	live(&w, 10, (struct traffic){.opened = 11 * KB}); /* just below the floor */
	assert_false(reported(&w));
	live(&w, DAY, PROBED);
	live(&w, 20, times(THEFT, 0.1));
	assert_true(reported(&w));
	world_end(&w);
}

CASE(theft_with_pauses_is_no_routine)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	for (unsigned i = 0; i < 9; i++) {
		live(&w, 4 * MINUTE, times(THEFT, 0.2));
		live(&w, 20 * MINUTE, PROBED);
	}
	assert_true(w.episodes >= 1 && w.episodes <= 2);
	live(&w, 10 * HOUR, PROBED);
	forget_told(&w);
	live(&w, 4 * MINUTE, times(THEFT, 0.2));
	assert_int_equal(w.episodes, 1);
	world_end(&w);
}

CASE(a_beacon_is_told_a_few_times_not_for_ever)
{
	struct traffic burst = {.opened = 50 * KB};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	for (unsigned i = 0; i < 36; i++) {
		live(&w, 10, burst);
		live(&w, 10 * MINUTE - 10, PROBED);
	}
	assert_true(w.episodes >= 1 && w.episodes <= 2);
	world_end(&w);
}

CASE(the_budget_holds_whatever_the_past_says)
{
	struct world w;

	world_begin(&w, 10);
	w.options.egress_budget = 2 * MB;
	world_watch(&w);
	live(&w, HOUR, SERVER);
	assert_false(reported(&w));
	live(&w, 5 * MINUTE, times(SERVER, 3));
	assert_true(told_kind(&w, ALERT_BUDGET_EXCEEDED));
	assert_true(reported(&w) && w.told_after <= 40);
	live(&w, 10, SERVER);
	assert_int_equal(w.count, 0);
	world_end(&w);
}

CASE(expected_traffic_is_not_told_and_later_the_same_is)
{
	struct world w;

	world_begin(&w, 10);
	w.options.expect[0] =
	    (struct expect_window){23 * 3600, 1800}; /* over midnight */
	w.options.expect_count = 1;
	world_watch(&w);
	live(&w, 23 * HOUR, PROBED);
	live(&w, 90 * MINUTE, THEFT);
	assert_false(reported(&w));
	live(&w, 10 * HOUR, PROBED);
	assert_false(reported(&w));
	live(&w, MINUTE, THEFT);
	assert_true(reported(&w));
	world_end(&w);
}

static bool reported_at(enum sensitivity sensitivity, double rate)
{
	struct world w;

	world_begin(&w, 10);
	w.options.sensitivity = sensitivity;
	world_watch(&w);
	live(&w, DAY, PROBED);
	live(&w, MINUTE, (struct traffic){.opened = rate});
	world_end(&w);
	return w.shown_at > 0;
}

CASE(sensitivity_moves_the_thresholds)
{
	assert_true(reported_at(SENSITIVITY_HIGH, 1.5 * KB));
	assert_false(reported_at(SENSITIVITY_NORMAL, 1 * KB));
	assert_true(reported_at(SENSITIVITY_NORMAL, 4 * KB));
	assert_false(reported_at(SENSITIVITY_LOW, 4 * KB));
	assert_true(reported_at(SENSITIVITY_LOW, 20 * KB));
}

CASE(a_dormant_profile_is_judged_from_the_first_second)
{
	struct world w;

	world_begin(&w, 10);
	w.options.profile = PROFILE_DORMANT;
	world_watch(&w);
	live(&w, 20, PROBED);
	live(&w, MINUTE, THEFT);
	assert_true(reported(&w) && w.told_after <= 30);
	assert_int_equal(w.first.kind, ALERT_DORMANCY_BREAK);
	world_end(&w);
}

CASE(a_busy_profile_is_never_dormant)
{
	struct world w;

	world_begin(&w, 10);
	w.options.profile = PROFILE_BUSY;
	world_watch(&w);
	live(&w, 4 * HOUR, PROBED);
	assert_int_equal(detector_state(w.d), POD_ACTIVE);
	live(&w, 5 * MINUTE, times(THEFT, 5));
	assert_false(told_kind(&w, ALERT_DORMANCY_BREAK));
	world_end(&w);
}

CASE(a_roll_outs_warm_up_is_not_told)
{
	struct traffic warm = {.opened = 200 * KB, .received = 3 * MB, .sockets = 0.3};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 7 * MINUTE, both(PROBED, warm));
	assert_int_equal(w.episodes, 0);
	live(&w, DAY, PROBED);
	assert_int_equal(w.episodes, 0);
	live(&w, 30 * MINUTE, times(THEFT, 0.05)); /* and it taught nothing */
	assert_int_equal(w.episodes, 1);
	world_end(&w);
}

CASE(theft_is_told_of_a_pod_that_is_eight_minutes_old)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 8 * MINUTE, PROBED);
	live(&w, 5 * MINUTE, both(PROBED, times(THEFT, 0.4)));
	assert_true(reported(&w) && w.told_after <= 2 * MINUTE);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(silence_stays_silent),
	    cmocka_unit_test(a_probed_pod_is_dormant_and_not_told),
	    cmocka_unit_test(a_wake_is_told_within_three_intervals_and_ends),
	    cmocka_unit_test(short_settings_tell_a_wake_as_fast),
	    cmocka_unit_test(an_hourly_job_is_told_once_and_then_known),
	    cmocka_unit_test(a_nightly_backup_is_told_the_first_night_only),
	    cmocka_unit_test(a_servers_days_and_its_first_morning_are_not_told),
	    cmocka_unit_test(twice_the_load_is_not_told),
	    cmocka_unit_test(a_lasting_step_is_told_once_and_accepted),
	    cmocka_unit_test(theft_hidden_in_volume_shows_in_what_the_pod_opened),
	    cmocka_unit_test(a_gateway_that_opens_more_than_its_load_asks_is_told),
	    cmocka_unit_test(a_quiet_pod_that_relays_is_a_proxy),
	    cmocka_unit_test(a_pod_that_always_relayed_is_a_gateway),
	    cmocka_unit_test(a_scan_is_a_fanout),
	    cmocka_unit_test(a_tunnel_of_datagrams_is_told),
	    cmocka_unit_test(a_trickle_that_never_rests_is_told_in_the_hour),
	    cmocka_unit_test(a_slow_ramp_is_told_before_it_is_the_everyday),
	    cmocka_unit_test(an_attack_does_not_teach_itself),
	    cmocka_unit_test(one_odd_hour_does_not_blind),
	    cmocka_unit_test(theft_with_pauses_is_no_routine),
	    cmocka_unit_test(a_beacon_is_told_a_few_times_not_for_ever),
	    cmocka_unit_test(the_budget_holds_whatever_the_past_says),
	    cmocka_unit_test(expected_traffic_is_not_told_and_later_the_same_is),
	    cmocka_unit_test(sensitivity_moves_the_thresholds),
	    cmocka_unit_test(a_dormant_profile_is_judged_from_the_first_second),
	    cmocka_unit_test(a_busy_profile_is_never_dormant),
	    cmocka_unit_test(a_roll_outs_warm_up_is_not_told),
	    cmocka_unit_test(theft_is_told_of_a_pod_that_is_eight_minutes_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
