/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON writer writes: commas, escapes, what does not fit, and mistakes. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cJSON.h>

#include "../support/testing.h"
#include "base/json_writer.h"

static char memory[4096];
static struct text text;

static struct json_writer fresh(void)
{
	text = text_over(memory, sizeof(memory));
	return json_writer_over(&text);
}

/* Each kind of value, once as a member and once in an array. */
static void write_example(struct json_writer *w)
{
	json_object(w, NULL);
	json_string(w, "string", "s");
	json_number(w, "number", -1.5);
	json_unsigned(w, "unsigned", UINT64_MAX);
	json_bool(w, "bool", false);
	json_null(w, "null");
	json_time(w, "time", 1788220800.25);
	json_raw(w, "raw", "[1]");
	json_begin_string(w, "own");
	text_put(w->out, "YQ==");
	json_end_string(w);
	json_object(w, "empty");
	json_end(w);
	json_array(w, "array");
	json_string(w, NULL, NULL);
	json_array(w, NULL);
	json_end(w);
	json_object(w, NULL);
	json_name(w, "later");
	json_bool(w, NULL, true);
	json_end(w);
	json_end(w);
	json_time_or_null(w, "never", 0);
	json_end(w);
	json_end_line(w);
}

static const char example[] =
    "{\"string\":\"s\",\"number\":-1.5,\"unsigned\":18446744073709551615,"
    "\"bool\":false,\"null\":null,\"time\":\"2026-09-01T00:00:00.250Z\",\"raw\":[1],"
    "\"own\":\"YQ==\",\"empty\":{},\"array\":[null,[],{\"later\":true}],"
    "\"never\":null}\n";

CASE(commas_stand_between_values_and_nowhere_else)
{
	struct json_writer w = fresh();

	write_example(&w);
	assert_string_equal(memory, example);
	assert_true(json_is_whole(&w));
}

CASE(each_line_is_a_document)
{
	struct json_writer w = fresh();

	json_string(&w, NULL, "a");
	json_end_line(&w);
	json_array(&w, NULL);
	json_end(&w);
	json_end_line(&w);
	assert_string_equal(memory, "\"a\"\n[]\n");
	assert_true(json_is_whole(&w));
}

static void assert_string(const char *value, const char *expected)
{
	struct json_writer w = fresh();

	json_string(&w, NULL, value);
	assert_string_equal(memory, expected);
}

