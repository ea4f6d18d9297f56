/* SPDX-License-Identifier: Apache-2.0 */
/* test_history.c - what is told of each minute and quarter of an hour, and of times
 * without a monitor. */
#include "../support/testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dormouse/history.h"

/* After the headers of ours: its fail() is a macro. */

#define M0 28333335 /* a minute that begins a quarter: 1700000100 s */
#define T0 (60.0 * M0)

static struct history *h;
static struct sample now;

static int setup(void **state)
{
	(void)state;
	h = history_new();
	now = (struct sample){.time = T0};
	return h ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	history_free(h);
	return 0;
}

/* A sample after so long, in which so many bytes were sent. */
static void feed(double after_s, uint64_t bytes)
{
	now.time += after_s;
	sample_set(&now, SIGNAL_TX_BYTES, now.value[SIGNAL_TX_BYTES] + bytes);
	history_feed(h, &now);
}

static void feed_for(double seconds, double interval_s, double bytes_per_s)
{
	for (double until = now.time + seconds - interval_s / 2; now.time < until;)
		feed(interval_s, (uint64_t)(bytes_per_s * interval_s));
}

static struct history_span span_of(enum signal signal, int64_t minute, unsigned minutes)
{
	struct history_span span;

	if (history_span(h, signal, minute, minutes, &span))
		assert_true(span.seconds > 0);
	else
		assert_true(span.seconds == 0 && span.amount == 0 && span.peak == 0);
	return span;
}

static struct history_span sent(int64_t minute, unsigned minutes)
{
	return span_of(SIGNAL_TX_BYTES, minute, minutes);
}

#define assert_about(value, expected)                                                  \
	do {                                                                           \
		const double is = (value), about = (expected);                         \
		if (!(fabs(is - about) <= 0.004 * about))                              \
			fail_msg("%s: %g, not about %g", #value, is, about);           \
	} while (0)

static void each_minute_has_its_amount(void **state)
{
	(void)state;
	feed(0, 0);
	feed_for(60, 10, 100);
	feed_for(60, 10, 5000);
	feed_for(60, 10, 0);
	assert_int_equal(history_minute(h), M0 + 3);
	assert_about(sent(M0, 1).amount, 6000);
	assert_about(sent(M0, 1).seconds, 60);
	assert_about(sent(M0 + 1, 1).amount, 300000);
	assert_about(sent(M0 + 1, 1).peak, 5000);
	assert_true(sent(M0 + 2, 1).amount == 0);
	assert_about(sent(M0 + 2, 1).seconds, 60);
	assert_about(sent(M0, 3).amount, 306000);
	assert_about(sent(M0, 3).peak, 5000);
	assert_about(sent(M0, 3).seconds, 180);
}

/* However often it is rounded, it is exact to one part in a thousand. */
static void many_small_samples_are_as_exact_as_a_few(void **state)
{
	(void)state;
	feed(0, 0);
	feed_for(120, 0.1, 12340);
	assert_about(sent(M0, 1).amount, 60 * 12340.0);
	assert_about(sent(M0, 1).seconds, 60);
	assert_about(sent(M0 + 1, 1).amount, 60 * 12340.0);
}

static void a_long_interval_is_spread_over_its_minutes(void **state)
{
	(void)state;
	feed(30, 0);
	feed(300, 300000);
	assert_about(sent(M0, 1).amount, 30000);
	assert_about(sent(M0, 1).seconds, 30);
	for (unsigned i = 1; i < 5; i++)
		assert_about(sent(M0 + i, 1).amount, 60000);
	assert_about(sent(M0 + 5, 1).amount, 30000);
	feed(300, 600000); /* to half past the tenth minute */
	assert_about(sent(M0 + 5, 1).amount, 90000);
	assert_about(sent(M0 + 5, 1).seconds, 60);
}

static void a_time_without_samples_is_a_gap(void **state)
{
	(void)state;
	feed(0, 0);
	feed_for(120, 10, 100);
	feed(1200, 1000000000);
	feed_for(60, 10, 100);
	for (unsigned i = 3; i < 22; i++)
		assert_true(sent(M0 + i, 1).seconds == 0);
	assert_about(sent(M0 + 22, 1).amount, 6000);
	assert_about(sent(M0, 30).peak, 100);
}

static void a_counter_that_fell_tells_nothing(void **state)
{
	(void)state;
	feed(0, 1000000);
	feed(10, 500);
	now.value[SIGNAL_TX_BYTES] = 10;
	feed(10, 0);
	feed(10, 500);
	assert_about(sent(M0, 1).amount, 1000);
	assert_about(sent(M0, 1).seconds, 30);
}

static void a_signal_that_was_not_read_is_a_gap(void **state)
{
	(void)state;
	feed(0, 0);
	feed_for(60, 10, 100);
	assert_true(span_of(SIGNAL_TCP_TX_BYTES, M0, 1).seconds == 0);
	sample_set(&now, SIGNAL_TCP_TX_BYTES, 5);
	feed_for(30, 10, 100); /* the first reading has no rise */
	assert_about(span_of(SIGNAL_TCP_TX_BYTES, M0 + 1, 1).seconds, 30);
	assert_true(span_of(SIGNAL_TCP_TX_BYTES, M0 + 1, 1).amount == 0);
}

/* It is read later than the others: its rise is of all that time. */
static void a_signal_read_seldom_is_spread_too(void **state)
{
	(void)state;
	sample_set(&now, SIGNAL_TCP_TX_BYTES, 0);
	feed(0, 0);
	now.present &= ~(1u << SIGNAL_TCP_TX_BYTES);
	feed_for(110, 10, 100);
	sample_set(&now, SIGNAL_TCP_TX_BYTES, 12000);
	feed(10, 0);
	assert_about(span_of(SIGNAL_TCP_TX_BYTES, M0, 1).amount, 6000);
	assert_about(span_of(SIGNAL_TCP_TX_BYTES, M0 + 1, 1).amount, 6000);
}

static void a_gauge_is_the_greatest_of_its_minute(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= 12; i++) {
		sample_set(&now, SIGNAL_DESTINATIONS, i == 3 ? 700 : 20);
		feed(i ? 10 : 0, 0);
	}
	const struct history_span first = span_of(SIGNAL_DESTINATIONS, M0, 1);
	const struct history_span both = span_of(SIGNAL_DESTINATIONS, M0, 2);
	assert_about(first.peak, 700);
	assert_about(first.amount / first.seconds, 700);
	assert_about(both.peak, 700);
	assert_about(both.amount / both.seconds, 360);
}

