/* SPDX-License-Identifier: Apache-2.0 */
/* test_dialects.c - CSV as people have it: other separators, other names, other
 * times. */
#include "../support/testing.h"
#include "trace_fixture.h"

#include "replay/timestamps.h"

#define T0 1767225600.0 /* 2026-01-01T00:00:00Z */

/* Two rows: at T0 with 5, ten seconds later with 1234. */
static void is_the_usual_trace(const struct reading *r)
{
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 2);
	assert_true(r->samples[0].time == T0);
	assert_true(r->samples[1].time == T0 + 10);
	assert_int_equal(value_of(&r->samples[0], SIGNAL_TX_BYTES), 5);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 1234);
}

CASE(semicolons_and_tabs_separate_as_commas_do)
{
	static const char *const same[] = {
	    "time,tx_bytes\n1767225600,5\n1767225610,1234\n",
	    "time;tx_bytes\n1767225600;5\n1767225610;1234\n",
	    "time\ttx_bytes\n1767225600\t5\n1767225610\t1234\n",
	    "time\t tx_bytes \r\n1767225600\t5\r\n1767225610 \t1234\r\n",
	    "tx_bytes;time\n5;1767225600\n1234;1767225610\n",
	    "sep=;\ntime;tx_bytes\n1767225600;5\n1767225610;1234\n",
	    "\"sep=;\"\r\ntime;tx_bytes\r\n1767225600;5\r\n1767225610;1234\r\n",
	    "\"time\";\"tx_bytes\"\n\"1767225600\";\"5\"\n\"1767225610\";\"1234\"\n",
	    "time;tx_bytes\n1767225600,0;5,0\n1767225610;1233,75\n",
	    "time;tx_bytes\n1767225600;5\n1767225610;1,234E+03\n",
	    "time;tx_bytes\n1767225600;5\n1767225610;1234.0\n",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct reading *r = read_text(same[i]);
		is_the_usual_trace(r);
		assert_int_equal(r->complaints, 0);
	}
}

CASE(separators_in_quotes_separate_nothing)
{
	struct reading *r =
	    read_text("time;\"a,b,c,d\";tx_bytes\n1767225600;\"x;y\";5\n"
		      "1767225610;\"\"\"\";1234\n");

	is_the_usual_trace(r);
	assert_int_equal(r->complaints, 1);
	assert_non_null(strstr(r->said, "ignored: a,b,c,d"));
}

CASE(an_empty_cell_between_tabs_is_an_absent_signal)
{
	struct reading *r = read_text("time\ttx_bytes\trx_bytes\n1\t\t7\n2\t8\t\n");

	assert_int_equal(r->count, 2);
	assert_int_equal(r->samples[0].present, 1u << SIGNAL_RX_BYTES);
	assert_int_equal(r->samples[1].present, 1u << SIGNAL_TX_BYTES);
}

CASE(thousands_are_not_taken_for_decimals)
{
	struct reading *r = read_text("time;tx_bytes\n1;1.234.567,5\n2;7\n3;1.234,5\n"
				      "4;8\n5;9\n");

	assert_int_equal(r->count, 3);
	assert_int_equal(r->complaints, 2);
	assert_non_null(strstr(
	    r->said, "invalid value \"1.234.567,5\" for tx_bytes: expected a counter"));
}

CASE(columns_are_known_whatever_their_case)
{
	static const char *const names[] = {"Time",      "TIME", "Timestamp",
					    "timestamp", "ts",   "@timestamp",
					    "_time",     "Date", "DateTime"};
	char text[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text),
			 "%s,Tx_Bytes\n1767225600,5\n1767225610,1234\n", names[i]);
		struct reading *r = read_text(text);
		is_the_usual_trace(r);
		assert_int_equal(r->complaints, 0);
	}
}

CASE(of_several_times_the_likeliest_counts)
{
	struct reading *r = read_text("date,tx_bytes,time\nThu,5,1767225600\n"
				      "Thu,1234,1767225610\n");

	is_the_usual_trace(r);
	assert_non_null(strstr(r->said, "ignored: date"));
	r = read_text("time,tx_bytes,date\n1767225600,5,Thu\n1767225610,1234,Thu\n");
	is_the_usual_trace(r);
	assert_non_null(strstr(r->said, "ignored: date"));
	r = read_text("time,tx_bytes,Time\n1767225600,5,1\n");
	assert_int_equal(r->result, TRACE_INVALID);
	assert_non_null(strstr(r->err.text, "Time appears twice"));
}

