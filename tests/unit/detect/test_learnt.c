/* SPDX-License-Identifier: Apache-2.0 */
/* What is learnt outlives a restart, and what is damaged is not believed; what flowed
 * while nobody watched; what is a reason to scan the sockets. */
#include "../support/testing.h"
#include "detect_fixture.h"

CASE(a_restart_forgets_nothing)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 3 * DAY, SERVER);
	struct detector *d = again(&w);
	struct baseline_view before, after;
	detector_baseline(w.d, SIGNAL_TX_BYTES, &before);
	detector_free(w.d);
	w.d = d;
	live(&w, 30, SERVER);
	detector_baseline(w.d, SIGNAL_TX_BYTES, &after);
	assert_int_equal(detector_state(w.d), POD_ACTIVE);
	assert_true(after.samples >= before.samples);
	assert_true(fabs(after.threshold / before.threshold - 1) < 0.1);
	live(&w, HOUR, SERVER);
	assert_int_equal(w.episodes, 0);
	live(&w, MINUTE, times(SERVER, 8));
	assert_int_equal(w.episodes, 1);
	world_end(&w);
}

CASE(what_is_learnt_is_bounded)
{
	struct world w;
	size_t bytes;

	world_begin(&w, 300);
	world_watch(&w);
	live(&w, 90 * DAY, SERVER);
	detector_learnt(w.d, &bytes);
	assert_true(bytes <= LEARNT_BYTES_MAX);
	struct baseline_view view;
	detector_baseline(w.d, SIGNAL_TX_BYTES, &view);
	assert_true(view.samples <= 30 * DAY / 300 + 10);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_damaged_piece_is_refused_or_harmless)
{
	struct world w;
	struct error err;
	size_t bytes;

	world_begin(&w, 60);
	world_watch(&w);
	live(&w, 2 * DAY, SERVER);
	const void *learnt = detector_learnt(w.d, &bytes);
	unsigned char *copy = malloc(bytes);
	assert_non_null(copy);
	struct world other;
	world_begin(&other, 60);
	other.now = w.now;
	for (unsigned i = 0; i < 300; i++) {
		memcpy(copy, learnt, bytes);
		copy[(size_t)(chance(&w) * (i % 2 ? 1000 : (double)bytes))] ^=
		    (unsigned char)(1 + 254 * chance(&w));
		world_watch(&other);
		if (detector_restore(other.d, copy, bytes, &err) < 0) {
			assert_int_equal(detector_state(other.d), POD_LEARNING);
			assert_true(err.text[0] != '\0');
		}
		live(&other, HOUR, SERVER);
		world_end(&other);
	}
	memset(copy, 0xFF, bytes);
	world_watch(&other);
	assert_int_equal(detector_restore(other.d, copy, bytes, &err), -1);
	assert_int_equal(detector_restore(other.d, learnt, bytes - 1, &err), -1);
	assert_int_equal(detector_restore(other.d, learnt, 0, &err), -1);
	world_end(&other);
	free(copy);
	world_end(&w);
}

CASE(the_same_samples_give_the_same_verdicts)
{
	struct verdict seen[2];

	for (unsigned i = 0; i < 2; i++) {
		struct world w;
		world_begin(&w, 10);
		world_watch(&w);
		live(&w, DAY, SERVER);
		live(&w, 10 * MINUTE, both(SERVER, times(RELAY, 3)));
		assert_true(w.count > 0);
		seen[i] = w.verdicts[0];
		world_end(&w);
	}
	assert_memory_equal(&seen[0], &seen[1], sizeof(seen[0]));
}

CASE(a_gap_of_the_monitor_is_judged_by_the_baseline)
{
	struct verdict v;
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	assert_false(detector_judge_gap(w.d, w.now, 60, 1000000000, 0, &v));
	live(&w, 2 * DAY, SERVER);
	assert_false(detector_judge_gap(w.d, w.now, 60, 60 * 1050000, 0, &v));
	assert_false(
	    detector_judge_gap(w.d, w.now, DAY, (uint64_t)(DAY * 1.1e6), 0, &v));
	assert_true(detector_judge_gap(w.d, w.now, 60, 1000000000, 1000, &v));
	assert_int_equal(v.kind, ALERT_MONITOR_GAP);
	assert_int_equal(v.bytes, 1000000000);
	assert_true(v.onset == w.now - 60);
	world_end(&w);
	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * HOUR, PROBED);
	assert_false(detector_judge_gap(w.d, w.now, 30, 30 * 300, 0, &v));
	assert_true(detector_judge_gap(w.d, w.now, 30, 30 * 1000000, 0, &v));
	assert_true(v.risk <= 100 && isfinite(v.sigmas));
	assert_false(detector_judge_gap(w.d, w.now, 0, 1, 0, &v));
	assert_false(detector_judge_gap(w.d, w.now, NAN, 1, 0, &v));
	world_end(&w);
}

/* The mean of such a life explains next to nothing of its busy minutes. */
CASE(a_gap_after_a_start_is_judged_by_what_was_learnt)
{
	static const double lengths[] = {30, MINUTE, 5 * MINUTE, HOUR, 5 * HOUR};
	struct verdict v;
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	for (unsigned hour = 0; hour < 48; hour++) {
		live(&w, 58 * MINUTE, PROBED);
		live(&w, 2 * MINUTE, SERVER);
	}
	struct detector *started = again(&w);
	struct detector *judges[] = {w.d, started};
	for (size_t j = 0; j < LENGTH(judges); j++)
		for (size_t i = 0; i < LENGTH(lengths); i++) {
			const double seconds = lengths[i];
			const double busy = fmin(seconds, 2 * MINUTE) * 1.1 * MB;
			assert_false(detector_judge_gap(judges[j], w.now, seconds,
							(uint64_t)busy, 0, &v));
			assert_true(detector_judge_gap(judges[j], w.now, seconds,
						       (uint64_t)(20 * MB * seconds), 0,
						       &v));
		}
	detector_free(started);
	world_end(&w);
}

CASE(the_hum_is_the_everydays_and_bounded)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 30 * MINUTE, PROBED);
	assert_int_equal(detector_background_bytes(w.d, 10), 0);
	live(&w, 2 * HOUR, PROBED);
	assert_in_range(detector_background_bytes(w.d, 10), 3000, 6000);
	world_end(&w);
	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * HOUR, SERVER);
	assert_true(detector_background_bytes(w.d, 10) <= 64 * 1024);
	assert_int_equal(detector_background_bytes(w.d, -1), 0);
	world_end(&w);
}

CASE(suspicion_comes_before_the_verdict)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	assert_false(detector_suspects(w.d));
	live(&w, 10, (struct traffic){.served = 300, .opened = 8 * KB});
	assert_int_equal(w.count, 0);
	assert_true(detector_suspects(w.d));
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_restart_forgets_nothing),
	    cmocka_unit_test(what_is_learnt_is_bounded),
	    cmocka_unit_test(a_damaged_piece_is_refused_or_harmless),
	    cmocka_unit_test(the_same_samples_give_the_same_verdicts),
	    cmocka_unit_test(a_gap_of_the_monitor_is_judged_by_the_baseline),
	    cmocka_unit_test(a_gap_after_a_start_is_judged_by_what_was_learnt),
	    cmocka_unit_test(the_hum_is_the_everydays_and_bounded),
	    cmocka_unit_test(suspicion_comes_before_the_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
