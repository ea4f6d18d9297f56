/* SPDX-License-Identifier: Apache-2.0 */
/* What recurs is told a few times and then expected: at its hour and up to its size.
 * What is larger, or comes at another hour, is told whatever was learnt. */
#include "../support/testing.h"
#include "base/text.h"
#include "detect_fixture.h"

#define JOB_S     (20 * MINUTE)
#define AT(h, m)  ((h)*HOUR + (m)*MINUTE)
#define TEN_PAST2 AT(2, 10)

static const struct traffic JOB = {
    .opened = 1 * MB, .received = 20 * KB, .sockets = 0.1};

static void begin(struct world *w, double start)
{
	world_begin(w, 300);
	w->now = start;
	world_watch(w);
}

/* Lives quietly until a time, Unix seconds. */
static void quiet_until(struct world *w, double time)
{
	assert_true(time > w->now);
	live(w, time - w->now, PROBED);
}

/* Runs a job at a time, `size` times as large as JOB. Returns whether it was told,
 * other than as a recurrence. */
static bool runs(struct world *w, double time, double size)
{
	quiet_until(w, time);
	forget_told(w);
	live(w, JOB_S, times(JOB, size));
	live(w, HOUR, PROBED); /* until it counts as over */
	return w->episodes > 0;
}

/* Runs it on each of the days from MONDAY on, at a time of day. Returns how often it
 * was told. */
static unsigned run_days(struct world *w, unsigned first, unsigned days, unsigned step,
			 double second)
{
	unsigned told = 0;

	for (unsigned day = first; day < first + days; day += step)
		told += runs(w, MONDAY + day * DAY + second, 1);
	return told;
}

/* The only routine that the pod has. */
static struct routine_view the_routine(const struct world *w)
{
	struct routine_view view, found = {0};
	unsigned count = 0;

	for (unsigned place = 0; place < ROUTINES_MAX; place++)
		if (detector_routine_at(w->d, place, &view)) {
			found = view;
			count++;
		}
	assert_int_equal(count, 1);
	return found;
}

static void assert_words(const struct routine_view *view, const char *expected)
{
	char buffer[80];
	struct text t = text_over(buffer, sizeof(buffer));

	routine_calendar_words(view, &t);
	assert_string_equal(buffer, expected);
}

/* --- a time of day -----------------------------------------------------------------
 */

CASE(a_nightly_job_is_told_once_and_is_a_routine_after_three)
{
	struct routine_view view;
	struct world w;

	begin(&w, MONDAY - 2 * DAY);
	assert_int_equal(run_days(&w, 0, 2, 1, TEN_PAST2), 1);
	assert_false(detector_routine_learnt(w.d, &view));
	assert_int_equal(run_days(&w, 2, 1, 1, TEN_PAST2), 0);
	assert_true(detector_routine_learnt(w.d, &view));
	assert_false(detector_routine_learnt(w.d, &view));
	assert_int_equal(view.times, 3);
	assert_int_equal(view.days, ROUTINE_DAILY);
	assert_true(fabs(view.typical_bytes / (JOB_S * 1 * MB) - 1) < 0.1);
	assert_true(view.most_bytes < JOB_S * 1.1 * MB);
	assert_words(&view, "each night around 02:10 UTC");
	assert_int_equal(run_days(&w, 3, 20, 1, TEN_PAST2), 0);
	assert_int_equal(the_routine(&w).times, 23);
	assert_int_equal(detector_routines_learnt(w.d), 1);
	world_end(&w);
}

/* Its twins: at another hour, and larger at its hour. */
CASE(the_same_traffic_at_another_hour_is_told_however_often_the_job_ran)
{
	struct world w;

	begin(&w, MONDAY - 2 * DAY);
	run_days(&w, 0, 20, 1, TEN_PAST2);
	assert_true(runs(&w, MONDAY + 20 * DAY + AT(13, 0), 1));
	world_end(&w);
}

CASE(a_larger_theft_at_the_jobs_hour_is_told)
{
	static const double factors[] = {5, 10, 50};

	for (unsigned i = 0; i < 3; i++)
		for (unsigned nights = 1; nights < 22; nights += 4) {
			struct world w;
			begin(&w, MONDAY - 2 * DAY);
			run_days(&w, 0, nights, 1, TEN_PAST2);
			double night = MONDAY + nights * DAY + TEN_PAST2;
			assert_true(runs(&w, night, factors[i]));
			/* And the job goes on as before. */
			assert_false(runs(&w, night + DAY, 1));
			world_end(&w);
		}
}

