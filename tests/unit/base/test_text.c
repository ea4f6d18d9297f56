/* SPDX-License-Identifier: Apache-2.0 */
/* Text built into fixed memory, errors with their context, the pod's identity.
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../support/nobody.h"
#include "../support/testing.h"
#include "base/error.h"
#include "base/text.h"
#include "config/identity.h"
#include "dormouse/sample.h"

static char memory[512];

static struct text fresh(void)
{
	return text_over(memory, sizeof(memory));
}

CASE(what_does_not_fit_is_left_out_whole)
{
	char small[8];
	struct text t = text_over(small, sizeof(small));

	text_put(&t, "1234567");
	assert_false(t.overflowed);
	text_put(&t, "8");
	assert_true(t.overflowed);
	assert_string_equal(small, "1234567");

	t = text_over(small, sizeof(small));
	text_printf(&t, "%s", "12345678");
	assert_true(t.overflowed);
	assert_string_equal(small, "");
	text_put(&t, "a");
	assert_string_equal(small, "");
}

CASE(memory_of_no_size_takes_nothing)
{
	struct text t = text_over(NULL, 0);

	text_put(&t, "a");
	text_printf(&t, "%d", 1);
	assert_true(t.overflowed);
	assert_int_equal(t.length, 0);
}

static void assert_visible(const char *bytes, const char *plain, const char *quoted)
{
	struct text t = fresh();

	text_visible(&t, bytes, false);
	assert_string_equal(t.data, plain);
	t = fresh();
	text_visible(&t, bytes, true);
	assert_string_equal(t.data, quoted);
}

CASE(names_are_shown_as_they_are_or_one_to_one)
{
	assert_visible("eth0.5", "eth0.5", "eth0.5");
	assert_visible("\xC3\xA9th\xE6\x97\xA5\xF0\x9F\x90\xAD",
		       "\xC3\xA9th\xE6\x97\xA5\xF0\x9F\x90\xAD",
		       "\xC3\xA9th\xE6\x97\xA5\xF0\x9F\x90\xAD");
	assert_visible("a\"b\\c", "a\"b\\c", "a\\\"b\\\\c");
	/* Bytes that are no UTF-8, control characters of one byte and of two. */
	assert_visible("\xFF", "\\xFF", "\\\\xFF");
	assert_visible("\x1B[2J\x7F", "\\x1B[2J\\x7F", "\\\\x1B[2J\\\\x7F");
	assert_visible("\xC2\x9B"
		       "2J",
		       "\\xC2\\x9B2J", "\\\\xC2\\\\x9B2J");
	assert_visible("\xC2\xA0", "\xC2\xA0", "\xC2\xA0");
	/* What is invisible or turns the direction of writing. */
	assert_visible("\xE2\x80\xAE\xE2\x80\xAC", "\\xE2\\x80\\xAE\\xE2\\x80\\xAC",
		       "\\\\xE2\\\\x80\\\\xAE\\\\xE2\\\\x80\\\\xAC");
	assert_visible("\xD8\x9C", "\\xD8\\x9C", "\\\\xD8\\\\x9C");
	assert_visible("\xE2\x81\xA6\xE2\x81\xA9", "\\xE2\\x81\\xA6\\xE2\\x81\\xA9",
		       "\\\\xE2\\\\x81\\\\xA6\\\\xE2\\\\x81\\\\xA9");
	assert_visible("\xEF\xBB\xBF", "\\xEF\\xBB\\xBF", "\\\\xEF\\\\xBB\\\\xBF");
	/* Letters that look like an escape are not taken for one. */
	assert_visible("\\xFF", "\\x5CxFF", "\\\\x5CxFF");
	assert_visible("\\x5CxFF", "\\x5Cx5CxFF", "\\\\x5Cx5CxFF");
	assert_visible("\\xF", "\\xF", "\\\\xF");
	assert_visible("\\xff", "\\xff", "\\\\xff");
	assert_visible("\\\xFF", "\\\\xFF", "\\\\\\\\xFF");
}

CASE(numbers_read_back_equal)
{
	static const double values[] = {0,       1,      -1.5,      0.1,    1e21,
					1.0 / 3, 5e-324, 123456789, 0x1p53, 1e308};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct text t = fresh();
		text_number(&t, values[i]);
		assert_true(strtod(t.data, NULL) == values[i]);
	}

	struct text t = fresh();
	text_number(&t, 0.1);
	assert_string_equal(t.data, "0.1");
}

