/* SPDX-License-Identifier: Apache-2.0 */
/* When an incident began, what belongs to it, and that none of it is learnt. */
#include <stdio.h>

#include "../support/testing.h"
#include "detect/histogram.h"
#include "detect/recent.h"
#include "detect_fixture.h"

static const double intervals[] = {0.5, 1, 2, 7, 10, 15, 30, 60};
static const double rates[] = {40 * KB, 440 * KB, 20 * MB};
static const double first_bytes[] = {0, 90, 400, 3000};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t learnt(const struct world *w, enum signal signal)
{
	struct baseline_view view;

	detector_baseline(w->d, signal, &view);
	return view.samples;
}

/* One sample: so many connections opened, and so many bytes sent on them. */
static void open_connections(struct world *w, struct traffic usual, double sockets,
			     double bytes)
{
	usual.jitter = 0; /* no part of a connection is opened */
	live(w, w->interval,
	     both(usual, (struct traffic){.sockets = sockets / w->interval,
					  .opened = bytes / w->interval}));
}

static void an_opening_belongs_to_what_it_carries_of(double interval, double rate,
						     double first, struct traffic usual)
{
	struct world w;
	struct traffic theft = {.opened = rate};

	world_begin(&w, interval);
	w.options.learn_s = 20 * MINUTE;
	world_watch(&w);
	/* Not in step with the minute. */
	w.now += 3 * interval;
	live(&w, HOUR, usual);
	assert_false(reported(&w));
	const uint64_t before = learnt(&w, SIGNAL_TCP_NEW_SOCKETS);
	const double opened_at = w.now;
	const double sent_before = w.total[SIGNAL_TX_BYTES];
	open_connections(&w, usual, 1, first);
	assert_false(reported(&w));
	live(&w, MINUTE + 2 * interval, both(usual, theft));
	if (!reported(&w) || w.first.onset > opened_at + 0.001 * interval)
		print_error("interval %g, rate %g, first %g: onset %+g\n", interval,
			    rate, first, w.first.onset - opened_at);
	assert_true(reported(&w));
	assert_true(w.first.onset <= opened_at + 0.001 * interval);
	/* As far before it as windows are coarse, and no further. */
	assert_true(w.first.onset >= opened_at - fmax(MINUTE, 2 * interval));
	const struct verdict *now = &w.verdicts[0];
	assert_int_equal(w.count, 1);
	assert_true((double)now->bytes + 1 >= w.total[SIGNAL_TX_BYTES] - sent_before);
	if (w.first.onset < opened_at - 0.001 * interval)
		assert_true(learnt(&w, SIGNAL_TCP_NEW_SOCKETS) <= before);
	else
		assert_int_equal(learnt(&w, SIGNAL_TCP_NEW_SOCKETS), before);
	world_end(&w);
}

CASE(an_opening_belongs_to_what_it_carries)
{
	for (size_t i = 0; i < COUNT(intervals); i++)
		for (size_t r = 0; r < COUNT(rates); r++)
			for (size_t f = 0; f < COUNT(first_bytes); f++) {
				an_opening_belongs_to_what_it_carries_of(
				    intervals[i], rates[r], first_bytes[f], SILENCE);
				an_opening_belongs_to_what_it_carries_of(
				    intervals[i], rates[r], first_bytes[f], PROBED);
			}
}

/* Who opens connections all the time shows nothing by opening one. */
CASE(a_usual_opening_is_none)
{
	const struct traffic polls = {
	    .served = 300, .received = 200, .sockets = 0.2, .addresses = 1};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 3 * HOUR, polls);
	const double began = w.now;
	live(&w, MINUTE, both(polls, THEFT));
	assert_true(reported(&w));
	assert_true(fabs(w.first.onset - began) < 0.01);
	world_end(&w);
}

/* What was opened in a time that the owner excused is not held against the pod. */
CASE(an_expected_opening_is_none)
{
	struct world w;

	world_begin(&w, 10);
	w.options.expect[0] =
	    (struct expect_window){.begin_s = 3 * 3600 - 600, .end_s = 3 * 3600};
	w.options.expect_count = 1;
	world_watch(&w);
	live(&w, 3 * HOUR - 10, PROBED);
	open_connections(&w, PROBED, 5, 0);
	const double began = w.now;
	live(&w, MINUTE, both(PROBED, THEFT));
	assert_true(reported(&w));
	assert_true(fabs(w.first.onset - began) < 0.01);
	world_end(&w);
}

/* Nothing of what an incident did stays in the baseline, however it comes to light:
 * after a slow beginning the samples before it was noticed had been learnt. */
