/* SPDX-License-Identifier: Apache-2.0 */
/* test_units.c - durations, sizes and other numbers, as people write and read them. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "base/units.h"

CASE(durations_are_numbers_with_a_unit)
{
	static const char *const bad[] = {
	    "", "10", "s", "-1s", "1 s", "0x1s", "infs", "nans", "1.2.3s", "10S", "1w"};
	double seconds = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_duration(bad[i], &seconds), -1);
	assert_true(seconds == 7);
	assert_int_equal(parse_duration("1.5h", &seconds), 0);
	assert_true(seconds == 5400);
	assert_int_equal(parse_duration("30d", &seconds), 0);
	assert_true(seconds == 30 * 86400);
}

CASE(durations_of_several_units_go_down)
{
	static const struct {
		const char *text;
		double seconds;
	} good[] = {
	    {"1h30m", 5400},  {"1d12h", 129600},    {"1m30s", 90},
	    {"1s500ms", 1.5}, {"2d0h0m1s", 172801}, {"0.5h30m", 3600},
	};
	static const char *const bad[] = {
	    "30m1h", "1h1h",   "1h30",  "1h m", "1h-3m",
	    "h30m",  "1h30m ", "1h,5m", "1mm",  "99999999999999999999999999999999s"};
	double seconds = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_duration(bad[i], &seconds), -1);
	assert_true(seconds == 7);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_duration(good[i].text, &seconds), 0);
		assert_true(seconds == good[i].seconds);
	}
}

CASE(sizes_count_in_thousands_or_with_an_i_in_1024)
{
	double bytes;

	assert_int_equal(parse_size("64KiB", &bytes), 0);
	assert_true(bytes == 65536);
	assert_int_equal(parse_size("2MB/s", &bytes), 0);
	assert_true(bytes == 2e6);
	assert_int_equal(parse_size("500", &bytes), 0);
	assert_true(bytes == 500);
	assert_int_equal(parse_size("512Ki", &bytes), 0);
	assert_true(bytes == 512 * 1024);
	assert_int_equal(parse_size("1.5Mi/s", &bytes), 0);
	assert_true(bytes == 1.5 * 1024 * 1024);
	assert_int_equal(parse_size("2G", &bytes), 0);
	assert_true(bytes == 2e9);
	assert_int_equal(parse_size("3TiB", &bytes), 0);
	assert_true(bytes == 3 * 0x1p40);
	assert_int_equal(parse_size("10k", &bytes), 0);
	assert_true(bytes == 1e4);
	assert_int_equal(parse_size("5m", &bytes), -1);
	assert_int_equal(parse_size("512ki", &bytes), -1);
	assert_int_equal(parse_size("1MB/s/s", &bytes), -1);
	assert_int_equal(parse_size("1.2.3", &bytes), -1);
	assert_int_equal(parse_size("64Kib", &bytes), -1);
	assert_int_equal(parse_size("/s", &bytes), -1);
}

CASE(counts_are_whole_numbers_within_bounds)
{
	static const char *const bad[] = {
	    "",    "-1",  "+5", " 5", "5 ",
	    "5.0", "0x5", "4",  "11", "99999999999999999999"};
	unsigned count = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_count(bad[i], 5, 10, &count), -1);
	assert_int_equal(count, 7);
	assert_int_equal(parse_count("5", 5, 10, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(parse_count("010", 5, 10, &count), 0);
	assert_int_equal(count, 10);
}

CASE(a_quantity_has_three_digits_and_a_power_of_a_thousand)
{
	static const struct {
		double value;
		const char *unit, *shown;
	} cases[] = {
	    {0, "bytes", "0 B"},
	    {999, "bytes/s", "999 B/s"},
	    {999.5, "bytes/s", "1.00 kB/s"},
	    {1234567, "bytes/s", "1.23 MB/s"},
	    {12.345, "packets/s", "12.3/s"},
	    {3, "addresses", "3"},
	    {1500, "connections/s", "1.50 k/s"},
	    {1.8e19, "bytes", "18.0 EB"},
	    {1e30, "bytes", "1000000000000 EB"},
	    {NAN, "bytes", "-"},
	    {INFINITY, "bytes", "-"},
	};
	char cell[FORMAT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    format_quantity(cell, cases[i].value, cases[i].unit),
		    cases[i].shown);
}

CASE(a_duration_has_its_two_greatest_units)
{
	static const struct {
		double seconds;
		const char *shown;
	} cases[] = {
	    {0, "0s"},     {0.25, "0.3s"},  {59.94, "59.9s"},
	    {60, "1m"},    {61, "1m 1s"},   {3599, "59m 59s"},
	    {3600, "1h"},  {3661, "1h 1m"}, {86400 * 3 + 7200, "3d 2h"},
	    {-5, "0s"},    {NAN, "0s"},     {INFINITY, "0s"},
	    {86400, "1d"}, {86459, "1d"},
	};
	char cell[FORMAT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(format_duration(cell, cases[i].seconds),
				    cases[i].shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_are_numbers_with_a_unit),
	    cmocka_unit_test(durations_of_several_units_go_down),
	    cmocka_unit_test(sizes_count_in_thousands_or_with_an_i_in_1024),
	    cmocka_unit_test(counts_are_whole_numbers_within_bounds),
	    cmocka_unit_test(a_quantity_has_three_digits_and_a_power_of_a_thousand),
	    cmocka_unit_test(a_duration_has_its_two_greatest_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