CASE(strings_are_escaped_and_always_utf8)
{
	assert_string(NULL, "null");
	assert_string("", "\"\"");
	assert_string("a\"b\\c\n\t\x01", "\"a\\\"b\\\\c\\n\\t\\u0001\"");
	assert_string("Gr\xC3\xBC\xC3\x9F"
		      "e \xF0\x9F\x90\xAD",
		      "\"Gr\xC3\xBC\xC3\x9F"
		      "e \xF0\x9F\x90\xAD\"");
	/* A lone continuation byte, an overlong slash, a surrogate, a cut sequence. */
	assert_string("\x80", "\"\xEF\xBF\xBD\"");
	assert_string("\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
	assert_string("\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
	assert_string("\xF0\x9F", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

CASE(what_a_terminal_would_obey_is_escaped)
{
	assert_string("\x7F\r\x1B[2J", "\"\\u007f\\u000d\\u001b[2J\"");
	assert_string("\xC2\x80 \xC2\x9B"
		      "2J \xC2\xA0",
		      "\"\\u0080 \\u009b2J \xC2\xA0\"");
	assert_string("\xD8\x9C\xE2\x80\x8E\xE2\x80\x8F", "\"\\u061c\\u200e\\u200f\"");
	assert_string("\xE2\x80\xAA\xE2\x80\xAC\xE2\x80\xAE\xE2\x80\xAC",
		      "\"\\u202a\\u202c\\u202e\\u202c\"");
	assert_string("\xE2\x81\xA6\xE2\x81\xA9", "\"\\u2066\\u2069\"");
	assert_string("\xEF\xBB\xBF", "\"\\ufeff\"");
	assert_string("\xF3\xA0\x80\x81", "\"\\udb40\\udc01\""); /* U+E0001 */
}

CASE(names_are_escaped_as_values_are)
{
	struct json_writer w = fresh();

	json_object(&w, NULL);
	json_string(&w, "a\"\\\xC2\x9B\xFF", "");
	json_end(&w);
	assert_string_equal(memory, "{\"a\\\"\\\\\\u009b\xEF\xBF\xBD\":\"\"}");
}

CASE(json_has_no_nan_and_no_infinity)
{
	struct json_writer w = fresh();

	json_array(&w, NULL);
	json_number(&w, NULL, NAN);
	json_number(&w, NULL, -INFINITY);
	json_number(&w, NULL, 0.1);
	json_end(&w);
	assert_string_equal(memory, "[null,null,0.1]");
}

CASE(what_does_not_fit_leaves_a_prefix_and_says_so)
{
	const size_t whole = sizeof(example) - 1;

	for (size_t capacity = 0; capacity <= whole + 1; capacity++) {
		char *exact = malloc(capacity + 1);
		struct text t = text_over(exact, capacity);
		struct json_writer w = json_writer_over(&t);

		write_example(&w);
		assert_int_equal(json_is_whole(&w), capacity > whole);
		assert_int_equal(t.overflowed, capacity <= whole);
		assert_false(w.misused);
		assert_true(t.length == 0 || t.length < capacity);
		assert_memory_equal(exact, example, t.length);
		free(exact);
	}
}

CASE(what_was_too_long_can_be_taken_back)
{
	char small[16];
	struct text t = text_over(small, sizeof(small));
	struct json_writer w = json_writer_over(&t);

	json_array(&w, NULL);
	json_unsigned(&w, NULL, 1);
	const struct json_mark before = json_mark(&w);
	json_object(&w, NULL);
	json_string(&w, "name", "longer than that");
	assert_true(t.overflowed);
	json_rewind(&w, &before);
	assert_string_equal(small, "[1");
	json_unsigned(&w, NULL, 2);
	json_end(&w);
	assert_string_equal(small, "[1,2]");
	assert_true(json_is_whole(&w));
}

static void open_objects(struct json_writer *w, unsigned count)
{
	json_object(w, NULL);
	for (unsigned i = 1; i < count; i++)
		json_object(w, "o");
}

CASE(sixteen_levels_are_the_most)
{
	struct json_writer w = fresh();

	open_objects(&w, JSON_DEPTH_MAX);
	for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
		json_end(&w);
	assert_true(json_is_whole(&w));
	cJSON *parsed = cJSON_ParseWithOpts(memory, NULL, true);
	assert_non_null(parsed);
	cJSON_Delete(parsed);

	w = fresh();
	open_objects(&w, JSON_DEPTH_MAX);
	assert_false(w.misused);
	json_array(&w, "one more");
	assert_true(w.misused);
}

/* --- mistakes -------------------------------------------------------------------- */

static void member_of_nothing(struct json_writer *w)
{
	json_string(w, "name", "");
}

static void member_in_an_array(struct json_writer *w)
{
	json_array(w, NULL);
	json_unsigned(w, "name", 1);
}

static void value_without_a_name(struct json_writer *w)
{
	json_object(w, NULL);
	json_bool(w, NULL, true);
}

static void two_names(struct json_writer *w)
{
	json_object(w, NULL);
	json_name(w, "one");
	json_null(w, "two");
}

static void name_without_a_value(struct json_writer *w)
{
	json_object(w, NULL);
	json_name(w, "name");
	json_end(w);
}

static void end_of_nothing(struct json_writer *w)
{
	json_end(w);
}

static void one_end_too_many(struct json_writer *w)
{
	json_array(w, NULL);
	json_end(w);
	json_end(w);
}

static void second_document(struct json_writer *w)
{
	json_null(w, NULL);
	json_null(w, NULL);
}

static void line_without_a_document(struct json_writer *w)
{
	json_end_line(w);
}

static void line_in_a_document(struct json_writer *w)
{
	json_array(w, NULL);
	json_end_line(w);
}

static void value_in_a_string(struct json_writer *w)
{
	json_array(w, NULL);
	json_begin_string(w, NULL);
	json_null(w, NULL);
}

static void end_in_a_string(struct json_writer *w)
{
	json_array(w, NULL);
	json_begin_string(w, NULL);
	json_end(w);
}

static void end_of_no_string(struct json_writer *w)
{
	json_end_string(w);
}

static void taken_back(struct json_writer *w)
{
	const struct json_mark before = json_mark(w);

	json_end(w);
	json_rewind(w, &before);
}

CASE(a_mistake_is_noticed_and_nothing_is_written_after_it)
{
	static void (*const mistakes[])(struct json_writer * w) = {
	    member_of_nothing,  member_in_an_array,   value_without_a_name,
	    two_names,          name_without_a_value, end_of_nothing,
	    one_end_too_many,   second_document,      line_without_a_document,
	    line_in_a_document, value_in_a_string,    end_in_a_string,
	    end_of_no_string,   taken_back,
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct json_writer w = fresh();

		mistakes[i](&w);
		assert_true(w.misused);
		assert_true(text.overflowed);
		assert_false(json_is_whole(&w));
		size_t length = text.length;
		text.overflowed = false; /* as for a stream's next piece */
		write_example(&w);
		assert_int_equal(text.length, length);
		assert_true(text.overflowed);
	}
}

CASE(what_is_still_open_is_not_whole)
{
	struct json_writer w = fresh();

	json_array(&w, NULL);
	assert_false(json_is_whole(&w));
	json_end(&w);
	assert_true(json_is_whole(&w));
	w = fresh();
	json_begin_string(&w, NULL);
	assert_false(json_is_whole(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commas_stand_between_values_and_nowhere_else),
	    cmocka_unit_test(each_line_is_a_document),
	    cmocka_unit_test(strings_are_escaped_and_always_utf8),
	    cmocka_unit_test(what_a_terminal_would_obey_is_escaped),
	    cmocka_unit_test(names_are_escaped_as_values_are),
	    cmocka_unit_test(json_has_no_nan_and_no_infinity),
	    cmocka_unit_test(what_does_not_fit_leaves_a_prefix_and_says_so),
	    cmocka_unit_test(what_was_too_long_can_be_taken_back),
	    cmocka_unit_test(sixteen_levels_are_the_most),
	    cmocka_unit_test(a_mistake_is_noticed_and_nothing_is_written_after_it),
	    cmocka_unit_test(what_is_still_open_is_not_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