CASE(what_began_unnoticed_is_unlearnt)
{
	static const double trickles[] = {2 * KB, 4 * KB, 7 * KB, 10 * KB};

	for (size_t i = 0; i < COUNT(trickles); i++) {
		struct baseline_view before, after;
		struct world w;

		world_begin(&w, 10);
		world_watch(&w);
		live(&w, 3 * HOUR, PROBED);
		detector_baseline(w.d, SIGNAL_TCP_INITIATED_TX_BYTES, &before);
		live(&w, 10 * MINUTE,
		     both(PROBED, (struct traffic){.opened = trickles[i]}));
		assert_true(reported(&w));
		assert_true(w.told_after > w.interval);
		detector_baseline(w.d, SIGNAL_TCP_INITIATED_TX_BYTES, &after);
		/* At most a bucket of the windows too much. */
		assert_true(after.samples <= before.samples);
		assert_true(after.samples + MINUTE / w.interval >= before.samples);
		assert_true(after.mean < 1e-6 && after.p99 == 0);
		world_end(&w);
	}
}

/* What the monitor saw before the clock was set back is of no use after it. */
CASE(a_clock_set_back_forgets_the_samples_before)
{
	struct world w;

	world_begin(&w, 10);
	w.options.profile = PROFILE_DORMANT;
	world_watch(&w);
	live(&w, 3 * HOUR, SILENCE);
	w.now -= HOUR;
	live(&w, 10, SILENCE);
	const double began = w.now;
	live(&w, MINUTE, THEFT);
	assert_true(reported(&w));
	assert_true(w.first.onset >= began - w.interval - 0.01);
	world_end(&w);
}

/* Adding and taking back leaves what was there, whatever the order. */
CASE(a_histogram_gives_back_what_it_took)
{
	static struct histogram h, kept;
	static double rate[500];
	struct world w = {.seed = 7};

	for (unsigned round = 0; round < 200; round++) {
		const unsigned stays = (unsigned)(chance(&w) * 250);
		const unsigned goes = (unsigned)(chance(&w) * 250);

		memset(&h, 0, sizeof(h));
		memset(&kept, 0, sizeof(kept));
		for (unsigned i = 0; i < stays + goes; i++) {
			rate[i] = chance(&w) < 0.3 ? 0 : exp2(chance(&w) * 50 - 6);
			histogram_add(&h, rate[i]);
			if (i < stays)
				histogram_add(&kept, rate[i]);
		}
		for (unsigned i = stays + goes; i-- > stays;)
			histogram_remove(&h, rate[i]);
		assert_true(histogram_sound(&h));
		assert_memory_equal(h.half[0].count, kept.half[0].count,
				    sizeof(h.half[0].count));
		assert_int_equal(histogram_total(&h), stays);
		assert_true(fabs(histogram_mean(&h) - histogram_mean(&kept)) < 1);
	}
	/* What is not there cannot be taken. */
	memset(&h, 0, sizeof(h));
	histogram_remove(&h, 17);
	assert_int_equal(histogram_total(&h), 0);
	assert_true(histogram_sound(&h));
}

CASE(recent_samples_are_found_and_forgotten)
{
	static struct recent r;
	static struct histogram h[SIGNAL_COUNT];

	assert_null(recent_ended(&r, 0));
	for (unsigned i = 0; i < 3 * RECENT_KEPT; i++) {
		struct recent_sample s = {
		    .began = i, .ended = i + 1, .known = 1, .learnt = i % 2 == 0};
		s.rate[0] = i;
		if (s.learnt)
			histogram_add(&h[0], s.rate[0]);
		recent_note(&r, &s);
	}
	const double last = 3 * RECENT_KEPT;
	assert_non_null(recent_ended(&r, last));
	assert_non_null(recent_ended(&r, last - RECENT_KEPT + 1));
	assert_null(recent_ended(&r, last - RECENT_KEPT));
	assert_null(recent_ended(&r, last + 0.5));
	const uint64_t all = histogram_total(&h[0]);
	recent_unlearn(&r, h, last - 4);
	assert_int_equal(histogram_total(&h[0]), all - 2);
	recent_unlearn(&r, h, last - 4); /* not twice */
	assert_int_equal(histogram_total(&h[0]), all - 2);
	recent_turned(&r);
	recent_unlearn(&r, h, 0);
	assert_int_equal(histogram_total(&h[0]), all - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_opening_belongs_to_what_it_carries),
	    cmocka_unit_test(a_usual_opening_is_none),
	    cmocka_unit_test(an_expected_opening_is_none),
	    cmocka_unit_test(what_began_unnoticed_is_unlearnt),
	    cmocka_unit_test(a_clock_set_back_forgets_the_samples_before),
	    cmocka_unit_test(a_histogram_gives_back_what_it_took),
	    cmocka_unit_test(recent_samples_are_found_and_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
