/* SPDX-License-Identifier: Apache-2.0 */
/* Words of strangers made safe to print, wrapped; and what a typo most likely meant. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/sanitize.h"

CASE(what_moves_the_cursor_or_turns_the_line_is_not_printed)
{
	static const struct {
		const char *given, *shown;
	} cases[] = {
	    {"eth0", "eth0"},
	    {"\033[31mred\007", "?[31mred?"},
	    {"a\nb\rc\td\x7F", "a?b?c?d?"},
	    {"\xC2\x9B", "?"}, /* a control sequence in one character */
	    {"caf\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x90\xAD",
	     "caf\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x90\xAD"},
	    {"\xE2\x80\xAE"
	     "fdp.exe\xE2\x80\xAC",
	     "?fdp.exe?"}, /* right to left */
	    {"a\xE2\x80\x8B"
	     "b",
	     "a?b"}, /* invisible */
	    {"\xFF\xC3", "??"},
	    {"\xC0\x8A", "??"}, /* an overlong line feed */
	};
	char buffer[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(sanitize(buffer, sizeof(buffer), cases[i].given),
				    cases[i].shown);
}

/* U+0080 to U+009F, and what turns the direction of writing or has no width; their
 * neighbours stay. */
CASE(all_of_c1_and_of_the_marks_is_unsafe)
{
	static const struct {
		const char *given, *shown;
	} cases[] = {
	    {"\xC2\x80\xC2\x8F\xC2\x90\xC2\x9F\xC2\xA0", "????\xC2\xA0"},
	    {"\xD8\x9B\xD8\x9C\xD8\x9D", "\xD8\x9B?\xD8\x9D"},
	    {"\xE2\x80\x8A\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\x90",
	     "\xE2\x80\x8A??\xE2\x80\x90"},
	    {"\xE2\x80\xAA\xE2\x80\xAB\xE2\x80\xAD\xE2\x80\xAE\xE2\x80\xAC"
	     "\xE2\x80\xAC\xE2\x80\xAC\xE2\x80\xAC\xE2\x80\xAF",
	     "????????\xE2\x80\xAF"},
	    {"\xE2\x81\xA6\xE2\x81\xA7\xE2\x81\xA8\xE2\x81\xA9\xE2\x81\xA9"
	     "\xE2\x81\xA9\xE2\x81\xB0",
	     "??????\xE2\x81\xB0"},
	    {"\xEF\xBB\xBF", "?"},
	};
	char buffer[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(sanitize(buffer, sizeof(buffer), cases[i].given),
				    cases[i].shown);
}

CASE(nothing_is_empty)
{
	char buffer[8] = "before";

	assert_string_equal(sanitize(buffer, sizeof(buffer), NULL), "");
	assert_string_equal(sanitize(buffer, sizeof(buffer), ""), "");
}

/* Four bytes are the least that has room for "..."; nothing is written behind them. */
CASE(the_smallest_buffers_are_never_overrun)
{
	static const struct {
		const char *given, *shown[5]; /* by size */
	} cases[] = {
	    {"", {"####", "", "", "", ""}},
	    {"abc", {"####", "", "a", "ab", "abc"}},
	    {"abcd", {"####", "", "a", "ab", "..."}},
	    {"\xC3\xA9\xC3\xA9", {"####", "", "", "\xC3\xA9", "..."}},
	    {"\xC2\x9B\xFF", {"####", "", "?", "??", "??"}},
	};
	char buffer[6];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t size = 0; size <= 4; size++) {
			memcpy(buffer, "####", sizeof("####"));
			assert_ptr_equal(sanitize(buffer, size, cases[i].given),
					 buffer);
			assert_string_equal(buffer, cases[i].shown[size]);
			if (size < 4)
				assert_int_equal(buffer[size], '#');
		}
}

CASE(what_is_too_long_is_cut_between_characters)
{
	char buffer[8];

	assert_string_equal(sanitize(buffer, 8, "1234567"), "1234567");
	assert_string_equal(sanitize(buffer, 8, "12345678"), "1234...");
	assert_string_equal(sanitize(buffer, 8, "123\xC3\xA9\xC3\xA9\xC3\xA9"),
			    "123...");
	assert_string_equal(sanitize(buffer, 4, "\xC3\xA9\xC3\xA9"), "...");
}

CASE(wide_characters_take_two_columns)
{
	assert_int_equal(display_columns("abc", 3), 3);
	assert_int_equal(display_columns("\xE6\x97\xA5\xC3\xA9", 5), 3);
	assert_int_equal(display_columns("\xF0\x9F\x90\xAD", 4), 2);
	assert_int_equal(display_fitting("\xE6\x97\xA5\xE6\x97\xA5", 3), 3);
	assert_int_equal(display_fitting("abc", 9), 3);
	assert_int_equal(display_fitting("abc", 0), 0);
}

static const char *wrapped(const char *text, size_t indent, size_t width, size_t column)
{
	static char lines[4096];
	FILE *out = fmemopen(lines, sizeof(lines), "w");

	display_wrapped(out, text, indent, width, column);
	fclose(out);
	return lines;
}