CASE(daylight_saving_moves_the_job_by_an_hour_and_back)
{
	static const double hours[] = {-1, 1};

	for (unsigned i = 0; i < 2; i++) {
		struct world w;
		double moved = TEN_PAST2 + hours[i] * HOUR;
		begin(&w, MONDAY - 2 * DAY);
		assert_int_equal(run_days(&w, 0, 10, 1, TEN_PAST2), 1);
		assert_int_equal(run_days(&w, 10, 10, 1, moved), 0);
		assert_int_equal(run_days(&w, 20, 10, 1, TEN_PAST2), 0);
		assert_int_equal(the_routine(&w).times, 30);
		world_end(&w);
	}
}

CASE(a_job_moved_by_three_hours_is_told)
{
	struct world w;

	begin(&w, MONDAY - 2 * DAY);
	run_days(&w, 0, 10, 1, TEN_PAST2);
	assert_int_equal(run_days(&w, 10, 1, 1, AT(5, 10)), 1);
	world_end(&w);
}

CASE(missed_days_do_not_unlearn_it)
{
	struct world w;

	begin(&w, MONDAY - 2 * DAY);
	assert_int_equal(run_days(&w, 0, 5, 1, TEN_PAST2), 1);
	assert_int_equal(run_days(&w, 8, 2, 1, TEN_PAST2), 0);
	assert_int_equal(run_days(&w, 45, 3, 1, TEN_PAST2), 0);
	world_end(&w);
}

/* --- days --------------------------------------------------------------------------
 */

CASE(a_job_each_thirteen_days_is_told_once)
{
	struct world w;

	begin(&w, MONDAY - 2 * DAY);
	assert_int_equal(run_days(&w, 0, 39, 13, TEN_PAST2), 1);
	assert_int_equal(run_days(&w, 39, 39, 13, TEN_PAST2), 0);
	struct routine_view view = the_routine(&w);
	assert_int_equal(view.every_days, 13);
	assert_words(&view, "each 13 days around 02:10 UTC");
	world_end(&w);
}

/* Seven weeks later nobody remembers. */
CASE(what_came_once_is_told_again_after_five_weeks)
{
	struct world w;

	begin(&w, MONDAY - 2 * DAY);
	assert_int_equal(run_days(&w, 0, 1, 1, TEN_PAST2), 1);
	assert_int_equal(run_days(&w, 49, 1, 1, TEN_PAST2), 1);
	world_end(&w);
}

CASE(a_weekly_job_is_told_once)
{
	struct world w;

	begin(&w, MONDAY - 2 * DAY);
	assert_int_equal(run_days(&w, 6, 28, 7, AT(3, 0)), 1);
	struct routine_view view = the_routine(&w);
	assert_int_equal(view.days, ROUTINE_WEEKLY);
	assert_words(&view, "each Sunday around 03:00 UTC");
	world_end(&w);
}

CASE(work_on_weekdays_is_told_once)
{
	struct routine_view view;
	struct world w;
	unsigned told = 0;

	begin(&w, MONDAY - 2 * DAY);
	for (unsigned week = 0; week < 3; week++)
		told += run_days(&w, 7 * week, 5, 1, AT(9, 30));
	assert_int_equal(told, 1);
	view = the_routine(&w);
	assert_int_equal(view.days, ROUTINE_WEEKDAYS);
	assert_words(&view, "weekdays around 09:30 UTC");
	world_end(&w);
}

CASE(a_months_end_is_told_once)
{
	/* The ends of September to January, days after Monday 7 September. */
	static const unsigned ends[] = {23, 54, 84, 115, 146};
	struct world w;
	unsigned told = 0;

	begin(&w, MONDAY - 2 * DAY);
	for (unsigned i = 0; i < 3; i++)
		told += run_days(&w, ends[i], 1, 1, AT(23, 0));
	assert_int_equal(told, 1);
	for (unsigned i = 3; i < 5; i++)
		assert_int_equal(run_days(&w, ends[i], 1, 1, AT(23, 0)), 0);
	struct routine_view view = the_routine(&w);
	assert_words(&view, "each month's end around 23:00 UTC");
	world_end(&w);
}

/* --- sizes and no hour -------------------------------------------------------------
 */

