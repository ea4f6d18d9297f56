/* SPDX-License-Identifier: Apache-2.0 */
/* test_catch_up.c - a burst that makes up for a pause is no news. */
#include "detect_fixture.h"

static const struct traffic IDLE = {.sockets = 0.02, .addresses = 2, .jitter = 0.6};
static const struct traffic DRAIN = {.opened = 1.5 * MB, .received = 10 * KB};

static void begin_days(struct world *w, double interval)
{
	world_begin(w, interval);
	world_watch(w);
	live(w, 2 * DAY, SHIPPER);
	assert_false(reported(w));
	forget_told(w);
}

/* The receiver stops for so long; then so many times what was kept is sent at once. */
static void stop_and_drain(struct world *w, double pause, double times_kept)
{
	double kept = times_kept * pause * SHIPPER.opened;
	double seconds = ceil(kept / DRAIN.opened / w->interval) * w->interval;

	live(w, pause, IDLE);
	assert_false(reported(w));
	live(w, seconds, both(SHIPPER, times(DRAIN, kept / seconds / DRAIN.opened)));
}

CASE(what_was_kept_for_a_while_is_not_told)
{
	static const double pauses[] = {5, 12, 40}, intervals[] = {10, 60};

	for (unsigned i = 0; i < LENGTH(intervals); i++)
		for (unsigned p = 0; p < LENGTH(pauses); p++) {
			struct world w;

			begin_days(&w, intervals[i]);
			stop_and_drain(&w, pauses[p] * MINUTE, 0.8);
			assert_false(reported(&w));
			live(&w, 2 * HOUR, SHIPPER);
			assert_int_equal(w.kinds, 0);
			world_end(&w);
		}
}

CASE(the_same_without_a_pause_is_told)
{
	struct world w;

	begin_days(&w, 10);
	live(&w, 20, both(SHIPPER, DRAIN));
	assert_true(reported(&w));
	world_end(&w);
}

CASE(more_than_was_kept_is_told)
{
	struct world w;

	begin_days(&w, 10);
	stop_and_drain(&w, 12 * MINUTE, 8);
	assert_true(reported(&w));
	world_end(&w);
}

/* What was made up for is not the pod's way. */
CASE(it_teaches_nothing)
{
	struct world w;

	begin_days(&w, 10);
	for (unsigned i = 0; i < 4; i++) {
		stop_and_drain(&w, 20 * MINUTE, 0.8);
		live(&w, 5 * HOUR, SHIPPER);
	}
	assert_int_equal(w.kinds, 0);
	live(&w, 30, both(SHIPPER, DRAIN));
	assert_true(reported(&w));
	world_end(&w);
}

/* Who does not always send has nothing to make up for. */
CASE(a_pod_that_often_pauses_is_told)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	for (unsigned i = 0; i < 48; i++) {
		live(&w, 40 * MINUTE, SHIPPER);
		live(&w, 20 * MINUTE, IDLE);
	}
	const uint32_t before = w.newest;
	live(&w, 20, both(SHIPPER, DRAIN));
	assert_true(reported(&w) && w.newest > before);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_kept_for_a_while_is_not_told),
	    cmocka_unit_test(the_same_without_a_pause_is_told),
	    cmocka_unit_test(more_than_was_kept_is_told),
	    cmocka_unit_test(it_teaches_nothing),
	    cmocka_unit_test(a_pod_that_often_pauses_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
