/* SPDX-License-Identifier: Apache-2.0 */
/* test_incidents.c - several incidents at once, and repeats of one. */
#include "detect_fixture.h"

/* A web pod of a day: it has its own small traffic. */
static const struct traffic WEB = {.served = 3 * KB,
				   .opened = 200,
				   .received = 1 * KB,
				   .sockets = 0.02,
				   .addresses = 3,
				   .jitter = 0.4};
static const struct traffic STEP = {.opened = 20 * KB, .received = 400, .addresses = 1};
static const struct traffic SCAN = {.opened = 200, .sockets = 200, .addresses = 2000};

static void begin_day(struct world *w, struct traffic t)
{
	world_begin(w, 10);
	world_watch(w);
	live(w, DAY, t);
	assert_false(reported(w));
}

/* Number of incidents that were reported since the world began. */
static uint32_t incidents(const struct world *w)
{
	return w->newest;
}

static const double LATER[] = {30 * MINUTE, 2 * HOUR, 5 * HOUR};

CASE(a_theft_during_a_harmless_step_is_reported)
{
	for (unsigned i = 0; i < LENGTH(LATER); i++) {
		struct world w;

		begin_day(&w, PROBED);
		live(&w, LATER[i], both(PROBED, STEP));
		assert_true(reported(&w));
		const uint32_t before = incidents(&w);
		live(&w, 5 * MINUTE, both(both(PROBED, STEP), times(THEFT, 5)));
		assert_int_equal(incidents(&w), before + 1);
		const struct verdict *theft = &w.verdicts[w.count - 1];
		assert_int_equal(theft->incident, incidents(&w));
		assert_true(theft->onset >= w.now - 5 * MINUTE - 10);
		assert_true(theft->value > 4 * MB);
		assert_true(theft->bytes <= 5.2 * MB * 5 * MINUTE);
		world_end(&w);
	}
}

/* The same step without the theft. */
CASE(a_step_that_goes_on_is_one_incident)
{
	struct world w;

	begin_day(&w, PROBED);
	struct traffic step = both(PROBED, STEP);
	step.jitter = 0.5;
	live(&w, 5 * HOUR, step);
	assert_int_equal(incidents(&w), 1);
	assert_int_equal(w.recurring, 0);
	world_end(&w);
}

CASE(a_scan_during_a_harmless_step_is_reported_as_what_it_is)
{
	for (unsigned i = 0; i < LENGTH(LATER); i++) {
		struct world w;

		begin_day(&w, PROBED);
		live(&w, LATER[i], both(PROBED, STEP));
		const uint32_t before = incidents(&w);
		live(&w, MINUTE, both(both(PROBED, STEP), SCAN));
		assert_int_equal(incidents(&w), before + 1);
		assert_int_equal(w.verdicts[w.count - 1].kind, ALERT_CONNECTION_FANOUT);
		world_end(&w);
	}
}

/* 100 kB/s, 200, 400 ... 51 MB/s, half an hour each. */
CASE(a_chain_of_doublings_is_reported_again_and_again)
{
	struct world w;
	double first = 0, last = 100 * KB;

	begin_day(&w, WEB);
	for (double rate = 100 * KB; rate < 52 * MB; rate *= 2) {
		const struct traffic t = {.opened = rate, .received = rate / 50};
		const uint32_t before = incidents(&w);
		live(&w, 30 * MINUTE, both(WEB, t));
		first = first > 0 ? first : rate;
		if (incidents(&w) > before)
			last = rate;
		/* Each time it has doubled, at the latest at the second time. */
		assert_true(rate <= 2 * last);
	}
	assert_in_range(incidents(&w), 5, 10);
	world_end(&w);
}

/* Each hour twice the hour before, which is within the margin: what is learnt of one
 * may not excuse the next without end. */
CASE(a_chain_within_the_margins_is_reported)
{
	const struct traffic own = {.served = 10 * KB,
				    .opened = 30 * KB,
				    .received = 2 * KB,
				    .sockets = 0.1,
				    .addresses = 4,
				    .jitter = 0.4};
	struct world w;
	double factor = 1;

	begin_day(&w, own);
	do {
		factor *= 2;
		live(&w, HOUR, times(own, factor));
	} while (!reported(&w) && factor < 64);
	assert_true(factor > 2); /* load may double */
	assert_true(factor <= 8);
	world_end(&w);
}

/* Twenty minutes each, with an hour between: what recurs may vary, but not grow each
 * time. */
CASE(a_chain_with_pauses_is_reported_each_time)
{
	struct world w;

	begin_day(&w, WEB);
	for (double rate = 100 * KB; rate < 52 * MB; rate *= 2) {
		const struct traffic t = {.opened = rate, .received = rate / 50};
		const uint32_t before = incidents(&w);
		live(&w, 20 * MINUTE, both(WEB, t));
		assert_true(incidents(&w) > before);
		live(&w, HOUR, WEB);
	}
	world_end(&w);
}

/* The twin: the same sizes in another order are the spread of a routine. */
CASE(sizes_that_vary_are_a_routine_after_a_while)
{
	static const double sizes[] = {4, 1, 8, 2, 4, 1, 2, 8, 4, 2, 1, 8};
	struct world w;
	uint32_t after_six = 0;

	begin_day(&w, WEB);
	for (unsigned i = 0; i < LENGTH(sizes); i++) {
		const double rate = 100 * KB * sizes[i];
		const struct traffic t = {.opened = rate, .received = rate / 50};
		live(&w, 20 * MINUTE, both(WEB, t));
		live(&w, 3 * HOUR, WEB);
		after_six = i < 6 ? incidents(&w) : after_six;
	}
	assert_in_range(after_six, 1, 4);
	assert_int_equal(incidents(&w), after_six);
	world_end(&w);
}

