/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from strangers: what is read, what is refused and where, at what cost. */
#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "../support/testing.h"
#include "base/sanitize.h"
#include "injector/json/json_print.h"
#include "review_fixture.h"

#define MIB ((size_t)1 << 20)

/* The address sanitizer keeps a byte for each eight that were ever touched, the thread
 * sanitizer up to eight for each. */
#if defined(__SANITIZE_ADDRESS__)
#define RESIDENT_MORE (3 * MIB)
#elif defined(__SANITIZE_THREAD__)
#define RESIDENT_MORE (64 * MIB)
#else
#define RESIDENT_MORE MIB
#endif

static enum json_refusal why;
static struct error err;

static cJSON *read_text(const char *text)
{
	return json_read(text, strlen(text), &json_review_limits, &why, &err);
}

static void assert_read(const char *text)
{
	cJSON *tree = read_text(text);

	if (!tree)
		print_error("%s: %s\n", text, err.text);
	assert_non_null(tree);
	cJSON_Delete(tree);
}

static void assert_refused(const char *text, enum json_refusal expected,
			   const char *place)
{
	assert_null(read_text(text));
	if (why != expected || strncmp(err.text, place, strlen(place)) != 0)
		print_error("%s: %s\n", text, err.text);
	assert_int_equal(why, expected);
	assert_memory_equal(err.text, place, strlen(place));
	assert_null(strchr(err.text, '\n'));
}