/* Runs jobs of these sizes, each some days and hours after the one before. */
static unsigned run_rarely(struct world *w, const double *sizes, unsigned count)
{
	double time = w->now + 2 * DAY;
	unsigned told = 0;

	for (unsigned i = 0; i < count; i++) {
		told += runs(w, time, sizes[i]);
		time += 2 * DAY + 5 * HOUR;
	}
	return told;
}

CASE(rare_work_of_three_sizes_may_come_larger)
{
	static const double first[] = {1, 3, 2}, next[] = {5, 1, 4, 0.5};
	struct world w;

	begin(&w, MONDAY - 4 * DAY);
	run_rarely(&w, first, 3);
	struct routine_view view;
	assert_true(detector_routine_learnt(w.d, &view));
	assert_int_equal(view.times, 3);
	assert_words(&view, "no fixed time");
	assert_true(view.typical_bytes < 2 * JOB_S * MB &&
		    view.most_bytes > 2.9 * JOB_S * MB);
	assert_int_equal(run_rarely(&w, next, 4), 0);
	world_end(&w);
}

CASE(a_theft_many_times_as_large_as_rare_work_is_told)
{
	static const double work[] = {1, 3, 2}, thefts[] = {20, 100};

	for (unsigned i = 0; i < 2; i++) {
		struct world w;
		begin(&w, MONDAY - 4 * DAY);
		run_rarely(&w, work, 3);
		assert_int_equal(run_rarely(&w, &thefts[i], 1), 1);
		world_end(&w);
	}
}

CASE(two_times_are_no_routine)
{
	static const double two[] = {1, 1}, one_more[] = {1};
	struct routine_view view;
	struct world w;

	begin(&w, MONDAY - 4 * DAY);
	assert_int_equal(run_rarely(&w, two, 2), 2);
	assert_false(detector_routine_learnt(w.d, &view));
	assert_int_equal(run_rarely(&w, one_more, 1), 1);
	world_end(&w);
}

CASE(nightly_sizes_may_differ_as_they_did)
{
	static const double sizes[] = {1, 3, 2, 5, 1.5, 4};
	struct world w;
	unsigned told = 0;

	begin(&w, MONDAY - 2 * DAY);
	for (unsigned i = 0; i < 6; i++)
		told += runs(&w, MONDAY + i * DAY + TEN_PAST2, sizes[i]);
	assert_int_equal(told, 2); /* the first, and the one three times as large */
	assert_true(runs(&w, MONDAY + 6 * DAY + TEN_PAST2, 40));
	world_end(&w);
}

CASE(a_routine_is_said_once_also_over_a_restart)
{
	struct routine_view view;
	struct error err;
	struct world w;
	size_t bytes;

	begin(&w, MONDAY - 2 * DAY);
	run_days(&w, 0, 3, 1, TEN_PAST2);
	struct detector *next = again(&w);
	assert_true(detector_routine_learnt(next, &view));
	assert_false(detector_routine_learnt(next, &view));
	const void *learnt = detector_learnt(next, &bytes);
	assert_int_equal(detector_restore(w.d, learnt, bytes, &err), 0);
	assert_false(detector_routine_learnt(w.d, &view));
	detector_free(next);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_nightly_job_is_told_once_and_is_a_routine_after_three),
	    cmocka_unit_test(
		the_same_traffic_at_another_hour_is_told_however_often_the_job_ran),
	    cmocka_unit_test(a_larger_theft_at_the_jobs_hour_is_told),
	    cmocka_unit_test(daylight_saving_moves_the_job_by_an_hour_and_back),
	    cmocka_unit_test(a_job_moved_by_three_hours_is_told),
	    cmocka_unit_test(missed_days_do_not_unlearn_it),
	    cmocka_unit_test(a_job_each_thirteen_days_is_told_once),
	    cmocka_unit_test(what_came_once_is_told_again_after_five_weeks),
	    cmocka_unit_test(a_weekly_job_is_told_once),
	    cmocka_unit_test(work_on_weekdays_is_told_once),
	    cmocka_unit_test(a_months_end_is_told_once),
	    cmocka_unit_test(rare_work_of_three_sizes_may_come_larger),
	    cmocka_unit_test(a_theft_many_times_as_large_as_rare_work_is_told),
	    cmocka_unit_test(two_times_are_no_routine),
	    cmocka_unit_test(nightly_sizes_may_differ_as_they_did),
	    cmocka_unit_test(a_routine_is_said_once_also_over_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
