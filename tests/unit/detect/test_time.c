/* SPDX-License-Identifier: Apache-2.0 */
/* Counters and clocks as they really are: resets, gaps, steps, late looks, any
 * interval, and numbers at the ends of their ranges. */
#include "../support/testing.h"
#include "detect_fixture.h"

static struct world quiet(double interval, uint32_t columns, double length)
{
	struct world w;

	world_begin(&w, interval);
	w.columns = columns;
	world_watch(&w);
	live(&w, length, PROBED);
	assert_int_equal(w.episodes, 0);
	return w;
}

CASE(a_reset_is_no_traffic)
{
	struct world w = quiet(10, ALL_COLUMNS, DAY);

	w.total[SIGNAL_TX_BYTES] = 5 * 1000 * MB;
	live(&w, 10, PROBED); /* a jump as of a restored counter: this is reported */
	assert_true(reported(&w));
	forget_told(&w);
	memset(w.total, 0, sizeof(w.total));
	live(&w, 2 * HOUR, PROBED);
	memset(w.total, 0, sizeof(w.total));
	live(&w, 2 * HOUR, PROBED);
	assert_false(reported(&w));
	world_end(&w);
}

CASE(a_gap_is_judged_by_its_rate)
{
	struct world w = quiet(10, ALL_COLUMNS, DAY);
	struct traffic probed = PROBED;

	w.now += 6 * HOUR;
	flow(&w, 6 * HOUR, &probed);
	live(&w, HOUR, PROBED);
	assert_false(reported(&w));
	w.now += 6 * HOUR;
	w.total[SIGNAL_TX_BYTES] += 6 * HOUR * MB;
	w.total[SIGNAL_TCP_TX_BYTES] += 6 * HOUR * MB;
	live(&w, 10, PROBED);
	assert_true(reported(&w));
	world_end(&w);
}

CASE(lost_samples_are_no_burst)
{
	struct world w = quiet(10, ALL_COLUMNS, 0);
	struct traffic t = SERVER;

	live(&w, 10, SERVER);
	for (unsigned i = 0; i < 20000; i++) {
		flow(&w, 10, &t);
		w.now += 10;
		if (i % 7 != 0 && i % 11 != 0)
			see(&w, w.now);
	}
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_clock_set_forward_is_a_gap)
{
	struct world w = quiet(10, ALL_COLUMNS, DAY);

	w.now += 40 * 365 * DAY;
	live(&w, 6 * HOUR, PROBED);
	assert_false(reported(&w));
	live(&w, MINUTE, THEFT); /* and nothing was forgotten */
	assert_true(reported(&w) && w.told_after <= 30);
	world_end(&w);
}

CASE(a_clock_set_back_starts_a_new_span)
{
	struct world w = quiet(10, ALL_COLUMNS, DAY);

	w.now -= 12 * HOUR;
	live(&w, 2 * HOUR, PROBED);
	assert_false(reported(&w));
	live(&w, MINUTE, THEFT);
	assert_true(reported(&w) && w.told_after <= 40);
	world_end(&w);
}

CASE(a_repeated_time_is_ignored)
{
	struct world w = quiet(10, ALL_COLUMNS, DAY);

	for (unsigned i = 0; i < 100; i++) {
		w.total[SIGNAL_TX_BYTES] += 100 * KB;
		see(&w, w.now);
		w.now -= 5;
		see(&w, w.now);
		w.now += 5;
	}
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(times_that_are_none_are_ignored)
{
	static const double none[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e300};
	struct world w = quiet(10, ALL_COLUMNS, DAY);
	double now = w.now;

	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		w.now = none[i];
		w.total[SIGNAL_TX_BYTES] += 1000 * MB;
		see(&w, 0);
	}
	assert_int_equal(w.episodes, 0);
	assert_true(isfinite(detector_state_since(w.d)));
	w.now = now;
	world_end(&w);
}

CASE(every_interval_tells_a_wake)
{
	static const double intervals[] = {0.5, 1, 5, 10, 15, 30, 60, 300};

	for (unsigned i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		struct world w = quiet(intervals[i], ALL_COLUMNS, 12 * HOUR);
		live(&w, 10 * intervals[i] + 60, THEFT);
		assert_true(reported(&w) && w.told_after <= 3 * intervals[i]);
		assert_int_equal(w.first.kind, ALERT_DORMANCY_BREAK);
		world_end(&w);
	}
}

CASE(two_columns_are_enough)
{
	static const double intervals[] = {60, 300};

	for (unsigned i = 0; i < 2; i++) {
		struct world w = quiet(intervals[i], TWO_COLUMNS, 2 * DAY);
		double value;
		assert_false(detector_value(w.d, SIGNAL_UDP_TX_BYTES, &value));
		assert_true(detector_value(w.d, SIGNAL_TX_BYTES, &value));
		live(&w, HOUR, times(THEFT, 0.1));
		assert_true(reported(&w) && w.told_after <= 2 * intervals[i]);
		world_end(&w);
		w = quiet(intervals[i], TWO_COLUMNS, 2 * DAY);
		live(&w, 2 * HOUR, times(RELAY, 0.5));
		assert_true(told_kind(&w, ALERT_PROXY_RELAY));
		world_end(&w);
	}
}