CASE(every_value_of_the_grammar_is_read)
{
	static const char *const texts[] = {
	    "null",
	    " true ",
	    "\t[\r\n]\n",
	    "{}",
	    "\"\"",
	    "[0, -0, 1.5, -2e3, 1E+2, 1e-2, 0.1, 123456789012345]",
	    "{\"a\": {\"b\": [{}, [], null, false]}, \"\": 1}",
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\uD83D\\uDE00\"",
	    "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \x7F\"",
	    "[\"0123456\", \"01234567\", \"012345678\", \"0123456\\n\"]",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_read(texts[i]);
}

CASE(what_is_no_json_is_refused_with_its_place)
{
	static const struct {
		const char *text, *place;
	} cases[] = {
	    {"", "line 1, column 1: the text ends where a value"},
	    {"  \n ", "line 2, column 2: the text ends"},
	    {"nul", "line 1, column 1: 'n' stands where a value"},
	    {"kind: Pod", "line 1, column 1: 'k' stands"},
	    {"{} {}", "line 1, column 4: more text"},
	    {"[1,]", "line 1, column 4: ']' stands where a value"},
	    {"[1 2]", "line 1, column 4: '2' stands where a comma"},
	    {"{\"a\":1,}", "line 1, column 8: '}' stands where a key"},
	    {"{\"a\" 1}", "line 1, column 6: '1' stands where a colon"},
	    {"{a: 1}", "line 1, column 2: 'a' stands where a key"},
	    {"{\"a\": 1]", "line 1, column 8: ']' stands where a comma"},
	    {"{\n \"\xC3\xA9\": tru\n}", "line 2, column 7: 't' stands"},
	    {"\"abc", "line 1, column 1: this string does not end"},
	    {"\"abc\\", "line 1, column 6: the text ends"},
	    {"\"\\x\"", "line 1, column 3: 'x' stands where one of"},
	    {"\"\\u12g4\"", "line 1, column 2: \\u needs four digits"},
	    {"\"\\u12", "line 1, column 2: \\u needs four digits"},
	    {"\"a\nb\"", "line 1, column 3: a control character"},
	    {"[\f]", "line 1, column 2: byte 0x0c stands"},
	    {"\xEF\xBB\xBF{}", "line 1, column 1: byte 0xef stands"},
	    {"01", "line 1, column 1: a number begins with 0"},
	    {"+1", "line 1, column 1: '+' stands"},
	    {"-", "line 1, column 2: the text ends where a digit"},
	    {"1.", "line 1, column 3: the text ends where a digit"},
	    {".5", "line 1, column 1: '.' stands"},
	    {"1e", "line 1, column 3: the text ends where a digit"},
	    {"NaN", "line 1, column 1: 'N' stands"},
	    {"'a'", "line 1, column 1: ''' stands"},
	    {"// x\n1", "line 1, column 1: '/' stands"},
	    {"\"\x80\"", "line 1, column 2: this is not UTF-8"},
	    {"\"\xC0\xAF\"", "line 1, column 2: this is not UTF-8"},
	    {"\"\xE0\x80\xAF\"", "line 1, column 2: this is not UTF-8"},
	    {"\"\xED\xA0\x80\"", "line 1, column 2: this is not UTF-8"},
	    {"\"\xF4\x90\x80\x80\"", "line 1, column 2: this is not UTF-8"},
	    {"\"\xF5\x80\x80\x80\"", "line 1, column 2: this is not UTF-8"},
	    {"\"\xE2\x82\"", "line 1, column 2: this is not UTF-8"},
	    {"\"\xE2\x82", "line 1, column 2: this is not UTF-8"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, JSON_BROKEN, cases[i].place);
}

CASE(a_nul_byte_is_no_end)
{
	static const char text[] = "{}\0{}";

	assert_null(json_read(text, sizeof(text) - 1, &json_review_limits, &why, &err));
	assert_int_equal(why, JSON_BROKEN);
}

/* What cJSON would not keep of itself. */
static const char *const odd_texts[] = {
    "9007199254740993", /* 2^53 + 1 */
    "-9007199254740993",
    "18446744073709551616",
    "0.123456789012345678", /* 18 digits */
    "1e400",
    "-1e400",
    "1e-400",
    "1234567890.12345678901",
    "\"\\u0000\"",
    "\"\\uD800\"",
    "\"\\uDC00\"",
    "\"\\uD800\\u0041\"",
    "\"\\uD800x\"",
    "\"\\uDBFF\\uD800\"",
    "\"\\uDC00\\uD800\"",
    "\"\\\\\\u0000\\\"\\u0000\"",
    /* Longer than cJSON reads of a number: 1 for it, 1e70 for us. */
    "10000000000000000000000000000000000000000000000000000000000000000000000",
};
#define ODD_TEXTS (sizeof(odd_texts) / sizeof(odd_texts[0]))

CASE(what_nobody_reads_is_kept_as_it_is_written)
{
	for (size_t i = 0; i < ODD_TEXTS; i++) {
		char text[512], printed[512] = "";
		snprintf(text, sizeof(text),
			 "{\n    \"a\": [\n        %s,\n        0\n    ],\n"
			 "    %s%s%s: \"-1\"\n}\n",
			 odd_texts[i], odd_texts[i][0] == '"' ? "" : "\"", odd_texts[i],
			 odd_texts[i][0] == '"' ? "" : "\"");
		cJSON *tree = read_text(text);
		if (!tree)
			print_error("%s%s\n", text, err.text);
		assert_non_null(tree);
		FILE *out = fmemopen(printed, sizeof(printed), "w");
		json_print(tree, out);
		fclose(out);
		cJSON_Delete(tree);
		/* Hexadecimal digits are printed small, and A is not escaped. */
		for (char *p = text; (p = strstr(p, "\\uD")); p += 2)
			for (int digit = 2; digit < 6; digit++)
				p[digit] = (char)tolower((unsigned char)p[digit]);
		for (char *p = text; (p = strstr(p, "\\u0041"));) {
			*p++ = 'A';
			memmove(p, p + 5, strlen(p + 5) + 1);
		}
		assert_string_equal(printed, text);
	}
}

/* A member that is read and a string that nearly is its name are told apart. */
CASE(what_is_kept_is_nothing_else)
{
	cJSON *tree =
	    read_text("{\"a\": \"x\\u0000\", \"a\\u0000\": 1, \"\\ud800\": 2, "
		      "\"\\ud801\": 3, \"\\ufffd\": 4, \"b\": 1e999}");

	assert_non_null(tree);
	assert_string_not_equal(json_text(tree, "a"), "x");
	assert_null(json_text(tree, "b"));
	assert_false(cJSON_IsNumber(json_member(tree, "b")));
	assert_int_equal(cJSON_GetArraySize(tree), 6);
	cJSON_Delete(tree);
	assert_refused("{\"\\u0000\": 1, \"\\u0000\": 2}", JSON_DUPLICATE,
		       "line 1, column 15: the key \"??\" stands here again");
}

CASE(what_must_be_exact_is_refused)
{
	const struct json_limits exact = {.depth = 8, .values = 64, .exact = true};

	for (size_t i = 0; i < ODD_TEXTS; i++) {
		assert_null(
		    json_read(odd_texts[i], strlen(odd_texts[i]), &exact, &why, &err));
		assert_int_equal(why, JSON_INEXACT);
		assert_memory_equal(err.text, "line 1, column ", 15);
	}
}

CASE(numbers_that_a_double_keeps_are_read_and_printed_equal)
{
	static const struct {
		const char *text;
		double value;
		const char *printed;
	} cases[] = {
	    {"9007199254740991", 9007199254740991.0, "9007199254740991\n"},
	    {"9007199254740992", 9007199254740992.0, "9007199254740992\n"},
	    {"-9007199254740991", -9007199254740991.0, "-9007199254740991\n"},
	    {"1000000000000000", 1e15, "1000000000000000\n"},
	    {"4294967296", 4294967296.0, "4294967296\n"},
	    {"0.1", 0.1, "0.1\n"},
	    {"2.50", 2.5, "2.5\n"},
	    {"1e3", 1000, "1000\n"},
	    {"1e21", 1e21, "1e+21\n"},
	    {"0.30000000000000004", 0.30000000000000004, "0.30000000000000004\n"},
	    {"-0", -0.0, "-0\n"},
	    {"0e999", 0, "0\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cJSON *tree = read_text(cases[i].text);
		assert_non_null(tree);
		assert_true(tree->valuedouble == cases[i].value);

		char printed[64] = "";
		FILE *out = fmemopen(printed, sizeof(printed), "w");
		json_print(tree, out);
		fclose(out);
		assert_string_equal(printed, cases[i].printed);
		cJSON_Delete(tree);
	}
}

CASE(what_is_printed_reads_back_and_keeps_its_order)
{
	static const char text[] =
	    "{\n    \"z\": [\n        1,\n        {},\n        []\n    ],\n"
	    "    \"a\": {\n        \"\\\"\\\\\\n\\t\\r\\b\\f\\u0001\": \"\xC3\xA9</\"\n"
	    "    },\n    \"t\": true,\n    \"f\": false,\n    \"n\": null\n}\n";
	char printed[512] = "";
	cJSON *tree = read_text(text);

	assert_non_null(tree);
	FILE *out = fmemopen(printed, sizeof(printed), "w");
	json_print(tree, out);
	fclose(out);
	assert_string_equal(printed, text);
	cJSON_Delete(tree);
}

CASE(a_key_twice_is_refused_where_it_stands_again)
{
	char text[4096];
	struct text t = text_over(text, sizeof(text));

	assert_refused("{\"a\": 1,\n \"b\": {\"a\": 2},\n \"a\": 3}", JSON_DUPLICATE,
		       "line 3, column 2: the key \"a\" stands here again");
	assert_refused("[{}, {\"x\": {\"\": 1, \"\": 2}}]", JSON_DUPLICATE,
		       "line 1, column 20: the key \"\"");
	/* The same key, written in two ways. */
	assert_refused("{\"a\": 1, \"\\u0061\": 2}", JSON_DUPLICATE,
		       "line 1, column 10: the key \"a\"");
	/* Case counts. */
	assert_read("{\"a\": 1, \"A\": 2}");

	/* Many members. */
	text_put(&t, "{");
	for (int i = 0; i < 100; i++)
		text_printf(&t, "\"key%d\": %d,\n", i, i);
	text_put(&t, "\"key7\": [{}]}");
	assert_refused(text, JSON_DUPLICATE,
		       "line 101, column 1: the key \"key7\" stands here again");
}

CASE(nesting_and_values_are_bounded)
{
	static const struct json_limits few = {.depth = 3, .values = 6};

	cJSON *tree = json_read("[[[0]], 1]", 10, &few, &why, &err);
	assert_non_null(tree);
	cJSON_Delete(tree);
	assert_null(json_read("[[[[]]]]", 8, &few, &why, &err));
	assert_int_equal(why, JSON_TOO_DEEP);
	assert_string_equal(err.text, "line 1, column 4: nested deeper than 3 levels");

	tree = json_read("[1,2,3,4,5]", 11, &few, &why, &err);
	assert_non_null(tree);
	cJSON_Delete(tree);
	assert_null(json_read("[1,2,3,4,5,6]", 13, &few, &why, &err));
	assert_int_equal(why, JSON_TOO_MANY);
	assert_string_equal(err.text, "line 1, column 12: more than 6 values");
}

/* --- cost ------------------------------------------------------------------------ */

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128];
	char *end;

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	strtoul(line, &end, 10);
	pages = strtoul(end, NULL, 10);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* `size` bytes of a piece again and again between two others. */
static size_t fill(char *text, size_t size, const char *first, const char *piece,
		   const char *last)
{
	struct text t = text_over(text, size);

	text_put(&t, first);
	while (t.length + strlen(piece) + strlen(last) < size)
		text_put(&t, piece);
	text_put(&t, last);
	return t.length;
}

CASE(bodies_of_3_mib_are_refused_in_bounded_memory_and_time)
{
	static const struct {
		const char *first, *piece, *last;
		enum json_refusal expected;
	} cases[] = {
	    {"", "[", "", JSON_TOO_DEEP},
	    {"", "{\"a\":", "", JSON_TOO_DEEP},
	    {"[", "[],", "[]]", JSON_TOO_MANY},
	    {"[", "1,", "1]", JSON_TOO_MANY},
	    {"{", "\"a\":1,", "\"a\":1}", JSON_TOO_MANY},
	    {"{",
	     "\"the key that is always the same, and so long that few of it fill the "
	     "body\":1,",
	     "\"b\":1}", JSON_DUPLICATE},
	    {"\"", "0123456789", "", JSON_BROKEN},
	    {"\"", "\\n\\u0041", "", JSON_BROKEN},
	    {"", "9", "x", JSON_BROKEN},
	    {"", " ", "", JSON_BROKEN},
	};
	size_t size = 3 * MIB;
	char *text = malloc(size);
	struct json_memory *memory = json_memory_new(12 * MIB);

	assert_non_null(text);
	memset(text, 0, size);
	json_memory_use(memory);
	size_t before = resident();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t length =
		    fill(text, size, cases[i].first, cases[i].piece, cases[i].last);
		double start = cpu_s();
		assert_null(json_read(text, length, &json_review_limits, &why, &err));
		assert_int_equal(why, cases[i].expected);
		/* Some milliseconds; quadratic time would be minutes. */
		assert_true(cpu_s() - start < 3);
		json_memory_use(memory);
		assert_true(resident() < before + RESIDENT_MORE);
	}
	json_memory_use(NULL);
	json_memory_free(memory);
	free(text);
}

/* The most that the limits let through fits. */
static void assert_fullest_needs(const char *value, size_t bytes)
{
	size_t size = 3 * MIB, length = 0;
	char *text = malloc(size + 1);
	struct json_memory *memory = json_memory_new(bytes);

	assert_non_null(text);
	length += (size_t)snprintf(text, size, "{");
	for (unsigned i = 0; i < json_review_limits.values - 1; i++)
		length += (size_t)snprintf(
		    text + length, size - length,
		    "\"the key of this member has number %07u, too\":%s,   ", i, value);
	text[length - 4] = '}';
	assert_in_range(length, size - MIB / 2, size);
	json_memory_use(memory);
	double start = cpu_s();
	assert_non_null(json_read(text, length, &json_review_limits, &why, &err));
	assert_true(cpu_s() - start < 3);
	json_memory_use(NULL);
	json_memory_free(memory);

	memory = json_memory_new(4 * MIB);
	json_memory_use(memory);
	assert_null(json_read(text, length, &json_review_limits, &why, &err));
	assert_int_equal(why, JSON_NO_MEMORY);
	json_memory_use(NULL);
	json_memory_free(memory);
	free(text);
}

CASE(the_fullest_body_needs_5_mib_besides_its_length)
{
	assert_fullest_needs("\"ab\\n\"", 8 * MIB);
	assert_fullest_needs("-1e999", 11 * MIB);
	assert_fullest_needs("\"\\u0000\"", 11 * MIB);
}

/* --- memory ---------------------------------------------------------------------- */

static void *allocate_by_malloc(void *unused)
{
	(void)unused;
	cJSON *tree = read_text("[1, 2, 3]");
	cJSON_Delete(tree);
	return tree;
}

CASE(a_memory_is_the_threads_own_and_is_emptied)
{
	struct json_memory *memory = json_memory_new(64 << 10);
	cJSON *outside = read_text("[1]");
	pthread_t thread;
	void *theirs;

	json_memory_use(memory);
	cJSON *first = read_text("{\"a\": [1, 2]}");
	assert_non_null(first);
	assert_int_equal(pthread_create(&thread, NULL, allocate_by_malloc, NULL), 0);
	pthread_join(thread, &theirs);
	assert_non_null(theirs);

	/* Deleting what came from elsewhere is right at any time. */
	cJSON_Delete(outside);
	cJSON_Delete(first);
	cJSON *second = read_text("[]");
	assert_true(second > first);
	json_memory_use(memory);
	assert_ptr_equal(read_text("[]"), first);
	json_memory_use(NULL);
	json_memory_free(memory);
	json_memory_free(NULL);
}

CASE(getters_take_exact_names_and_pass_over_null)
{
	cJSON *tree = read_text("{\"Name\": \"no\", \"name\": \"yes\", \"n\": null, "
				"\"i\": 1}");

	assert_string_equal(json_text(tree, "name"), "yes");
	assert_null(json_text(tree, "NAME"));
	assert_null(json_member(tree, "n"));
	assert_null(json_text(tree, "i"));
	assert_null(json_member(NULL, "name"));
	assert_null(json_member(json_member(tree, "i"), "name"));
	cJSON_Delete(tree);
}

CASE(words_of_strangers_stay_in_one_line_of_utf8)
{
	char out[12];

	assert_string_equal(sanitize(out, sizeof(out), "a\nb\x7F\xC2\x85"), "a?b??");
	assert_string_equal(sanitize(out, sizeof(out), "12345678901"), "12345678901");
	assert_string_equal(sanitize(out, sizeof(out), "123456789012"), "12345678...");
	assert_string_equal(sanitize(out, sizeof(out), "1234567\xC3\xA9x012"),
			    "1234567...");
	assert_string_equal(sanitize(out, sizeof(out), "\xED\xA0\x80\xE2\x82"),
			    "?????");
	assert_string_equal(sanitize(out, sizeof(out), NULL), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_value_of_the_grammar_is_read),
	    cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
	    cmocka_unit_test(a_nul_byte_is_no_end),
	    cmocka_unit_test(what_nobody_reads_is_kept_as_it_is_written),
	    cmocka_unit_test(what_is_kept_is_nothing_else),
	    cmocka_unit_test(what_must_be_exact_is_refused),
	    cmocka_unit_test(numbers_that_a_double_keeps_are_read_and_printed_equal),
	    cmocka_unit_test(what_is_printed_reads_back_and_keeps_its_order),
	    cmocka_unit_test(a_key_twice_is_refused_where_it_stands_again),
	    cmocka_unit_test(nesting_and_values_are_bounded),
	    cmocka_unit_test(bodies_of_3_mib_are_refused_in_bounded_memory_and_time),
	    cmocka_unit_test(the_fullest_body_needs_5_mib_besides_its_length),
	    cmocka_unit_test(a_memory_is_the_threads_own_and_is_emptied),
	    cmocka_unit_test(getters_take_exact_names_and_pass_over_null),
	    cmocka_unit_test(words_of_strangers_stay_in_one_line_of_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
