/* SPDX-License-Identifier: Apache-2.0 */
/* test_format.c - numbers as people read them. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "base/format.h"

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
	    cmocka_unit_test(a_quantity_has_three_digits_and_a_power_of_a_thousand),
	    cmocka_unit_test(a_duration_has_its_two_greatest_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
