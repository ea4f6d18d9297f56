/* SPDX-License-Identifier: Apache-2.0 */
/* What was reported once is not the baseline, whatever the settings; and who does
 * nothing is not reported, whatever they are. */
#include <stdio.h>

#include "../support/testing.h"
#include "detect_fixture.h"

static const double intervals[] = {0.1, 1, 10, 60};
static const double learns[] = {10, 30, 5 * MINUTE, HOUR, 2 * HOUR};
static const double dormants[] = {5, 8, 2 * MINUTE, 15 * MINUTE, 30 * MINUTE};

static const struct attack {
	const char *name;
	double rate, length; /* bytes a second, for so many seconds */
	double pulse; /* it sends for so many seconds, then not for three times that */
} attacks[] = {
    {"a short burst", 1 * MB, 12, 0},      {"a minute", 100 * KB, 60, 0},
    {"a trickle", 30 * KB, 5 * MINUTE, 0}, {"half an hour", 200 * KB, 30 * MINUTE, 0},
    {"pulses", 1 * MB, 10 * MINUTE, 5},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Samples that one combination may take, so that all are done in seconds. */
#define SAMPLES_MOST 20000

static struct world begin(double interval, double learn, double dormant)
{
	struct world w;

	world_begin(&w, interval);
	w.options.learn_s = learn;
	w.options.dormant_after_s = dormant;
	world_watch(&w);
	return w;
}

/* Returns whether it was reported while it lasted or in the minute after. */
static bool suffer(struct world *w, const struct attack *a, struct traffic usual,
		   double factor)
{
	struct traffic sent = both(usual, (struct traffic){.opened = a->rate * factor});
	double length = fmax(a->length, 3 * w->interval), end = w->now + length;
	double pulse = fmax(a->pulse, w->interval);
	bool was_told = false;

	if (a->pulse == 0) {
		live(w, length, sent);
		was_told = reported(w);
	}
	while (w->now < end - w->interval / 2) {
		live(w, pulse, sent);
		was_told = was_told || reported(w);
		live(w, 3 * pulse, usual);
		was_told = was_told || reported(w);
	}
	live(w, MINUTE, usual);
	return was_told || reported(w);
}

/* The greatest threshold of bytes on own connections that a verdict would name. */
static double threshold(const struct world *w)
{
	struct baseline_view b;

	detector_baseline(w->d, SIGNAL_TCP_INITIATED_TX_BYTES, &b);
	return b.threshold;
}

struct tally {
	unsigned tried, reported, silent, learnt;
};

static void try_attack(struct tally *t, double interval, double learn, double dormant,
		       const struct attack *a, struct traffic usual, double factor)
{
	struct world w = begin(interval, learn, dormant);

	live(&w, fmax(fmax(3 * learn, 2 * dormant), 2 * MINUTE), usual);
	assert_false(reported(&w));
	t->tried++;
	if (suffer(&w, a, usual, 1)) {
		t->reported++;
		/* Long enough for it to be over and not "reported lately" any more. */
		live(&w, 10 * dormant + 12 * MINUTE, usual);
		bool learnt = threshold(&w) > a->rate;
		bool silent = !suffer(&w, a, usual, factor);
		t->learnt += learnt;
		t->silent += silent;
		if (learnt || silent)
			print_message(
			    "interval %g, learn %g, dormant %g, %s, then %g times: "
			    "threshold %g%s\n",
			    interval, learn, dormant, a->name, factor, threshold(&w),
			    silent ? ", silent" : "");
	}
	world_end(&w);
}

static void try_all(struct tally *t, struct traffic usual, double factor)
{
	for (unsigned i = 0; i < COUNT(intervals); i++)
		for (unsigned l = 0; l < COUNT(learns); l++)
			for (unsigned d = 0; d < COUNT(dormants); d++) {
				double length = fmax(3 * learns[l], 12 * dormants[d]);
				if (length / intervals[i] > SAMPLES_MOST)
					continue;
				for (unsigned a = 0; a < COUNT(attacks); a++)
					try_attack(t, intervals[i], learns[l],
						   dormants[d], &attacks[a], usual,
						   factor);
			}
}

CASE(what_was_told_once_is_told_again_when_it_is_greater)
{
	struct tally t = {0};

	try_all(&t, SILENCE, 50);
	try_all(&t, PROBED, 5);
	print_message("%u tried, %u reported, %u not reported again, %u learnt\n",
		      t.tried, t.reported, t.silent, t.learnt);
	assert_true(t.reported > t.tried * 9 / 10);
	assert_int_equal(t.silent, 0);
	assert_int_equal(t.learnt, 0);
}

/* The twin that sends nothing but what it always did. */
CASE(who_does_nothing_new_is_never_told)
{
	for (unsigned i = 0; i < COUNT(intervals); i++)
		for (unsigned l = 0; l < COUNT(learns); l++)
			for (unsigned d = 0; d < COUNT(dormants); d++) {
				double length = fmax(3 * learns[l], 12 * dormants[d]);
				if (length / intervals[i] > SAMPLES_MOST)
					continue;
				struct world w =
				    begin(intervals[i], learns[l], dormants[d]);
				live(&w, length + HOUR, PROBED);
				assert_false(reported(&w));
				world_end(&w);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_told_once_is_told_again_when_it_is_greater),
	    cmocka_unit_test(who_does_nothing_new_is_never_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
