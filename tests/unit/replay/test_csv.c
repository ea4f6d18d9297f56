/* SPDX-License-Identifier: Apache-2.0 */
/* test_csv.c - traces in CSV: what is read, what is left out, what is refused.
 */
#include "../support/testing.h"
#include "trace_fixture.h"

CASE(columns_stand_in_any_order_and_are_known_by_name)
{
	struct reading *r = read_text("tx_packets,time,tx_bytes\n7,1000,900\n"
				      "8,1010,1900\n");

	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 2);
	assert_true(r->samples[1].time == 1010);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 1900);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_PACKETS), 8);
	assert_int_equal(r->complaints, 0);
}

CASE(a_missing_column_and_an_empty_cell_are_absent_signals)
{
	struct reading *r = read_text("time,tx_bytes,rx_bytes\n1000,5,\n1010,,6\n"
				      "1020,NaN,null\n");

	assert_int_equal(r->count, 3);
	assert_int_equal(r->samples[0].present, 1u << SIGNAL_TX_BYTES);
	assert_int_equal(r->samples[1].present, 1u << SIGNAL_RX_BYTES);
	assert_int_equal(r->samples[2].present, 0);
	assert_int_equal(r->complaints, 0);
}

CASE(unknown_columns_are_ignored_with_one_warning)
{
	struct reading *r = read_text("time,note,tx_bytes,cpu\n1,\"a, b\",5,x\n"
				      "2,\"say \"\"no\"\"\",6,y\n");

	assert_int_equal(r->count, 2);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 6);
	assert_int_equal(r->complaints, 1);
	assert_non_null(strstr(r->said, "note, cpu"));
}

CASE(times_may_be_fractional)
{
	struct reading *r = read_text("time,tx_bytes\n1.7672256e9,1\n"
				      "1767225600.123456,2\n"
				      "1767225600.1234567890123456789,3\n"
				      "1767225600.25,4\n");

	assert_int_equal(r->count, 4);
	assert_true(r->samples[0].time == 1767225600);
	assert_true(r->samples[1].time == 1767225600.123456);
	assert_true(r->samples[2].time == 1767225600.1234567890123456789);
	assert_true(r->samples[3].time == 1767225600.25);
}

CASE(counters_go_up_to_64_bits_and_may_be_decimal)
{
	static const struct {
		const char *cell;
		uint64_t value;
	} cells[] = {
	    {"18446744073709551615", UINT64_MAX},
	    {"9999999999999999999", 9999999999999999999u},
	    {"12345678", 12345678},
	    {"123456789", 123456789},
	    {"1234567890123456", 1234567890123456},
	    {"00000000000000000000007", 7},
	    {"1.5e9", 1500000000},
	    {"12.5", 13},
	    {"+7", 7},
	    {"0", 0},
	    {" 8 ", 8},
	    {"\"9\"", 9},
	    {"-0.0", 0},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		snprintf(text, sizeof(text), "tx_bytes,time\n%s,1\n", cells[i].cell);
		struct reading *r = read_text(text);
		assert_int_equal(r->complaints, 0);
		assert_int_equal(r->count, 1);
		assert_true(value_of(&r->samples[0], SIGNAL_TX_BYTES) ==
			    cells[i].value);
	}
}

CASE(what_is_no_counter_breaks_its_line)
{
	static const char *const bad[] = {
	    "18446744073709551616", "-1", "inf", "0x10", "1 2", "abc", "1e400"};
	char text[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "time,tx_bytes\n1,1\n2,%s\n3,3\n", bad[i]);
		struct reading *r = read_text(text);
		assert_int_equal(r->result, TRACE_END);
		assert_int_equal(r->count, 2);
		assert_int_equal(r->complaints, 1);
		assert_non_null(strstr(r->said, "t.csv:3: "));
		assert_non_null(strstr(r->said, bad[i]));
	}
}