CASE(irregular_intervals_are_no_news)
{
	struct world w = quiet(10, ALL_COLUMNS, 0);
	struct traffic t = SERVER;

	for (unsigned i = 0; i < 30000; i++) {
		double step = 3 + 14 * chance(&w);
		flow(&w, step, &t);
		w.now += step;
		see(&w, w.now);
	}
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_late_look_is_no_burst)
{
	const uint32_t sockets = 1u << SIGNAL_TCP_TX_BYTES |
				 1u << SIGNAL_TCP_INITIATED_TX_BYTES |
				 1u << SIGNAL_DESTINATIONS | 1u << SIGNAL_UDP_TX_BYTES;
	struct traffic t = {.opened = 1 * KB, .served = 1 * KB, .received = 1 * KB};
	struct world w = quiet(10, ALL_COLUMNS, 0);

	live(&w, 2 * HOUR, t);
	for (unsigned i = 0; i < 20000; i++) {
		w.columns = i % 90 == 0 ? ALL_COLUMNS : ALL_COLUMNS & ~sockets;
		flow(&w, 10, &t);
		w.now += 10;
		see(&w, w.now);
	}
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_column_that_comes_late_is_learnt_first)
{
	struct world w = quiet(10, TWO_COLUMNS, 0);

	live(&w, DAY, SERVER);
	w.columns = ALL_COLUMNS;
	live(&w, DAY, SERVER);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

static void all_numbers_are_finite(const struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct verdict *v = &w->verdicts[i];
		assert_true(isfinite(v->onset) && isfinite(v->value));
		assert_true(isfinite(v->sigmas) && isfinite(v->balance));
		assert_true(v->risk <= 100 && v->window_s > 0);
		assert_true(isfinite(v->baseline.mean + v->baseline.stddev));
		assert_true(isfinite(v->baseline.p99 + v->baseline.threshold));
	}
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		struct baseline_view view;
		detector_baseline(w->d, (enum signal)s, &view);
		assert_true(isfinite(view.mean + view.stddev + view.p99));
		assert_true(isfinite(view.threshold) && view.threshold >= 0);
	}
}

CASE(from_a_byte_an_hour_to_400_gigabits_a_second)
{
	struct world w = quiet(10, ALL_COLUMNS, 0);

	live(&w, 3 * DAY, (struct traffic){.opened = 1.0 / 3600});
	assert_false(reported(&w));
	live(&w, 10 * MINUTE,
	     (struct traffic){.opened = 50e9, .received = 50e9, .sockets = 1e6});
	assert_true(reported(&w) && w.told_after <= 10);
	all_numbers_are_finite(&w);
	live(&w, 2 * DAY, (struct traffic){.served = 1.25e9, .received = 1.25e9});
	all_numbers_are_finite(&w);
	assert_true(w.episodes <= 2);
	world_end(&w);
}

CASE(wild_counters_make_no_wild_numbers)
{
	struct world w = quiet(10, ALL_COLUMNS, HOUR);
	struct sample s = {.present = ALL_COLUMNS};

	for (unsigned i = 0; i < 20000; i++) {
		for (unsigned k = 0; k < SIGNAL_COUNT; k++)
			s.value[k] = chance(&w) < 0.5 ? (uint64_t)(chance(&w) * 0x1p63)
						      : s.value[k] + i;
		s.present = (uint32_t)(chance(&w) * (1u << SIGNAL_COUNT));
		w.now += chance(&w) < 0.01 ? -1e5 * chance(&w) : 100 * chance(&w);
		s.time = w.now;
		w.count = detector_feed(w.d, &s, w.verdicts);
		all_numbers_are_finite(&w);
	}
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reset_is_no_traffic),
	    cmocka_unit_test(a_gap_is_judged_by_its_rate),
	    cmocka_unit_test(lost_samples_are_no_burst),
	    cmocka_unit_test(a_clock_set_forward_is_a_gap),
	    cmocka_unit_test(a_clock_set_back_starts_a_new_span),
	    cmocka_unit_test(a_repeated_time_is_ignored),
	    cmocka_unit_test(times_that_are_none_are_ignored),
	    cmocka_unit_test(every_interval_tells_a_wake),
	    cmocka_unit_test(two_columns_are_enough),
	    cmocka_unit_test(irregular_intervals_are_no_news),
	    cmocka_unit_test(a_late_look_is_no_burst),
	    cmocka_unit_test(a_column_that_comes_late_is_learnt_first),
	    cmocka_unit_test(from_a_byte_an_hour_to_400_gigabits_a_second),
	    cmocka_unit_test(wild_counters_make_no_wild_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
