/* SPDX-License-Identifier: Apache-2.0 */
/* One more destination than ever, all the time: what a long connection to a stranger
 * shows when its bytes are lost among the pod's own. */
#include "../support/testing.h"
#include "detect_fixture.h"

/* A miner's session: a hundredth of what a shipper sends. */
static const struct traffic SESSION = {.opened = 300, .received = 40, .addresses = 1};

/* Lives for so long with `more` added, after `days` without. */
static void join(struct world *w, double days, struct traffic life, struct traffic more,
		 double seconds)
{
	world_begin(w, 10);
	world_watch(w);
	live(w, days * DAY, life);
	assert_int_equal(w->episodes, 0);
	live(w, seconds, both(life, more));
}

CASE(a_session_behind_a_shipper_is_told)
{
	struct world w;

	join(&w, 3, SHIPPER, SESSION, 2 * HOUR);
	assert_true(reported(&w));
	assert_in_range(w.told_after, 30 * MINUTE, 65 * MINUTE);
	/* Three where there were two, since the session began. */
	assert_true(fabs(w.first.value - 3) < 0.2);
	assert_true(w.first.baseline.threshold > 2 && w.first.baseline.threshold < 3);
	assert_true(w.first.baseline.p99 == 2);
	assert_true(fabs(w.first.onset - (MONDAY + 3 * DAY)) < 10 * MINUTE);
	assert_int_equal(w.first.kind, ALERT_CONNECTION_FANOUT);
	assert_int_equal(w.first.signal, SIGNAL_DESTINATIONS);
	assert_int_equal(w.episodes, 1);
	world_end(&w);
}

/* A pusher sends to its server in each second interval, and to no one in the other. */
CASE(a_session_behind_a_pusher_is_told)
{
	static const struct traffic push = {
	    .opened = 1500, .received = 60, .addresses = 2, .jitter = 0.1};
	struct traffic idle = {.opened = 10, .received = 10, .addresses = 1};
	struct world w;
	double began;

	world_begin(&w, 10);
	world_watch(&w);
	for (double end = w.now + 3 * DAY; w.now < end;) {
		live(&w, 10, push);
		live(&w, 10, idle);
	}
	assert_int_equal(w.episodes, 0);
	began = w.now;
	for (double end = w.now + 2 * HOUR; w.now < end;) {
		live(&w, 10, both(push, SESSION));
		live(&w, 10, both(idle, SESSION));
	}
	assert_true(w.shown_at > began);
	world_end(&w);
}

/* --- what must stay quiet --------------------------------------------------------- */

/* Four hours of it, after so many days without. */
static void stays_quiet(double days, struct traffic life, struct traffic more)
{
	struct world w;

	join(&w, days, life, more, 4 * HOUR);
	assert_false(reported(&w));
	world_end(&w);
}

/* The server moved: as many destinations as before. */
CASE(another_destination_is_none_more)
{
	struct traffic elsewhere = SESSION;

	elsewhere.addresses = 0;
	stays_quiet(3, SHIPPER, elsewhere);
}

/* Old and new side by side while one takes over from the other. */
CASE(one_more_for_half_an_hour_is_no_news)
{
	struct world w;

	join(&w, 3, SHIPPER, SESSION, 30 * MINUTE);
	assert_false(reported(&w));
	live(&w, 4 * HOUR, SHIPPER);
	assert_false(reported(&w));
	world_end(&w);
}

CASE(a_server_with_many_may_have_more)
{
	static const struct traffic replicas = {.addresses = 4};

	stays_quiet(3, SERVER, replicas);
}

/* Two at night, five by day: tomorrow may have six. */
CASE(hours_that_differ_may_differ_more)
{
	struct traffic life = SHIPPER;
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	for (unsigned hour = 0; hour < 72; hour++) {
		life.addresses = hour % 24 < 16 ? 2 : 5;
		live(&w, HOUR, life);
	}
	assert_int_equal(w.episodes, 0);
	life.addresses = 6;
	live(&w, 4 * HOUR, life);
	assert_false(reported(&w));
	world_end(&w);
}

/* On its second day nobody knows yet how alike its hours are. */
CASE(a_pod_of_a_day_may_have_one_more)
{
	stays_quiet(1.5, SHIPPER, SESSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_session_behind_a_shipper_is_told),
	    cmocka_unit_test(a_session_behind_a_pusher_is_told),
	    cmocka_unit_test(another_destination_is_none_more),
	    cmocka_unit_test(one_more_for_half_an_hour_is_no_news),
	    cmocka_unit_test(a_server_with_many_may_have_more),
	    cmocka_unit_test(hours_that_differ_may_differ_more),
	    cmocka_unit_test(a_pod_of_a_day_may_have_one_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