CASE(a_time_in_another_unit_breaks_its_line)
{
	struct reading *r = read_text("time,tx_bytes\n1767225600,1\n"
				      "1767225610000,2\n1767225620,3\n0,4\n"
				      "1767225630,5\n");

	assert_int_equal(r->count, 3);
	assert_int_equal(r->complaints, 2);
	assert_non_null(
	    strstr(r->said, "t.csv:3: invalid value \"1767225610000\" for time"));
}

CASE(a_line_with_a_cell_too_few_or_too_many_is_broken)
{
	struct reading *r = read_text("time,tx_bytes,rx_bytes\n1,1,1\n2,2\n3,3,3\n"
				      "4,4,4,4\n5,5,5,\n6,6,6\n7,7,7\n8,8,8");

	assert_int_equal(r->count, 5);
	assert_int_equal(r->complaints, 3);
	assert_non_null(strstr(r->said, "t.csv:3: "));
	assert_non_null(strstr(r->said, "t.csv:5: "));
	assert_non_null(strstr(r->said, "t.csv:6: "));
}

CASE(windows_line_ends_a_byte_order_mark_blanks_and_comments)
{
	struct reading *r =
	    read_text("\xEF\xBB\xBF# made by hand\r\n\r\ntime, \"tx_bytes\"\r\n"
		      "1,5\r\n  \r\n# half way\r\n2,6\r\n\r\n");

	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 2);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 6);
	assert_int_equal(r->complaints, 0);
}

CASE(the_last_line_needs_no_end)
{
	struct reading *r = read_text("time,tx_bytes\n1,5\n2,67");

	assert_int_equal(r->count, 2);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 67);
}

CASE(traces_one_behind_the_other_are_one)
{
	struct reading *r =
	    read_text("time,tx_bytes,cpu\n1,5,7\ncpu,rx_bytes,time\n8,9,2\n");

	assert_int_equal(r->count, 2);
	assert_int_equal(r->samples[1].present, 1u << SIGNAL_RX_BYTES);
	assert_true(r->samples[1].time == 2);
	assert_int_equal(r->complaints, 1); /* of the column, once */
}

CASE(ten_broken_lines_are_named_and_the_rest_counted)
{
	static char text[32 * 1024];
	size_t length = (size_t)snprintf(text, sizeof(text), "time,tx_bytes\n");

	for (int i = 0; i < 300; i++)
		length +=
		    (size_t)snprintf(text + length, sizeof(text) - length,
				     i % 3 == 0 ? "broken %d\n" : "%d,1\n", i + 1);
	struct reading *r = read_text(text);
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 200);
	assert_int_equal(r->complaints, TRACE_COMPLAINTS);
}

CASE(a_file_that_is_mostly_broken_is_no_trace)
{
	static char text[64 * 1024];
	size_t length = (size_t)snprintf(text, sizeof(text), "time,tx_bytes\n1,1\n");

	for (int i = 0; i < 5000; i++)
		length +=
		    (size_t)snprintf(text + length, sizeof(text) - length, "garbage\n");
	struct reading *r = read_text(text);
	assert_int_equal(r->result, TRACE_INVALID);
	assert_non_null(strstr(r->err.text, "t.csv: not a trace: 99 of 100 lines"));
}

CASE(what_has_no_header_is_no_trace)
{
	static const char *const bad[] = {"",
					  "\n\n",
					  "hello\n",
					  "1,2,3\n",
					  "tx_bytes,rx_bytes\n1,2\n",
					  "time,temperature\n1,2\n",
					  "time,tx_bytes,time\n1,2,3\n",
					  "\"time\n1\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reading *r = read_text(bad[i]);
		assert_int_equal(r->result, TRACE_INVALID);
		assert_int_equal(r->count, 0);
		assert_non_null(strstr(r->err.text, "t.csv: not a trace: "));
	}
}

CASE(what_has_nothing_to_judge_is_no_trace)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
	    {"time,tx_bytes\n", "there is a header, but no row"},
	    {"time,tx_bytes\n# nothing\n\n", "there is a header, but no row"},
	    {"time,tx_bytes\n1,\n2,\n3,NaN\n", "no row has a value of a signal"},
	    {"time,tx_bytes\nnoon,5\n", "1 of 1 lines are malformed"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reading *r = read_text(bad[i].text);
		assert_int_equal(r->result, TRACE_INVALID);
		assert_int_equal(r->count, 0);
		assert_non_null(strstr(r->err.text, "t.csv: not a trace: "));
		assert_non_null(strstr(r->err.text, bad[i].reason));
	}
}

