/* SPDX-License-Identifier: Apache-2.0 */
/* What siblings did is no news, and what they never did is, from a pod's first minute.
 */
#include "../support/testing.h"
#include "detect_fixture.h"
#include "dormouse/past.h"

static const struct traffic WEB = {.served = 28 * KB,
				   .opened = 2 * KB,
				   .received = 5 * KB,
				   .sockets = 0.3,
				   .addresses = 5,
				   .jitter = 0.4};

/* Loads its caches for the first two minutes. */
static const struct traffic LOADING = {
    .opened = 100 * KB, .received = 3 * MB, .sockets = 3, .addresses = 12};

static void begin(struct world *w)
{
	world_begin(w, 10);
	world_watch(w);
}

/* The past of one pod that lived so long, alone. */
static struct past past_of(struct traffic start, struct traffic life, double seconds)
{
	struct world w;
	struct past past;

	begin(&w);
	live(&w, 2 * MINUTE, start);
	live(&w, seconds - 2 * MINUTE, life);
	assert_int_equal(w.episodes, 0);
	detector_past(w.d, &past);
	world_end(&w);
	return past;
}

static void begin_with(struct world *w, const struct past *past)
{
	begin(w);
	detector_adopt(w->d, past);
}

CASE(a_theft_is_told_in_the_first_minute_of_a_pod_with_siblings)
{
	static const double ages[] = {0, 10, MINUTE, 5 * MINUTE, 20 * MINUTE};
	const struct past past = past_of(WEB, WEB, DAY);
	struct world w;

	for (unsigned i = 0; i < LENGTH(ages); i++) {
		begin_with(&w, &past);
		live(&w, ages[i], WEB);
		assert_int_equal(w.episodes, 0);
		live(&w, 5 * MINUTE, both(WEB, THEFT));
		assert_true(reported(&w) && w.told_after <= MINUTE);
		assert_true(w.first.baseline.of_workload);
		world_end(&w);
	}
}

/* The twin: without the siblings the same pod is young, and what came with its image is
 * its everyday. */