static void quarters_have_the_mean_and_the_greatest_minute(void **state)
{
	(void)state;
	feed(0, 0);
	feed_for(14 * 60, 10, 100);
	feed_for(60, 10, 1600);
	feed_for(60, 10, 0);
	const struct history_span quarter = sent(M0, 15);
	assert_about(quarter.seconds, 900);
	assert_about(quarter.amount, 14 * 6000 + 96000);
	assert_in_range((unsigned)quarter.peak, 1600, 1920);
	/* One minute of many: the peak is as far above the mean as it can be. */
	feed_for(14 * 60, 10, 0);
	feed_for(60, 10, 3);
	feed_for(15 * 60, 10, 0);
	assert_about(sent(M0 + 30, 15).amount, 180);
	assert_in_range((unsigned)(1000 * sent(M0 + 30, 15).peak), 3000, 3600);
}

static void quarters_last_fourteen_days_and_minutes_one(void **state)
{
	const unsigned days = 16 * 1440;

	(void)state;
	feed(0, 0);
	feed_for(60.0 * days, 60, 50);
	const int64_t last = history_minute(h);
	assert_int_equal(last, M0 + days);
	assert_true(sent(last - 1440, 1).seconds == 0);
	assert_about(sent(last - 1439, 1).amount, 3000);
	const int64_t quarter = last - last % 15;
	assert_true(sent(quarter - 1344 * 15, 15).seconds == 0);
	assert_about(sent(quarter - 1343 * 15, 15).amount, 45000);
	assert_about(sent(quarter - 1343 * 15, 1343 * 15).amount, 1343 * 45000.0);
	assert_true(sent(last + 1, 1).seconds == 0);
	assert_true(sent(quarter + 15, 15).seconds == 0);
	assert_true(sent(-15, 15).seconds == 0);
}

static void old_times_are_gone_after_a_long_gap(void **state)
{
	const double gaps[] = {86400.0 * 3, 86400.0 * 30, 86400.0 * 3650};

	(void)state;
	feed(0, 0);
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		feed_for(3600, 60, 50);
		const int64_t before = history_minute(h);
		feed(gaps[i], 0);
		feed(60, 600);
		const int64_t last = history_minute(h);
		assert_about(sent(last - 1, 2).amount, 600);
		for (unsigned k = 2; k < 1440; k++)
			assert_true(sent(last - k, 1).seconds == 0);
		const double told = sent(before - before % 15 - 30, 30).amount;
		assert_true(i == 0 ? told > 80000 : told == 0);
	}
}

static void times_that_come_again_are_told_anew(void **state)
{
	(void)state;
	feed(0, 0);
	feed_for(3600, 10, 1000);
	feed(-1800, 0);
	assert_int_equal(history_minute(h), M0 + 30);
	feed_for(600, 10, 7);
	assert_about(sent(M0 + 29, 1).amount, 60000);
	assert_about(sent(M0 + 31, 1).amount, 420);
	assert_true(sent(M0 + 50, 1).seconds == 0);
	assert_true(sent(M0 + 45, 15).seconds == 0);
	feed(-1e9, 0); /* before all that is noted */
	feed_for(60, 10, 7);
	assert_about(sent(history_minute(h) - 1, 2).amount, 420);
}