CASE(a_line_longer_than_any_row_is_skipped)
{
	static const size_t lengths[] = {TRACE_LINE_MAX + 1, TRACE_LINE_MAX * 9};

	for (size_t i = 0; i < 2; i++) {
		size_t length = lengths[i];
		char *text = malloc(length + 64);

		assert_non_null(text);
		int at = snprintf(text, 64, "time,tx_bytes\n1,1\n");
		memset(text + at, '7', length);
		snprintf(text + (size_t)at + length, 32, "\n3,3\n");
		struct reading *r = read_text(text);
		assert_int_equal(r->count, 2);
		assert_int_equal(r->complaints, 1);
		assert_non_null(strstr(r->said, "t.csv:3: longer than"));
		assert_true(r->samples[1].time == 3);
		free(text);
	}
}

CASE(bytes_of_zero_break_a_line_and_nothing_else)
{
	static const char text[] = "time,tx_bytes\n1,1\n2,\0\0\n3,3\n4,4\n";
	struct reading *r = read_bytes(text, sizeof(text) - 1);

	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 3);
	assert_int_equal(r->complaints, 1);
}

CASE(a_trace_longer_than_the_buffer_is_read_whole)
{
	enum { ROWS = 4000 };
	static char text[ROWS * 256];
	size_t length = (size_t)snprintf(text, sizeof(text), "time,tx_bytes,note\n");

	for (int i = 1; i <= ROWS; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "%d,%d,%0200d\n", i, i * 3, i);
	struct reading *r = read_text(text);
	assert_int_equal(r->count, ROWS);
	for (int i = 1; i <= ROWS; i++) {
		assert_true(r->samples[i - 1].time == i);
		assert_int_equal(value_of(&r->samples[i - 1], SIGNAL_TX_BYTES), i * 3);
	}
}

CASE(what_cannot_be_read_is_a_failure_and_not_an_empty_trace)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;
	struct error err;

	assert_null(traces_open(fd, "folder", note_complaint, &reading, &result, &err));
	assert_int_equal(result, TRACE_FAILED);
	assert_string_equal(err.text, "folder: reading: Is a directory");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_stand_in_any_order_and_are_known_by_name),
	    cmocka_unit_test(a_missing_column_and_an_empty_cell_are_absent_signals),
	    cmocka_unit_test(unknown_columns_are_ignored_with_one_warning),
	    cmocka_unit_test(times_may_be_fractional),
	    cmocka_unit_test(counters_go_up_to_64_bits_and_may_be_decimal),
	    cmocka_unit_test(what_is_no_counter_breaks_its_line),
	    cmocka_unit_test(a_time_in_another_unit_breaks_its_line),
	    cmocka_unit_test(a_line_with_a_cell_too_few_or_too_many_is_broken),
	    cmocka_unit_test(windows_line_ends_a_byte_order_mark_blanks_and_comments),
	    cmocka_unit_test(the_last_line_needs_no_end),
	    cmocka_unit_test(traces_one_behind_the_other_are_one),
	    cmocka_unit_test(ten_broken_lines_are_named_and_the_rest_counted),
	    cmocka_unit_test(a_file_that_is_mostly_broken_is_no_trace),
	    cmocka_unit_test(what_has_no_header_is_no_trace),
	    cmocka_unit_test(what_has_nothing_to_judge_is_no_trace),
	    cmocka_unit_test(a_line_longer_than_any_row_is_skipped),
	    cmocka_unit_test(bytes_of_zero_break_a_line_and_nothing_else),
	    cmocka_unit_test(a_trace_longer_than_the_buffer_is_read_whole),
	    cmocka_unit_test(what_cannot_be_read_is_a_failure_and_not_an_empty_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