CASE(sentences_are_wrapped_between_words)
{
	assert_string_equal(wrapped("one two  three", 2, 9, 0), "  one two\n  three\n");
	assert_string_equal(wrapped("one two three", 2, 9, 6), "one\n  two\n  three\n");
	assert_string_equal(wrapped("", 2, 9, 4), "\n");
	assert_string_equal(wrapped("abcdefghij k", 2, 6, 2), "abcd\n  efgh\n  ij k\n");
	assert_string_equal(wrapped("ab", 2, 6, 6), "\n  ab\n");
}

/* Whatever the words, no line is wider, and nothing but blanks is lost. */
CASE(no_line_is_wider_whatever_the_words)
{
	static const char *const pieces[] = {"a",
					     " ",
					     "  ",
					     "bcd",
					     "-",
					     "\xC3\xA9",
					     "\xE6\x97\xA5",
					     "efghijklmnopq",
					     " x",
					     "\xF0\x9F\x90\xAD"};

	srandom(7);
	for (int run = 0; run < 20000; run++) {
		char text[256], given[256] = "", got[256] = "";
		struct text t = text_over(text, sizeof(text));
		size_t indent = (size_t)random() % 5,
		       width = indent + 2 + (size_t)random() % 20;

		for (long n = random() % 16; n > 0; n--)
			text_put(&t, pieces[random() % 10]);
		const char *lines = wrapped(text, indent, width, indent);
		for (const char *l = lines; *l; l += strcspn(l, "\n") + 1)
			assert_true(display_columns(l, strcspn(l, "\n")) <= width);
		for (const char *p = text; *p; p++)
			if (*p != ' ')
				memcpy(given + strlen(given), (char[2]){*p, 0}, 2);
		for (const char *p = lines; *p; p++)
			if (*p != ' ' && *p != '\n')
				memcpy(got + strlen(got), (char[2]){*p, 0}, 2);
		assert_string_equal(got, given);
	}
}

CASE(errors_are_safe_to_print_whatever_failed)
{
	static char name[1024];
	struct error err;

	memset(name, '\033', sizeof(name) - 1);
	assert_int_equal((fail)(&err, "open %s", "\n\xC2\x9B\xFF?"), -1);
	assert_string_equal(err.text, "open ????");
	assert_int_equal(fail_within(&err, "trace \r%s", "x"), -1);
	assert_string_equal(err.text, "trace ?x: open ????");
	assert_int_equal(fail_errno(&err, 2, "\t"), -1);
	assert_string_equal(err.text, "?: No such file or directory");
	assert_int_equal(fail_errno(&err, 2, "%s", name), -1);
	assert_null(strchr(err.text, '\033'));
	assert_int_equal(fail_within(&err, "%s", name), -1);
	assert_null(strchr(err.text, '\033'));
}

static const char *meant(const char *given)
{
	static const char *const names[] = {"interval", "interfaces", "listen",
					    "learn",    "run",        "dormant-after",
					    "low",      "high"};
	static char hint[64];
	struct nearest n = nearest_to(given, strlen(given));
	struct text t = text_over(hint, sizeof(hint));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		nearest_consider(&n, names[i]);
	nearest_say(&n, "--", &t);
	return hint;
}

CASE(a_typo_gets_the_nearest_name)
{
	static const struct {
		const char *given, *meant;
	} cases[] = {
	    {"intervall", "interval"},
	    {"intreval", "interval"},
	    {"intervl", "interval"},
	    {"INTERVAL", "interval"},
	    {"interfacse", "interfaces"},
	    {"dormant_after", "dormant-after"},
	    {"dorman", "dormant-after"},
	    {"lern", "learn"},
	    {"runn", "run"},
	    {"urn", "run"},
	    {"hihg", "high"},
	    {"lo", "low"},
	};
	char expected[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(expected, sizeof(expected), "; did you mean --%s?",
			 cases[i].meant);
		assert_string_equal(meant(cases[i].given), expected);
	}
}

CASE(what_is_far_from_all_gets_no_guess)
{
	char endless[4096];

	memset(endless, 'i', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_string_equal(meant(""), "");
	assert_string_equal(meant("x"), "");
	assert_string_equal(meant("colour"), "");
	assert_string_equal(meant("\xFF\xFE\033"), "");
	assert_string_equal(meant(endless), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_moves_the_cursor_or_turns_the_line_is_not_printed),
	    cmocka_unit_test(all_of_c1_and_of_the_marks_is_unsafe),
	    cmocka_unit_test(nothing_is_empty),
	    cmocka_unit_test(the_smallest_buffers_are_never_overrun),
	    cmocka_unit_test(what_is_too_long_is_cut_between_characters),
	    cmocka_unit_test(wide_characters_take_two_columns),
	    cmocka_unit_test(sentences_are_wrapped_between_words),
	    cmocka_unit_test(no_line_is_wider_whatever_the_words),
	    cmocka_unit_test(errors_are_safe_to_print_whatever_failed),
	    cmocka_unit_test(a_typo_gets_the_nearest_name),
	    cmocka_unit_test(what_is_far_from_all_gets_no_guess),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