CASE(without_siblings_a_pod_is_young)
{
	struct world w;

	begin(&w);
	live(&w, 30 * MINUTE, both(WEB, THEFT));
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(what_siblings_did_is_no_news)
{
	const struct past web = past_of(LOADING, WEB, DAY);
	const struct past shipper = past_of(SHIPPER, SHIPPER, DAY);
	const struct past probed = past_of(SILENCE, PROBED, DAY);
	struct world w;

	begin_with(&w, &web);
	live(&w, 2 * MINUTE, LOADING);
	live(&w, DAY, WEB);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
	begin_with(&w, &shipper);
	live(&w, DAY, SHIPPER);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
	begin_with(&w, &probed);
	live(&w, DAY, PROBED);
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

/* A start is no everyday: what it explains in the first minutes is told an hour later.
 */
CASE(a_start_of_siblings_explains_only_a_start)
{
	const struct past past = past_of(LOADING, WEB, DAY);
	struct world w;

	begin_with(&w, &past);
	live(&w, 3 * HOUR, WEB);
	live(&w, 10 * MINUTE, both(WEB, LOADING));
	assert_true(reported(&w));
	world_end(&w);
}

CASE(a_dormant_workload_makes_a_dormant_pod)
{
	const struct past past = past_of(SILENCE, PROBED, DAY);
	struct world w;

	assert_true(past.dormant_share > 0.9);
	begin_with(&w, &past);
	live(&w, MINUTE, PROBED);
	assert_int_equal(detector_state(w.d), POD_DORMANT);
	live(&w, 5 * MINUTE, both(PROBED, (struct traffic){.opened = 20 * KB}));
	assert_true(reported(&w) && w.told_after <= MINUTE);
	assert_true(told_kind(&w, ALERT_DORMANCY_BREAK));
	world_end(&w);
}

CASE(a_busy_workload_makes_an_active_pod)
{
	const struct past past = past_of(WEB, WEB, DAY);
	struct world w;

	begin_with(&w, &past);
	live(&w, MINUTE, WEB);
	assert_int_equal(detector_state(w.d), POD_ACTIVE);
	world_end(&w);
}

/* A chain of rises, each within the margin of the one before, may not teach a pod of
 * minutes what its siblings never did. */
CASE(a_young_pod_is_not_taught_by_steps)
{
	const struct past past = past_of(WEB, WEB, 3 * DAY);
	struct world w;
	double more = 2 * KB;

	begin_with(&w, &past);
	live(&w, 10 * MINUTE, WEB);
	for (unsigned i = 0; i < 10 && w.episodes == 0; i++, more *= 2)
		live(&w, 10 * MINUTE, both(WEB, (struct traffic){.opened = more}));
	assert_true(reported(&w) && more <= 64 * KB);
	world_end(&w);
}

/* The siblings' nightly job, three megabytes a second for ten minutes at one o'clock.
 */
static const struct traffic JOB = {
    .opened = 3 * MB, .received = 60 * KB, .sockets = 0.1};

static void live_days(struct world *w, unsigned days)
{
	for (unsigned i = 0; i < days; i++) {
		live(w, HOUR, WEB);
		live(w, 10 * MINUTE, both(WEB, JOB));
		live(w, DAY - 70 * MINUTE, WEB);
	}
}

static struct past past_with_job(void)
{
	struct world w;
	struct past past;

	begin(&w);
	live(&w, DAY, WEB);
	live_days(&w, 6);
	assert_int_equal(w.episodes, 1);
	detector_past(w.d, &past);
	world_end(&w);
	return past;
}

CASE(a_routine_of_siblings_is_expected_at_its_hour_only)
{
	const struct past past = past_with_job();
	struct world w;

	assert_int_equal(past.departure_count, 1);
	begin_with(&w, &past);
	live_days(&w, 3);
	assert_int_equal(w.episodes, 0);
	live(&w, 12 * HOUR, WEB);
	live(&w, 10 * MINUTE, both(WEB, JOB));
	assert_true(reported(&w));
	world_end(&w);
}

CASE(a_theft_beyond_the_siblings_routine_is_told)
{
	const struct past past = past_with_job();
	struct world w;

	begin_with(&w, &past);
	live(&w, HOUR, WEB);
	live(&w, 10 * MINUTE, both(WEB, times(JOB, 10)));
	assert_true(reported(&w));
	world_end(&w);
}

/* With days of its own, a pod's own past outweighs what only its siblings did. */
CASE(the_siblings_past_fades_after_a_week)
{
	const struct past past = past_of(times(WEB, 20), times(WEB, 20), DAY);
	struct world w;

	begin_with(&w, &past);
	live(&w, 4 * DAY, WEB);
	live(&w, HOUR, times(WEB, 20));
	assert_false(reported(&w));
	live(&w, 12 * DAY, WEB);
	live(&w, HOUR, times(WEB, 20));
	assert_true(reported(&w));
	world_end(&w);
}

/* A pod's past is its own: what it adopted is not told on. */
CASE(what_was_adopted_is_not_told_as_its_own)
{
	const struct past past = past_of(times(WEB, 20), times(WEB, 20), DAY);
	struct past own;
	struct world w;

	begin_with(&w, &past);
	live(&w, 6 * HOUR, WEB);
	detector_past(w.d, &own);
	assert_int_equal(own.pods, 1);
	assert_true(own.series[SIGNAL_TX_BYTES].greatest[0] * 5 <
		    past.series[SIGNAL_TX_BYTES].greatest[0]);
	assert_true(fabs(own.watched_s - 6 * HOUR) < MINUTE);
	world_end(&w);
}

/* What was an alert is not learnt by others. */
CASE(an_alert_is_no_past)
{
	struct world w;
	struct past past;

	begin(&w);
	live(&w, 6 * HOUR, WEB);
	live(&w, HOUR, both(WEB, THEFT));
	live(&w, HOUR, WEB);
	assert_int_equal(w.episodes, 1);
	detector_past(w.d, &past);
	assert_true(past.series[SIGNAL_TCP_INITIATED_TX_BYTES].greatest[1] <
		    20 * KB * 60);
	assert_true(past.series[SIGNAL_TCP_INITIATED_TX_BYTES].quantile[4] < 200 * KB);
	world_end(&w);
}

/* Nor a level that lasted until it was accepted, for a week. */
CASE(an_accepted_level_is_told_after_a_week)
{
	struct world w;
	struct past past;

	begin(&w);
	live(&w, 6 * HOUR, WEB);
	live(&w, 2 * DAY, both(WEB, THEFT));
	assert_true(w.episodes >= 1);
	detector_past(w.d, &past);
	assert_true(past.series[SIGNAL_TCP_INITIATED_TX_BYTES].greatest[1] <
		    1 * MB * 30);
	live(&w, 7 * DAY, both(WEB, THEFT));
	detector_past(w.d, &past);
	assert_true(past.series[SIGNAL_TCP_INITIATED_TX_BYTES].greatest[1] >
		    1 * MB * 30);
	world_end(&w);
}

/* Signals that the siblings' history lacks are judged as those of a young pod. */
CASE(what_the_siblings_history_lacks_is_young)
{
	struct past past = past_of(WEB, WEB, DAY);
	struct world w;

	for (unsigned s = 0; s < PAST_SERIES; s++)
		if (s != SIGNAL_TX_BYTES && s != SIGNAL_RX_BYTES)
			memset(&past.series[s], 0, sizeof(past.series[s]));
	begin_with(&w, &past);
	live(&w, 30 * MINUTE, WEB);
	assert_int_equal(w.episodes, 0);
	live(&w, 5 * MINUTE, both(WEB, THEFT));
	assert_true(reported(&w));
	world_end(&w);
}

/* The other pod was sampled each minute or each five minutes, by a Prometheus. */
CASE(pasts_of_other_intervals_fit)
{
	static const double intervals[] = {60, 300};
	struct past past = past_of(WEB, WEB, DAY), coarse;
	struct world w;

	for (unsigned i = 0; i < LENGTH(intervals); i++) {
		world_begin(&w, intervals[i]);
		world_watch(&w);
		live(&w, 2 * DAY, WEB);
		detector_past(w.d, &coarse);
		world_end(&w);

		begin_with(&w, &coarse);
		live(&w, 6 * HOUR, WEB);
		assert_int_equal(w.episodes, 0);
		live(&w, 10 * MINUTE, both(WEB, THEFT));
		assert_true(reported(&w));
		world_end(&w);

		world_begin(&w, intervals[i]);
		world_watch(&w);
		detector_adopt(w.d, &past);
		live(&w, 6 * HOUR, WEB);
		assert_int_equal(w.episodes, 0);
		live(&w, 20 * MINUTE, both(WEB, THEFT));
		assert_true(reported(&w));
		world_end(&w);
	}
}

/* Pulses of twenty seconds are a steady flow for who looks each minute. */
CASE(pulses_are_steady_for_who_looks_seldom)
{
	const struct traffic pulse = {.opened = 1500, .received = 60};
	struct past past;
	struct world w;

	begin(&w);
	for (unsigned i = 0; i < 6 * 180; i++) {
		live(&w, 10, pulse);
		live(&w, 10, SILENCE);
	}
	assert_int_equal(w.episodes, 0);
	detector_past(w.d, &past);
	world_end(&w);
	world_begin(&w, 60);
	world_watch(&w);
	detector_adopt(w.d, &past);
	live(&w, 6 * HOUR, times(pulse, 0.5));
	assert_int_equal(w.episodes, 0);
	world_end(&w);
}

CASE(a_past_can_be_taken_away_and_survives_a_restore)
{
	const struct past past = past_of(WEB, WEB, DAY), none = {0};
	struct world w;
	struct error err;
	size_t bytes;

	begin_with(&w, &past);
	live(&w, 10 * MINUTE, WEB);
	assert_true(detector_adopted(w.d));
	void *copy = malloc(LEARNT_BYTES_MAX);
	const void *learnt = detector_learnt(w.d, &bytes);
	memcpy(copy, learnt, bytes);
	assert_int_equal(detector_restore(w.d, copy, bytes, &err), 0);
	free(copy);
	assert_true(detector_adopted(w.d));
	live(&w, MINUTE, WEB);
	live(&w, 2 * MINUTE, both(WEB, THEFT));
	assert_true(reported(&w));
	detector_adopt(w.d, &none);
	assert_false(detector_adopted(w.d));
	detector_adopt(w.d, &past);
	detector_adopt(w.d, NULL);
	assert_false(detector_adopted(w.d));
	world_end(&w);
}

/* --- several pods ----------------------------------------------------------------- */

CASE(pods_are_pooled)
{
	const struct past small = past_of(WEB, WEB, DAY);
	const struct past large = past_of(times(WEB, 5), times(WEB, 5), 6 * HOUR);
	struct past both_of = small, other = large, none = {0};
	const struct past_series *s, *l, *b;

	past_merge(&both_of, &large);
	past_merge(&other, &small);
	s = &small.series[SIGNAL_TX_BYTES];
	l = &large.series[SIGNAL_TX_BYTES];
	b = &both_of.series[SIGNAL_TX_BYTES];
	assert_int_equal(both_of.pods, 2);
	assert_true(fabs(both_of.watched_s - 30 * HOUR) < MINUTE);
	assert_true(fabs(both_of.longest_s - DAY) < MINUTE);
	for (unsigned k = 0; k < PAST_WINDOWS; k++) {
		assert_true(b->greatest[k] == fmax(s->greatest[k], l->greatest[k]));
		assert_true(b->third[k] <= b->greatest[k] &&
			    b->third[k] >= s->third[k]);
		assert_true(b->tenth[k] <= b->third[k]);
	}
	/* A fifth of the intervals is five times as large: the median is small, nine
	 * tenths are not. */
	assert_true(b->quantile[0] < 1.5 * s->quantile[0]);
	assert_true(b->quantile[1] > 2 * s->quantile[1]);
	assert_true(b->quantile[4] == l->quantile[4]);
	assert_true(fabs(b->mean - (0.8 * s->mean + 0.2 * l->mean)) < 0.01 * b->mean);
	for (unsigned q = 0; q < PAST_QUANTILES; q++)
		assert_true(fabs(other.series[0].quantile[q] / b->quantile[q] - 1) <
			    0.01);
	past_merge(&none, &small);
	assert_memory_equal(&none.series, &small.series, sizeof(none.series));
}

/* Of one value the deviation is 0, of two pods with different values it is not. */
CASE(deviations_are_pooled)
{
	struct past a = {.watched_s = HOUR, .pods = 1, .interval_s = 10}, b = a;

	a.series[0] =
	    (struct past_series){.watched_s = HOUR, .intervals = 300, .mean = 10};
	b.series[0] =
	    (struct past_series){.watched_s = HOUR, .intervals = 100, .mean = 50};
	past_merge(&a, &b);
	assert_true(fabs(a.series[0].mean - 20) < 1e-9);
	assert_true(fabs(a.series[0].stddev - sqrt(300)) < 1e-9);
	assert_true(a.series[0].intervals == 400);
	assert_true(a.interval_s == 10);
	b.interval_s = 60; /* then it is unknown */
	past_merge(&a, &b);
	assert_true(a.interval_s == 0);
}

/* Pods that live six hours, and a job each night: none of them sees it three times, but
 * together they do. */
static struct past past_of_nights(unsigned nights, unsigned replicas, double shift)
{
	struct past all = {0}, one;
	struct world w;

	for (unsigned n = 0; n < nights; n++)
		for (unsigned r = 0; r < replicas; r++) {
			begin(&w);
			w.now = MONDAY + n * (DAY + shift) + r * 20;
			live(&w, 3 * HOUR, WEB);
			live(&w, 10 * MINUTE, both(WEB, JOB));
			live(&w, 2 * HOUR, WEB);
			assert_int_equal(w.episodes, 1);
			detector_past(w.d, &one);
			world_end(&w);
			past_merge(&all, &one);
		}
	return all;
}

/* What the job is in a new pod that has this past: 2 an alert, 1 a recurrence of one, 0
 * nothing at all. */
static unsigned job_is(const struct past *past, double at)
{
	struct world w;
	unsigned is = 0;

	begin(&w);
	w.now = at;
	detector_adopt(w.d, past);
	live(&w, 3 * HOUR, WEB);
	assert_int_equal(w.episodes, 0);
	for (unsigned i = 0; i < 60; i++) {
		live(&w, 10, both(WEB, JOB));
		if (w.recurring && is < 1)
			is = 1;
		if (w.episodes)
			is = 2;
	}
	world_end(&w);
	return is;
}

CASE(what_came_in_three_pods_is_expected_in_the_next)
{
	const struct past two = past_of_nights(2, 1, 0),
			  three = past_of_nights(3, 1, 0);

	assert_int_equal(two.departure_count, 1);
	assert_int_equal(two.departure[0].view.number, 0);
	assert_int_equal(three.departure_count, 1);
	assert_int_equal(three.departure[0].view.times, 3);
	assert_int_equal(three.departure[0].view.number, 1);
	/* Both are known at that hour of another day, and only a routine for long. */
	assert_int_equal(job_is(&two, MONDAY + 5 * DAY), 1);
	assert_int_equal(job_is(&three, MONDAY + 5 * DAY), 1);
	assert_int_equal(job_is(&two, MONDAY + 50 * DAY), 2);
	assert_int_equal(job_is(&three, MONDAY + 50 * DAY), 1);
	/* Not at another hour. */
	assert_int_equal(job_is(&three, MONDAY + 5 * DAY + 9 * HOUR), 2);
}

/* An attack of one pod is told in the next pod as well: minutes later, and in the same
 * trace played again. */
CASE(the_same_day_is_no_recurrence_of_a_sibling)
{
	const struct past past = past_of_nights(1, 1, 0);

	assert_int_equal(job_is(&past, MONDAY + 20 * MINUTE), 2);
	assert_int_equal(job_is(&past, MONDAY), 2);
}

/* Three replicas that are attacked in the same night are one occasion. */
CASE(replicas_are_one_occasion)
{
	const struct past past = past_of_nights(1, 4, 0);

	assert_int_equal(past.departure_count, 1);
	assert_int_equal(past.departure[0].view.times, 1);
	assert_int_equal(past.departure[0].view.number, 0);
	assert_int_equal(job_is(&past, MONDAY + 40 * DAY), 2);
}

/* Three times at three hours: expected at any. */
CASE(what_came_at_three_hours_is_expected_at_any)
{
	const struct past past = past_of_nights(3, 1, 4 * HOUR);

	assert_int_equal(past.departure_count, 3);
	assert_int_equal(job_is(&past, MONDAY + 9 * DAY + 13 * HOUR), 0);
}

/* Three pods that end in what they were told of, at three hours. */
CASE(what_a_pod_ends_in_is_told)
{
	struct past all = {0}, one;
	struct world w;

	for (unsigned n = 0; n < 3; n++) {
		begin(&w);
		w.now = MONDAY + n * (DAY + 3 * HOUR);
		live(&w, 3 * HOUR, WEB);
		live(&w, HOUR, both(WEB, JOB));
		assert_int_equal(w.episodes, 1);
		detector_past(w.d, &one);
		assert_int_equal(one.departure_count, 1);
		assert_int_equal(one.departure[0].view.number, 0);
		world_end(&w);
		past_merge(&all, &one);
	}
	assert_int_equal(job_is(&all, MONDAY + 9 * DAY + 13 * HOUR), 0);
}

/* Replicas of which one leads, for the whole of its day: what each pod takes for its
 * baseline, the next one begins without. At three hours it is known at any. */
CASE(a_lasting_level_of_three_pods_is_expected_in_the_next)
{
	static const struct traffic leader = {
	    .opened = 50 * KB, .received = 20 * KB, .addresses = 3};
	struct past all = past_of(PROBED, PROBED, DAY), one;
	struct world w;

	for (unsigned n = 0; n < 4; n++) {
		begin_with(&w, &all);
		w.now = MONDAY + 2 * DAY + n * (2 * DAY + 5 * HOUR);
		live(&w, DAY, leader);
		assert_int_equal(w.episodes, n < 3);
		detector_past(w.d, &one);
		world_end(&w);
		past_merge(&all, &one);
		assert_true(all.departure_count >= (n < 2 ? n + 1 : 2));
	}
}

CASE(routines_at_the_same_hour_are_one)
{
	struct past a = {.watched_s = HOUR, .pods = 1}, b;

	a.departure_count = 1;
	a.departure[0].view = (struct routine_view){.number = 1,
						    .times = 3,
						    .first = MONDAY,
						    .last = MONDAY + 3 * DAY,
						    .most_bytes = 5 * MB,
						    .days = ROUTINE_DAILY,
						    .second_of_day = 3600};
	a.departure[0].reach[0][0] = 10;
	b = a;
	b.departure[0].view.second_of_day = 4000;
	b.departure[0].view.times = 7;
	b.departure[0].view.last = MONDAY + 9 * DAY;
	b.departure[0].reach[0][0] = 30;
	past_merge(&a, &b);
	assert_int_equal(a.departure_count, 1);
	assert_int_equal(a.departure[0].view.times, 7);
	assert_int_equal(a.departure[0].view.second_of_day, 4000);
	assert_true(a.departure[0].view.last == MONDAY + 9 * DAY);
	assert_true(a.departure[0].reach[0][0] == 30);
	b.departure[0].view.second_of_day = 50000;
	past_merge(&a, &b);
	assert_int_equal(a.departure_count, 2);
	for (unsigned i = 0; i < 60; i++) { /* bounded, also where sizes differ */
		b.departure[0].view.second_of_day = i % 15 * 5760;
		b.departure[0].view.most_bytes = exp2(i);
		past_merge(&a, &b);
	}
	assert_int_equal(a.departure_count, PAST_DEPARTURES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_theft_is_told_in_the_first_minute_of_a_pod_with_siblings),
	    cmocka_unit_test(without_siblings_a_pod_is_young),
	    cmocka_unit_test(what_siblings_did_is_no_news),
	    cmocka_unit_test(a_start_of_siblings_explains_only_a_start),
	    cmocka_unit_test(a_dormant_workload_makes_a_dormant_pod),
	    cmocka_unit_test(a_busy_workload_makes_an_active_pod),
	    cmocka_unit_test(a_young_pod_is_not_taught_by_steps),
	    cmocka_unit_test(a_routine_of_siblings_is_expected_at_its_hour_only),
	    cmocka_unit_test(a_theft_beyond_the_siblings_routine_is_told),
	    cmocka_unit_test(the_siblings_past_fades_after_a_week),
	    cmocka_unit_test(what_was_adopted_is_not_told_as_its_own),
	    cmocka_unit_test(an_alert_is_no_past),
	    cmocka_unit_test(an_accepted_level_is_told_after_a_week),
	    cmocka_unit_test(what_the_siblings_history_lacks_is_young),
	    cmocka_unit_test(pasts_of_other_intervals_fit),
	    cmocka_unit_test(pulses_are_steady_for_who_looks_seldom),
	    cmocka_unit_test(what_a_pod_ends_in_is_told),
	    cmocka_unit_test(a_lasting_level_of_three_pods_is_expected_in_the_next),
	    cmocka_unit_test(a_past_can_be_taken_away_and_survives_a_restore),
	    cmocka_unit_test(pods_are_pooled),
	    cmocka_unit_test(deviations_are_pooled),
	    cmocka_unit_test(what_came_in_three_pods_is_expected_in_the_next),
	    cmocka_unit_test(the_same_day_is_no_recurrence_of_a_sibling),
	    cmocka_unit_test(replicas_are_one_occasion),
	    cmocka_unit_test(what_came_at_three_hours_is_expected_at_any),
	    cmocka_unit_test(routines_at_the_same_hour_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