static void absurd_times_are_ignored(void **state)
{
	const double absurd[] = {0, -5, NAN, INFINITY, -INFINITY, 1e300};

	(void)state;
	feed(0, 0);
	feed_for(60, 10, 100);
	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		struct sample s = now;
		s.time = absurd[i];
		history_feed(h, &s);
	}
	assert_int_equal(history_minute(h), M0 + 1);
	assert_about(sent(M0, 1).amount, 6000);
}

static void the_largest_amounts_are_bounded(void **state)
{
	(void)state;
	feed(0, 0);
	feed(10, UINT64_MAX / 2);
	feed(10, UINT64_MAX / 2);
	assert_true(sent(M0, 1).amount > 1e18);
	assert_true(isfinite(sent(M0, 1).peak));
	feed_for(900, 10, 0);
	assert_true(isfinite(sent(M0, 15).peak));
}

/* Ends and starts again after so long. Returns the bytes of the block. */
static size_t restart(double down_s)
{
	static unsigned char block[HISTORY_BYTES_MAX];
	struct error err;
	size_t bytes;
	const void *kept = history_kept(h, &bytes);

	assert_in_range(bytes, 0, sizeof(block));
	memcpy(block, kept, bytes);
	history_free(h);
	h = history_new();
	assert_int_equal(history_restore(h, block, bytes, &err), 0);
	now.time += down_s;
	return bytes;
}

static void a_restart_is_a_gap_and_no_more(void **state)
{
	(void)state;
	feed(0, 0);
	feed_for(600, 10, 100);
	feed_for(30, 10, 100);
	restart(20);
	feed(0, 999999999); /* flowed unseen */
	feed_for(70, 10, 100);
	assert_about(sent(M0, 1).amount, 6000);
	assert_about(sent(M0 + 9, 1).amount, 6000);
	/* The minute of the restart has what was seen before and after. */
	assert_about(sent(M0 + 10, 1).seconds, 40);
	assert_about(sent(M0 + 10, 1).amount, 4000);
	assert_about(sent(M0 + 11, 1).amount, 6000);
	assert_true(restart(86400) > 0);
	feed(0, 0);
	feed_for(900, 10, 1);
	assert_about(sent(M0, 15).amount, 70000);
}

static void an_empty_history_is_not_kept(void **state)
{
	(void)state;
	assert_int_equal(restart(0), 0);
	assert_int_equal(history_minute(h), 0);
}

static void blocks_that_are_none_are_refused(void **state)
{
	static unsigned char block[HISTORY_BYTES_MAX];
	struct error err;
	size_t bytes;

	(void)state;
	feed(0, 0);
	const void *kept = history_kept(h, &bytes);
	memcpy(block, kept, bytes);
	struct history *other = history_new();
	const int64_t minutes[] = {0, -1, INT64_MIN, INT64_MAX, (int64_t)1e11};
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		memcpy(block, &minutes[i], sizeof(minutes[i]));
		assert_int_equal(history_restore(other, block, bytes, &err), -1);
	}
	memcpy(block, kept, bytes);
	assert_int_equal(history_restore(other, block, bytes - 1, &err), -1);
	assert_int_equal(history_restore(other, block, 1, &err), -1);
	block[sizeof(int64_t) + 77] = 61; /* seconds of a minute */
	assert_int_equal(history_restore(other, block, bytes, &err), -1);
	block[sizeof(int64_t) + 77] = 60;
	block[sizeof(int64_t) + HISTORY_MINUTES] = 226; /* of a quarter */
	assert_int_equal(history_restore(other, block, bytes, &err), -1);
	assert_int_equal(history_minute(other), 0);
	block[sizeof(int64_t) + HISTORY_MINUTES] = 225;
	assert_int_equal(history_restore(other, block, bytes, &err), 0);
	history_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_minute_has_its_amount),
	    TEST(many_small_samples_are_as_exact_as_a_few),
	    TEST(a_long_interval_is_spread_over_its_minutes),
	    TEST(a_time_without_samples_is_a_gap),
	    TEST(a_counter_that_fell_tells_nothing),
	    TEST(a_signal_that_was_not_read_is_a_gap),
	    TEST(a_signal_read_seldom_is_spread_too),
	    TEST(a_gauge_is_the_greatest_of_its_minute),
	    TEST(quarters_have_the_mean_and_the_greatest_minute),
	    TEST(quarters_last_fourteen_days_and_minutes_one),
	    TEST(old_times_are_gone_after_a_long_gap),
	    TEST(times_that_come_again_are_told_anew),
	    TEST(absurd_times_are_ignored),
	    TEST(the_largest_amounts_are_bounded),
	    TEST(a_restart_is_a_gap_and_no_more),
	    TEST(an_empty_history_is_not_kept),
	    TEST(blocks_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