CASE(columns_can_have_other_names)
{
	static const char text[] = "when,eth0_out,tx_bytes\n1767225600,5,9\n"
				   "1767225610,1234,9\n";
	struct column_map map = {.names = {{NULL, 0}}};

	assert_int_equal(column_map_add(&map, "tx_bytes=eth0_out"), 0);
	assert_int_equal(column_map_add(&map, "time=when"), 0);
	struct reading *r = read_mapped(text, sizeof(text) - 1, &map);
	is_the_usual_trace(r);
	assert_non_null(strstr(r->said, "ignored: tx_bytes"));

	assert_int_equal(column_map_add(&map, "rx_bytes=eth0_in"), 0);
	r = read_mapped(text, sizeof(text) - 1, &map);
	assert_int_equal(r->result, TRACE_INVALID);
	assert_non_null(strstr(r->err.text,
			       "no column \"eth0_in\" for rx_bytes; beside the signals "
			       "there is: tx_bytes"));
}

CASE(a_map_is_a_list_of_names)
{
	static const char *const bad[] = {"",
					  "tx_bytes",
					  "tx_bytes=",
					  "bytes=a",
					  "tx_bytes=a,rx_bytes=",
					  "=a",
					  "tx_bytes_of_eth0_and_more=a",
					  "TIME=when"};
	struct column_map map = {.names = {{"kept", 4}}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(column_map_add(&map, bad[i]), -1);
	assert_string_equal(map.names[0].at, "kept");

	assert_int_equal(
	    column_map_add(&map, "tx_bytes=out, of eth0,time=a=b,rx_bytes=,in"), 0);
	assert_int_equal(map.names[SIGNAL_TX_BYTES].length, strlen("out, of eth0"));
	assert_memory_equal(map.names[SIGNAL_TX_BYTES].at, "out, of eth0,", 13);
	assert_int_equal(map.names[COLUMN_MAP_TIME].length, 3);
	assert_memory_equal(map.names[COLUMN_MAP_TIME].at, "a=b,", 4);
	assert_string_equal(map.names[SIGNAL_RX_BYTES].at, ",in");
}

CASE(times_are_known_by_their_size)
{
	static const struct {
		const char *first, *second, *said;
	} units[] = {
	    {"1767225600000", "1767225610000", "milliseconds"},
	    {"1767225600000.0", "1.76722561e12", "milliseconds"},
	    {"1767225600000000", "1767225610000000", "microseconds"},
	    {"1767225600000000000", "1767225610000000000", "nanoseconds"},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		snprintf(text, sizeof(text), "time,tx_bytes\n%s,5\n%s,1234\n",
			 units[i].first, units[i].second);
		struct reading *r = read_text(text);
		is_the_usual_trace(r);
		assert_int_equal(r->complaints, 1);
		assert_non_null(strstr(r->said, units[i].said));
	}
}

CASE(dates_are_times)
{
	static const char *const forms[][2] = {
	    {"2026-01-01T00:00:00Z", "2026-01-01T00:00:10Z"},
	    {"2026-01-01t00:00:00.000z", "2026-01-01t00:00:10.000000z"},
	    {"2026-01-01 00:00:00+00:00", "2026-01-01 00:00:10+00:00"},
	    {"2026-01-01T01:30:00+01:30", "2026-01-01T01:30:10+0130"},
	    {"2025-12-31T16:00:00-08", "2025-12-31T16:00:10-08:00"},
	    {"2026-01-01 00:00:00 UTC", "2026-01-01 00:00:10 UTC"},
	    {"2026-01-01 00:00:00 +0000 UTC", "2026-01-01 00:00:10 +0000 UTC"},
	    {"\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:10Z\""},
	    {"20260101T000000Z", "20260101T000010Z"},
	    {"2026/01/01 00:00Z", "2026/01/01 00:00:10Z"},
	    {"2025-12-31T24:00:00Z", "2026-01-01T00:00:10Z"},
	    {"2025-12-31T23:59:60Z", "2026-01-01T00:00:10Z"},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(text, sizeof(text), "time,tx_bytes\n%s,5\n%s,1234\n",
			 forms[i][0], forms[i][1]);
		struct reading *r = read_text(text);
		is_the_usual_trace(r);
		assert_int_equal(r->complaints, 0);
	}
	struct reading *r = read_text("time;tx_bytes\n2026-01-01T00:00:00,25Z;5\n");
	assert_true(r->samples[0].time == T0 + .25);
}

CASE(a_date_without_a_zone_is_utc_and_said_to_be)
{
	struct reading *r = read_text("Time,tx_bytes\n2026-01-01 00:00:00,5\n"
				      "2026-01-01 00:00:10,1234\n");

	is_the_usual_trace(r);
	assert_int_equal(r->complaints, 1);
	assert_non_null(strstr(r->said, "without a zone are taken as UTC"));
}

CASE(what_is_no_date_is_no_time)
{
	static const char *const bad[] = {"2026-02-29T00:00:00Z",
					  "2026-13-01T00:00:00Z",
					  "2026-00-01T00:00:00Z",
					  "2026-01-32T00:00:00Z",
					  "2026-01-01T24:00:01Z",
					  "2026-01-01T00:60:00Z",
					  "2026-01-01T00:00:61Z",
					  "2026-01-01T00:00:00+1",
					  "2026-01-01T00:00:00+24:00",
					  "2026-01-01T",
					  "2026-01-01T00",
					  "2026-01-01 01:00:00 PM",
					  "01/02/2026 10:00",
					  "1.2.2026 10:00",
					  "2026-1-1T00:00:00Z",
					  "2026-01-01T00:00:00.Z",
					  "2026-01/01T00:00:00Z",
					  "1969-12-31T00:00:00Z",
					  "2026-01-01T00:00:00ZZ",
					  "1970-01-01T00:00:00Z",
					  "12:00:00",
					  "noon",
					  "-5",
					  "1e30"};
	double seconds;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128];

		assert_int_equal(time_of_calendar(bad[i], strlen(bad[i]), &seconds),
				 TIME_NONE);
		snprintf(text, sizeof(text), "time,tx_bytes\n5,1\n%s,5\n6,7\n", bad[i]);
		struct reading *r = read_text(text);
		assert_int_equal(r->count, 2);
		assert_int_equal(r->complaints, 1);
		assert_non_null(strstr(r->said, "ISO 8601, such as"));
	}
}