/* Returns whether a theft is reported that comes so long after one like it. */
static bool news_after(double pause, double ratio)
{
	struct world w;

	begin_day(&w, PROBED);
	live(&w, 10 * MINUTE, both(PROBED, THEFT));
	assert_true(reported(&w));
	live(&w, pause, PROBED);
	const uint32_t before = incidents(&w);
	live(&w, 10 * MINUTE, both(PROBED, times(THEFT, ratio)));
	assert_true(incidents(&w) > before || w.recurring > 0);
	bool news = incidents(&w) > before;
	world_end(&w);
	return news;
}

CASE(a_repeat_is_an_occurrence_for_six_hours)
{
	assert_false(news_after(1 * HOUR, 1));
	assert_false(news_after(5 * HOUR, 1));
	assert_false(news_after(5 * HOUR, 1.5));
	assert_true(news_after(1 * HOUR, 2.5));
	assert_true(news_after(5 * HOUR, 2.5));
	assert_true(news_after(8 * HOUR, 1));
}

CASE(when_the_theft_is_over_the_step_goes_on)
{
	struct world w;

	begin_day(&w, PROBED);
	live(&w, HOUR, both(PROBED, STEP));
	const uint32_t step = w.verdicts[0].incident;
	live(&w, 10 * MINUTE, both(PROBED, times(THEFT, 5)));
	assert_int_equal(w.count, 2);
	live(&w, HOUR, both(PROBED, STEP));
	assert_int_equal(w.count, 1);
	assert_int_equal(w.verdicts[0].incident, step);
	/* A second theft like the first one is a recurrence. */
	live(&w, 10 * MINUTE, both(PROBED, times(THEFT, 5)));
	assert_int_equal(w.count, 1);
	assert_int_equal(w.recurring, 1);
	world_end(&w);
}

CASE(more_than_eight_at_once_end_the_oldest)
{
	struct world w;
	double rate = 20 * KB;

	begin_day(&w, PROBED);
	for (unsigned i = 0; i < INCIDENTS_OPEN_MAX + 2; i++, rate *= 4.5)
		live(&w, 10 * MINUTE, (struct traffic){.opened = rate});
	assert_true(detector_displaced(w.d) > 0);
	assert_int_equal(incidents(&w), INCIDENTS_OPEN_MAX + 2);
	assert_true(w.count <= INCIDENTS_OPEN_MAX);
	world_end(&w);
}

CASE(a_repeat_names_the_incident_that_it_repeats)
{
	struct world w;

	begin_day(&w, PROBED);
	live(&w, 10 * MINUTE, both(PROBED, THEFT));
	const double onset = w.first.onset;
	const uint32_t before = incidents(&w);
	live(&w, DAY - 10 * MINUTE, PROBED);
	live(&w, 5 * MINUTE, both(PROBED, THEFT));
	assert_false(reported(&w));
	assert_int_equal(w.recurring, 1);
	assert_true(w.recurrence.recurs);
	assert_true(w.recurrence.repeats == onset);
	assert_true(w.recurrence.bytes > 200 * MB);
	assert_int_equal(incidents(&w), before);
	live(&w, DAY - 5 * MINUTE, PROBED);
	/* Another day it is a repeat of the first one, not of the repeat. */
	live(&w, 5 * MINUTE, both(PROBED, THEFT));
	assert_false(reported(&w));
	world_end(&w);
}

/* Whether traffic at the hour of yesterday's theft is reported. */
static bool is_news_at_that_hour(struct traffic traffic)
{
	struct world w;

	begin_day(&w, PROBED);
	live(&w, 10 * MINUTE, both(PROBED, THEFT));
	live(&w, DAY - 10 * MINUTE, PROBED);
	live(&w, 5 * MINUTE, both(PROBED, traffic));
	bool news = reported(&w);
	world_end(&w);
	return news;
}

CASE(a_repeat_five_times_as_large_is_an_incident)
{
	assert_false(is_news_at_that_hour(THEFT));
	assert_true(is_news_at_that_hour(times(THEFT, 5)));
}

CASE(a_scan_at_the_time_of_a_theft_is_no_repeat)
{
	assert_true(is_news_at_that_hour(SCAN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_theft_during_a_harmless_step_is_reported),
	    cmocka_unit_test(a_step_that_goes_on_is_one_incident),
	    cmocka_unit_test(a_scan_during_a_harmless_step_is_reported_as_what_it_is),
	    cmocka_unit_test(a_chain_of_doublings_is_reported_again_and_again),
	    cmocka_unit_test(a_chain_within_the_margins_is_reported),
	    cmocka_unit_test(a_chain_with_pauses_is_reported_each_time),
	    cmocka_unit_test(sizes_that_vary_are_a_routine_after_a_while),
	    cmocka_unit_test(a_repeat_is_an_occurrence_for_six_hours),
	    cmocka_unit_test(when_the_theft_is_over_the_step_goes_on),
	    cmocka_unit_test(more_than_eight_at_once_end_the_oldest),
	    cmocka_unit_test(a_repeat_names_the_incident_that_it_repeats),
	    cmocka_unit_test(a_repeat_five_times_as_large_is_an_incident),
	    cmocka_unit_test(a_scan_at_the_time_of_a_theft_is_no_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
