/* SPDX-License-Identifier: Apache-2.0 */
/* test_order.c - rows in any order, of one pod or of two, of counters or of
 * rates: what is one life of counters is read as such, what is none is refused. */
#include "../support/testing.h"
#include "trace_fixture.h"

#include "replay/rows.h"

#define ROWS 400

/* A life: at its n-th sample it has sent n * n + begin. */
struct life {
	unsigned begin;
	double from;
	unsigned reset_each; /* rows; 0: never */
};

static char text[256 * 1024];
static size_t text_length;

static void begin_table(void)
{
	text_length = (size_t)snprintf(text, sizeof(text), "time,tx_bytes,rx_bytes\n");
}

static void put_row(double time, unsigned tx, unsigned rx)
{
	text_length += (size_t)snprintf(text + text_length, sizeof(text) - text_length,
					"%.3f,%u,%u\n", time, tx, rx);
	assert_true(text_length < sizeof(text));
}

static void put_sample(const struct life *life, unsigned n)
{
	unsigned age = life->reset_each ? n % life->reset_each : n;

	put_row(life->from + 10.0 * n, life->begin + age * age, 7 * age);
}

static void is_in_order(const struct reading *r, size_t count)
{
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, count);
	for (size_t i = 1; i < r->count; i++) {
		assert_true(r->samples[i].time > r->samples[i - 1].time);
		assert_true(value_of(&r->samples[i], SIGNAL_TX_BYTES) >=
			    value_of(&r->samples[i - 1], SIGNAL_TX_BYTES));
	}
}

static void is_refused(const struct reading *r, const char *reason)
{
	assert_int_equal(r->result, TRACE_INVALID);
	assert_int_equal(r->count, 0);
	if (!strstr(r->err.text, reason))
		fail_msg("\"%s\" is not in: %s", reason, r->err.text);
}

static struct reading *read_table(void)
{
	return read_bytes(text, text_length);
}

CASE(rows_from_the_newest_on_are_turned_round)
{
	const struct life life = {.from = 1000};

	begin_table();
	for (unsigned n = ROWS; n-- > 0;)
		put_sample(&life, n);
	struct reading *r = read_table();
	is_in_order(r, ROWS);
	assert_int_equal(r->complaints, 1);
	assert_non_null(strstr(r->said, "they were sorted"));
}

CASE(shuffled_rows_are_sorted)
{
	const struct life life = {.from = 1000};

	begin_table();
	for (unsigned n = 0; n < ROWS; n++)
		put_sample(&life,
			   n * 171 % ROWS); /* 171 and 400 have no common divisor */
	is_in_order(read_table(), ROWS);
}

CASE(two_rows_that_changed_places_are_sorted)
{
	const struct life life = {.from = 1000};

	begin_table();
	for (unsigned n = 0; n < ROWS; n++)
		put_sample(&life, n == 100 ? 101 : n == 101 ? 100 : n);
	is_in_order(read_table(), ROWS);
}

/* As `cat pod.csv pod.csv.1` of a recording with several files: the newest first. */
CASE(files_in_the_wrong_order_are_one_life)
{
	const struct life life = {.from = 1000};

	begin_table();
	for (unsigned n = ROWS / 2; n < ROWS; n++)
		put_sample(&life, n);
	text_length += (size_t)snprintf(text + text_length, sizeof(text) - text_length,
					"rx_bytes,time,tx_bytes\n");
	for (unsigned n = 0; n <= ROWS / 2; n++) /* the one at the seam is in both */
		text_length +=
		    (size_t)snprintf(text + text_length, sizeof(text) - text_length,
				     "%u,%u,%u\n", 7 * n, 1000 + 10 * n, n * n);
	is_in_order(read_table(), ROWS);
}

CASE(resets_are_no_reason_against_sorting)
{
	const struct life life = {.from = 1000, .reset_each = 80};

	begin_table();
	for (unsigned n = ROWS; n-- > 0;)
		put_sample(&life, n);
	struct reading *r = read_table();
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, ROWS);
	for (size_t i = 1; i < r->count; i++)
		assert_true(r->samples[i].time > r->samples[i - 1].time);
}

CASE(tables_of_different_signals_are_one_life)
{
	struct reading *r =
	    read_text("time,tx_bytes\n10,1\n20,2\n30,3\ntime,rx_bytes\n10,7\n20,8\n"
		      "30,9\n40,10\n");

	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 4);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 2);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_RX_BYTES), 8);
	assert_int_equal(r->samples[3].present, 1u << SIGNAL_RX_BYTES);
}

CASE(a_row_that_is_there_twice_is_one)
{
	struct reading *r =
	    read_text("time,tx_bytes\n10,1\n20,2\n20,2\n30,3\n30,4\n40,5\n");

	is_in_order(r, 4);
	assert_int_equal(value_of(&r->samples[2], SIGNAL_TX_BYTES), 3);
	assert_int_equal(r->complaints, 1);
	assert_non_null(strstr(r->said, "1 rows have the time of another"));
}