/* Against the C library, over centuries and leap years. */
CASE(dates_are_those_of_the_calendar)
{
	for (long long t = 86400 * 3 + 7; t < 253402300800; t += 86400 * 97 + 12345) {
		time_t at = (time_t)t;
		struct tm tm;
		char text[40];
		double seconds;

		assert_non_null(gmtime_r(&at, &tm));
		size_t length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_int_equal(time_of_calendar(text, length, &seconds),
				 TIME_CALENDAR);
		assert_true(seconds == (double)t);
	}
}

CASE(a_second_table_may_have_other_columns_and_times)
{
	struct reading *r =
	    read_text("time,tx_bytes\n1767225600,5\n\xEF\xBB\xBFTimestamp;rx_bytes;"
		      "tx_bytes\n2026-01-01T00:00:10Z;7;1234\n");

	is_the_usual_trace(r);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_RX_BYTES), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(semicolons_and_tabs_separate_as_commas_do),
	    cmocka_unit_test(separators_in_quotes_separate_nothing),
	    cmocka_unit_test(an_empty_cell_between_tabs_is_an_absent_signal),
	    cmocka_unit_test(thousands_are_not_taken_for_decimals),
	    cmocka_unit_test(columns_are_known_whatever_their_case),
	    cmocka_unit_test(of_several_times_the_likeliest_counts),
	    cmocka_unit_test(columns_can_have_other_names),
	    cmocka_unit_test(a_map_is_a_list_of_names),
	    cmocka_unit_test(times_are_known_by_their_size),
	    cmocka_unit_test(dates_are_times),
	    cmocka_unit_test(a_date_without_a_zone_is_utc_and_said_to_be),
	    cmocka_unit_test(what_is_no_date_is_no_time),
	    cmocka_unit_test(dates_are_those_of_the_calendar),
	    cmocka_unit_test(a_second_table_may_have_other_columns_and_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