CASE(whole_numbers_have_all_their_digits)
{
	struct text t = fresh();

	text_unsigned(&t, 0);
	text_put(&t, " ");
	text_unsigned(&t, 10);
	text_put(&t, " ");
	text_unsigned(&t, UINT64_MAX);
	assert_string_equal(t.data, "0 10 18446744073709551615");
}

CASE(times_are_rfc_3339_in_utc)
{
	struct text t = fresh();

	text_time(&t, 1788220800.25);
	assert_string_equal(t.data, "2026-09-01T00:00:00.250Z");
}

CASE(a_time_that_rounds_up_carries_into_the_next_second)
{
	struct text t = fresh();

	text_time(&t, 59.9999);
	assert_string_equal(t.data, "1970-01-01T00:01:00.000Z");
}

CASE(absurd_times_stay_within_four_digit_years)
{
	struct text t = fresh();

	text_time(&t, 1e300);
	text_put(&t, " ");
	text_time(&t, NAN);
	assert_string_equal(t.data,
			    "9999-12-31T23:59:59.000Z 1970-01-01T00:00:00.000Z");
}

CASE(an_error_says_what_failed_on_what_and_why)
{
	struct error err;

	assert_int_equal(fail_errno(&err, ENOENT, "open %s", "x"), -1);
	assert_int_equal(fail_within(&err, "state file"), -1);
	assert_string_equal(err.text, "state file: open x: No such file or directory");
}

CASE(a_long_error_is_cut_and_stays_text)
{
	struct error err;
	char longer[2 * ERROR_TEXT_MAX];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	fail_errno(&err, EIO, "%s", longer);
	fail_within(&err, "%s", longer);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
}

CASE(unknown_parts_of_the_identity_are_left_out)
{
	struct identity pod = {"web-1", "shop", "", "", "", "", "a\"b", NULL};
	struct identity series = {"", "", "", "", "", "", "", "{\"x\":\"y\"}"};
	struct text t = fresh();
	struct json_writer w = json_writer_over(&t);

	json_array(&w, NULL);
	identity_json(&pod, &w);
	identity_json(&nobody, &w);
	identity_json(&series, &w);
	json_end(&w);
	assert_string_equal(t.data, "[{\"name\":\"web-1\",\"namespace\":\"shop\","
				    "\"images\":\"a\\\"b\"},{},"
				    "{\"labels\":{\"x\":\"y\"}}]");
}

CASE(a_pod_that_is_too_long_is_left_out)
{
	struct identity pod = {"web-1", "", "", "", "", "", "", NULL};
	struct text t = fresh();
	struct json_writer w = json_writer_over(&t);

	json_array(&w, NULL);
	identity_json_within(&pod, sizeof(memory) - 17, &w);
	identity_json_within(&pod, sizeof(memory) - 17, &w);
	json_end(&w);
	assert_string_equal(t.data, "[{\"name\":\"web-1\"},{}]");
	assert_true(json_is_whole(&w));
}

CASE(every_signal_is_found_by_its_name)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		assert_int_equal(signal_by_name(signal_name((enum signal)i)), i);
	assert_int_equal(signal_by_name("tx_byte"), -1);
	assert_string_equal(signal_unit(SIGNAL_TCP_NEW_SOCKETS), "connections");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	    cmocka_unit_test(memory_of_no_size_takes_nothing),
	    cmocka_unit_test(names_are_shown_as_they_are_or_one_to_one),
	    cmocka_unit_test(numbers_read_back_equal),
	    cmocka_unit_test(whole_numbers_have_all_their_digits),
	    cmocka_unit_test(times_are_rfc_3339_in_utc),
	    cmocka_unit_test(a_time_that_rounds_up_carries_into_the_next_second),
	    cmocka_unit_test(absurd_times_stay_within_four_digit_years),
	    cmocka_unit_test(an_error_says_what_failed_on_what_and_why),
	    cmocka_unit_test(a_long_error_is_cut_and_stays_text),
	    cmocka_unit_test(unknown_parts_of_the_identity_are_left_out),
	    cmocka_unit_test(a_pod_that_is_too_long_is_left_out),
	    cmocka_unit_test(every_signal_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