/* Two pods, the second busier: put in turns, at the same times or others, each behind
 * the other, with equal and different intervals. */
CASE(two_lives_are_refused_however_they_are_put)
{
	const struct life a = {.from = 1000}, b = {.begin = 90000, .from = 1003},
			  same = {.begin = 90000, .from = 1000};

	begin_table();
	for (unsigned n = 0; n < ROWS; n++) {
		put_sample(&a, n);
		put_sample(&b, n);
	}
	is_refused(read_table(), "two alternating counters");

	begin_table();
	for (unsigned n = 0; n < ROWS; n++) {
		put_sample(&a, n);
		put_sample(&same, n);
	}
	is_refused(read_table(), "come from two pods");

	begin_table();
	for (unsigned n = 0; n < ROWS; n++)
		put_sample(&a, n);
	for (unsigned n = 0; n < ROWS; n++)
		put_sample(&b, n);
	is_refused(read_table(), "of two pods");

	begin_table();
	for (unsigned n = ROWS; n-- > 0;)
		put_sample(&b, n);
	for (unsigned n = 0; n < ROWS; n++)
		put_sample(&a, n);
	is_refused(read_table(), "two alternating counters");

	begin_table();
	for (unsigned n = 0; n < ROWS; n++) {
		put_sample(&a, n);
		if (n % 6 == 0)
			put_sample(&b, n);
	}
	is_refused(read_table(), "two alternating counters");
}

/* The second's first minutes lie over the first's last. */
CASE(a_successor_in_the_same_file_is_another_life)
{
	const struct life a = {.from = 1000}, b = {.from = 1000 + 10 * ROWS - 95};

	begin_table();
	for (unsigned n = 0; n < ROWS; n++)
		put_sample(&a, n);
	for (unsigned n = 0; n < ROWS; n++)
		put_sample(&b, n);
	is_refused(read_table(), "of two pods");
}

CASE(a_clock_set_back_is_not_sorted_away)
{
	begin_table();
	for (unsigned n = 0; n < ROWS; n++)
		put_row(5000 + 10.0 * n - (n < ROWS / 2 ? 0 : 700), n * 11, n);
	struct reading *r = read_table();
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, ROWS);
	for (unsigned n = 0; n < ROWS; n++)
		assert_int_equal(value_of(&r->samples[n], SIGNAL_RX_BYTES), n);
	assert_int_equal(r->complaints, 1);
	assert_non_null(strstr(r->said, "a clock that was set back"));
}

/* Rates of several kinds of life: even noise, bursts over silence, on and off, a slow
 * wave. */
static unsigned rate_of(unsigned kind, unsigned n)
{
	static unsigned random = 1;

	random = random * 1664525 + 1013904223;
	switch (kind) {
	case 0:
		return 1000 + (random >> 22);
	case 1:
		return n % 9 == 4 ? 50000 + (random >> 24) : 0;
	case 2:
		return n % 2 ? 700 : 0;
	case 3:
		return n % 20 == 7 ? 700 : 0;
	default:
		return 5000 + (n % 50 < 40 ? n % 50 * 10 : 400 - (n % 50 - 40) * 40);
	}
}

CASE(a_rate_is_refused_and_named)
{
	for (unsigned kind = 0; kind < 5; kind++) {
		begin_table();
		for (unsigned n = 0; n < ROWS; n++)
			put_row(1000 + 10.0 * n, n * n, rate_of(kind, n));
		struct reading *r = read_table();
		is_refused(r, "rx_bytes falls");
		assert_non_null(strstr(r->err.text, "rate() of it"));
	}
}

CASE(a_gauge_may_fall)
{
	text_length =
	    (size_t)snprintf(text, sizeof(text), "time,tx_bytes,destinations\n");
	for (unsigned n = 0; n < ROWS; n++)
		put_row(1000 + 10.0 * n, n * n, n % 2 ? 7 : 3);
	struct reading *r = read_table();
	is_in_order(r, ROWS);
	for (unsigned n = 0; n < ROWS; n++)
		assert_int_equal(value_of(&r->samples[n], SIGNAL_DESTINATIONS),
				 n % 2 ? 7 : 3);
}

CASE(a_life_of_many_resets_and_lost_readings_is_none_of_these)
{
	begin_table();
	for (unsigned n = 0; n < ROWS; n++)
		put_row(1000 + 10.0 * n, n % 40 == 39 ? 0 : n % 100 * 1000,
			n % 40 == 20 ? 0 : n * 13);
	struct reading *r = read_table();
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, ROWS);
}

CASE(few_rows_that_fall_in_half_are_refused_too)
{
	is_refused(read_text("time,tx_bytes\n1,10\n2,5\n3,10\n4,5\n5,10\n"),
		   "tx_bytes falls in 2 of 5 rows");
	assert_int_equal(read_text("time,tx_bytes\n1,10\n2,5\n3,10\n")->count, 3);
}

/* An idle pod: readings that were lost, or lives of one packet each, are all its
 * changes. */
CASE(an_idle_counter_is_no_rate)
{
	begin_table();
	for (unsigned n = 0; n < ROWS; n++)
		put_row(1000 + 10.0 * n, n % 50 == 49 ? 0 : 5000,
			n % 100 < 10 ? 0 : 90);
	struct reading *r = read_table();
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, ROWS);
}

/* What is held packed comes back as it was: great steps, resets, absent signals. */
CASE(rows_come_back_as_they_went_in)
{
	static struct sample in[ROWS];
	struct rows rows = {.count = 0};
	struct rows_cursor cursor = {.next = 0};
	struct sample last = {.time = 0}, out;
	struct error err;
	uint64_t random = 1;

	for (unsigned n = 0; n < ROWS; n++) {
		last.time = 100 + n / 3.0;
		for (int i = 0; i < SIGNAL_COUNT; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			last.present &= ~(random >> 59 == 0 ? 1u << i : 0);
			if (random >> 59 == 1)
				sample_set(&last, (enum signal)i, random << 5);
			else if (random >> 59 != 0)
				sample_set(&last, (enum signal)i,
					   last.value[i] + (random >> 40));
		}
		in[n] = last;
		assert_int_equal(rows_add(&rows, &in[n], &err), 0);
	}
	for (unsigned n = 0; n < ROWS; n++) {
		assert_true(rows_read(&rows, &cursor, &out));
		assert_true(out.time == in[n].time);
		assert_int_equal(out.present, in[n].present);
		for (int i = 0; i < SIGNAL_COUNT; i++)
			if (sample_has(&out, (enum signal)i))
				assert_int_equal(out.value[i], in[n].value[i]);
	}
	assert_false(rows_read(&rows, &cursor, &out));
	rows_free(&rows);
}

/* More rows than are held, a second apart; one of them at the end is put at `last`. */
static int long_file(double last)
{
	int fd = memfd_create("long", MFD_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");

	assert_non_null(f);
	fputs("time,tx_bytes\n", f);
	for (unsigned n = 1; n <= ROWS_MAX + 10; n++)
		fprintf(f, "%u,%u\n", n, n);
	fprintf(f, "%.0f,%u\n", last, ROWS_MAX + 11);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

CASE(a_trace_too_long_to_hold_is_read_as_it_stands)
{
	static const double lasts[] = {ROWS_MAX + 11, ROWS_MAX + 9};

	for (size_t i = 0; i < 2; i++) {
		struct identity pod = nobody;
		struct sample sample;
		unsigned count = 0;
		int fd = long_file(lasts[i]), got;
		struct traces *t = traces_open(fd, "t.csv", note_complaint, &reading,
					       &got, &reading.err);

		assert_non_null(t);
		assert_int_equal(traces_next(t, &pod), TRACE_SAMPLE);
		while ((got = traces_sample(t, &sample, &reading.err)) == TRACE_SAMPLE)
			assert_true(sample.time == ++count);
		traces_close(t);
		close(fd);
		assert_int_equal(count, ROWS_MAX + 11 - i);
		assert_int_equal(got, i == 0 ? TRACE_END : TRACE_INVALID);
	}
	assert_non_null(strstr(reading.err.text, "line 1048588 goes back in time"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_from_the_newest_on_are_turned_round),
	    cmocka_unit_test(shuffled_rows_are_sorted),
	    cmocka_unit_test(two_rows_that_changed_places_are_sorted),
	    cmocka_unit_test(files_in_the_wrong_order_are_one_life),
	    cmocka_unit_test(resets_are_no_reason_against_sorting),
	    cmocka_unit_test(tables_of_different_signals_are_one_life),
	    cmocka_unit_test(a_row_that_is_there_twice_is_one),
	    cmocka_unit_test(two_lives_are_refused_however_they_are_put),
	    cmocka_unit_test(a_successor_in_the_same_file_is_another_life),
	    cmocka_unit_test(a_clock_set_back_is_not_sorted_away),
	    cmocka_unit_test(a_rate_is_refused_and_named),
	    cmocka_unit_test(a_gauge_may_fall),
	    cmocka_unit_test(a_life_of_many_resets_and_lost_readings_is_none_of_these),
	    cmocka_unit_test(few_rows_that_fall_in_half_are_refused_too),
	    cmocka_unit_test(an_idle_counter_is_no_rate),
	    cmocka_unit_test(rows_come_back_as_they_went_in),
	    cmocka_unit_test(a_trace_too_long_to_hold_is_read_as_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
