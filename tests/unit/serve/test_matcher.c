/* SPDX-License-Identifier: Apache-2.0 */
/* Matchers as Alertmanager reads them, and the regular expressions in them. */
#include <regex.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "base/text.h"
#include "serve/matcher.h"
#include "serve/pattern.h"

static struct error err;

static bool matches(const char *expression, const char *text)
{
	static struct pattern p;
	long budget = 10000000;

	if (pattern_compile(&p, expression, &err) < 0)
		fail_msg("%s", err.text);
	return pattern_matches(&p, text, &budget);
}

CASE(expressions_match_whole_texts)
{
	static const struct {
		const char *expression, *yes, *no;
	} cases[] = {
	    {"", "", "a"},
	    {"abc", "abc", "xabc"},
	    {"abc", "abc", "abcx"},
	    {"a|bc|d", "bc", "ad"},
	    {"a|bc|d", "d", ""},
	    {"a||b", "", "ab"},
	    {"(a|b)*c", "abbac", "abba"},
	    {"(?:a|b)+", "ba", ""},
	    {"(?P<x>a)(?<y>b)", "ab", "a"},
	    {"a.c",
	     "a\xC3\xA9"
	     "c",
	     "ac"},
	    {"a.c", "abc", "a\nc"},
	    {"(?s)a.c", "a\nc", "ac"},
	    {".*", "", "\n"},
	    {".+?", "anything", ""},
	    {"a{2,3}?b", "aaab", "ab"},
	    {"a{3}", "aaa", "aaaa"},
	    {"a{2,}", "aaaaa", "a"},
	    {"a{0}b", "b", "ab"},
	    {"(ab){0,2}", "abab", "ababab"},
	    {"x{,3}", "x{,3}", "xx"},
	    {"x{a}", "x{a}", "xa"},
	    {"[a-cx]+", "abcx", "d"},
	    {"[^a-c]", "\xC3\xA9", "b"},
	    {"[]a]+", "]a", "b"},
	    {"[^]a]", "b", "]"},
	    {"[a-]+", "-a", "b"},
	    {"[\\]\\-a]+", "]-a", "\\"},
	    {"[[:digit:]_]+", "4_2", "a"},
	    {"[[:^digit:]]", "a", "4"},
	    {"\\d+\\.\\d+", "10.5", "10x5"},
	    {"\\D", "x", "1"},
	    {"\\w+-\\W", "a_1-%", "--%"},
	    {"[\\d\\s]+", "1 2", "x"},
	    {"\\S", "x", " "},
	    {"[^\\d]", "x", "7"},
	    {"[\\D]", "x", "7"},
	    {"^abc$", "abc", "ab"},
	    {"\\Aab\\z", "ab", "b"},
	    {"a\\b.c", "a-c", "abc"},
	    {"a\\Bb", "ab", "a"},
	    {"(?i)DormOuse", "dORMoUSE", "dormous"},
	    {"(?i:a)b", "Ab", "AB"},
	    {"(?i)[a-c]+", "ABC", "D"},
	    {"(?i)[^a]", "b", "A"},
	    {"a(?i)b(?-i)c", "aBc", "aBC"},
	    {"((?i)a)b", "Ab", "aB"},
	    {"\\x41\\x{e9}\\077", "A\xC3\xA9?", "A"},
	    {"\\.\\*\\[\\(\\\\", ".*[(\\", "x"},
	    {"\\t\\n", "\t\n", "tn"},
	    {"\xC3\xA9+", "\xC3\xA9\xC3\xA9", "\xC3"},
	    {"(a*)*b", "aab", "aa"},
	    {"(a*)+", "", "b"},
	    {"(|a)+", "aaa", "b"},
	    {"(^|x)a($|y)", "xay", "xa y"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!matches(cases[i].expression, cases[i].yes))
			fail_msg("%s does not match \"%s\"", cases[i].expression,
				 cases[i].yes);
		if (matches(cases[i].expression, cases[i].no))
			fail_msg("%s matches \"%s\"", cases[i].expression, cases[i].no);
	}
}

CASE(what_is_wrong_or_not_known_is_refused_with_a_reason)
{
	static const struct {
		const char *expression, *reason;
	} cases[] = {
	    {"(", "missing closing ): `(`"},
	    {"(a", "missing closing )"},
	    {"a)", "unexpected )"},
	    {"[a", "missing closing ]"},
	    {"[", "missing closing ]"},
	    {"[]", "missing closing ]"},
	    {"[z-a]", "invalid character class range"},
	    {"*a", "missing argument to repetition operator"},
	    {"a|*", "missing argument to repetition operator"},
	    {"a**", "invalid nested repetition operator"},
	    {"a{2}{3}", "invalid nested repetition operator"},
	    {"a{1001}", "invalid repeat count"},
	    {"a{3,2}", "invalid repeat count"},
	    {"a{99999999999999999999}", "invalid repeat count"},
	    {"\\", "trailing backslash at end of expression"},
	    {"[\\", "trailing backslash at end of expression"},
	    {"\\q", "invalid escape sequence"},
	    {"\\1", "invalid escape sequence"},
	    {"\\x4", "invalid escape sequence"},
	    {"\\x{110000}", "invalid escape sequence"},
	    {"\\x{41", "invalid escape sequence"},
	    {"\\pL", "Unicode classes are not supported here"},
	    {"\\Qa\\E", "invalid escape sequence"},
	    {"(?m)a", "invalid or unsupported Perl syntax"},
	    {"(?=a)", "invalid or unsupported Perl syntax"},
	    {"(?<!a)", "invalid or unsupported Perl syntax"},
	    {"(?", "invalid or unsupported Perl syntax"},
	    {"(?P<", "invalid or unsupported Perl syntax"},
	    {"(?i", "invalid or unsupported Perl syntax"},
	    {"\xFF", "invalid UTF-8"},
	    {"a{1000}{2}", "invalid nested repetition operator"},
	    {"(a{1000}){2}", "expression too large"},
	    {"(((((a{9}){9}){9}){9}){9}){9}", "expression too large"},
	    {"((((){1000}){1000}){1000}){1000}", "expression too large"},
	    {"((((((((((((((((((((((((((((((((((((((((((((((((((((a"
	     "))))))))))))))))))))))))))))))))))))))))))))))))))))",
	     "nests too deeply"},
	};
	static struct pattern p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err.text[0] = '\0';
		int result = pattern_compile(&p, cases[i].expression, &err);

		if (result != -1 || !strstr(err.text, cases[i].reason))
			fail_msg("%s: %d, %s", cases[i].expression, result, err.text);
	}
}

/* --- against the C library, where both know the syntax -------------------------------
 */
static void put_any_expression(struct text *t, int depth);

static void put_any_atom(struct text *t, int depth)
{
	static const char *const atoms[] = {"a",    "b",    "c",    ".",
					    "[ab]", "[^a]", "[b-d]"};

	if (depth > 0 && random() % 3 == 0) {
		text_put(t, "(");
		put_any_expression(t, depth - 1);
		text_put(t, ")");
	} else {
		text_put(t, atoms[random() % 7]);
	}
}

static void put_any_expression(struct text *t, int depth)
{
	static const char *const repeats[] = {"*",    "+",     "?",     "{2}", "{0,2}",
					      "{1,}", "{1,3}", "{2,4}", "{0,}"};

	for (long n = random() % 2; n >= 0; n--) {
		for (long m = random() % 3; m >= 0; m--) {
			put_any_atom(t, depth);
			if (random() % 3 == 0)
				text_put(t, repeats[random() % 9]);
		}
		if (n > 0)
			text_put(t, "|");
	}
}

/* With glibc's: musl's takes seven characters where an expression needs eight. */
CASE(random_expressions_agree_with_the_c_library)
{
#ifndef __GLIBC__
	print_message("musl's own answers are wrong for some of them\n");
	skip();
#endif
	static struct pattern p;
	unsigned long compared = 0, matched = 0;

	srandom(9);
	for (int run = 0; run < 3000; run++) {
		char expression[512], anchored[600];
		struct text t = text_over(expression, sizeof(expression));
		regex_t theirs;

		put_any_expression(&t, 2);
		if (t.overflowed || pattern_compile(&p, expression, &err) < 0)
			continue;
		snprintf(anchored, sizeof(anchored), "^(%s)$", expression);
		assert_int_equal(regcomp(&theirs, anchored, REG_EXTENDED | REG_NOSUB),
				 0);
		for (int n = 0; n < 20; n++) {
			char text[9] = "";
			long budget = 1000000;

			for (long length = random() % 8, i = 0; i < length; i++)
				text[i] = (char)('a' + random() % 4);
			bool their = regexec(&theirs, text, 0, NULL, 0) == 0;
			if (pattern_matches(&p, text, &budget) != their)
				fail_msg("%s and \"%s\": they say %d", expression, text,
					 their);
			compared++;
			matched += their;
		}
		regfree(&theirs);
	}
	assert_true(compared > 30000);
	assert_true(matched > compared / 20);
}

/* Doubling the text doubles the cost, for what makes backtrackers explode, too. */
CASE(cost_is_bounded_whatever_the_expression)
{
	static const char *const bad[] = {
	    "(a*)*b", "(a|a)*b",           "(a+)+$b",
	    "(.*)*x", "((a?){30}a{30})*b", "(a{0,30}){0,30}"};
	static char text[251];
	static struct pattern p;

	memset(text, 'a', sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		long budget = 10000000, before = budget;

		if (pattern_compile(&p, bad[i], &err) < 0)
			continue;
		pattern_matches(&p, text, &budget);
		assert_true(before - budget <= 2L * (p.length + 1) * 252);
	}
	long none = 10;
	assert_int_equal(pattern_compile(&p, "a*", &err), 0);
	assert_false(pattern_matches(&p, text, &none));
	assert_true(none < 0);
}

/* --- matchers ------------------------------------------------------------------------
 */
CASE(matchers_are_read_as_alertmanager_reads_them)
{
	static const struct {
		const char *text, *name, *value;
		bool negated, regex;
	} cases[] = {
	    {"foo=bar", "foo", "bar", false, false},
	    {"foo=\"bar\"", "foo", "bar", false, false},
	    {"foo!=bar", "foo", "bar", true, false},
	    {"foo=~b.*", "foo", "b.*", false, true},
	    {"foo!~\"b.*\"", "foo", "b.*", true, true},
	    {"  foo \t= \n \"b r\"  ", "foo", "b r", false, false},
	    {"foo=", "foo", "", false, false},
	    {"foo=\"\"", "foo", "", false, false},
	    {"foo!=", "foo", "", true, false},
	    {"foo= ~bar", "foo", "~bar", false, false},
	    {"foo==bar", "foo", "=bar", false, false},
	    {"foo=bar=baz", "foo", "bar=baz", false, false},
	    {"foo=a,b", "foo", "a,b", false, false},
	    {"foo=\\\"bar", "foo", "\"bar", false, false},
	    {"foo=\"a\\\"b\\\\c\\nd\"", "foo", "a\"b\\c\nd", false, false},
	    {"foo=\\d\\", "foo", "\\d\\", false, false},
	    {"foo=\xC3\xA9", "foo", "\xC3\xA9", false, false},
	    {"_a:b1=x", "_a:b1", "x", false, false},
	    {"\"foo\"=bar", "foo", "bar", false, false},
	    {"\"a \\\"b\"=\"c\"", "a \"b", "c", false, false},
	    {"\xC3\xA9=x", "\xC3\xA9", "x", false, false},
	};
	static struct matcher m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (matcher_parse(&m, cases[i].text, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(m.name, cases[i].name);
		assert_string_equal(m.value, cases[i].value);
		assert_int_equal(m.negated, cases[i].negated);
		assert_int_equal(m.regex, cases[i].regex);
	}
}

CASE(bad_matchers_are_refused)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
	    {"", "bad matcher format: "},
	    {"foo", "bad matcher format: foo"},
	    {"=bar", "bad matcher format: =bar"},
	    {"foo!bar", "bad matcher format"},
	    {"foo~bar", "bad matcher format"},
	    {"foo bar=baz", "bad matcher format"},
	    {"\"foo=bar", "bad matcher format"},
	    {"\"\"=bar", "bad matcher format"},
	    {"{foo=bar}", "bad matcher format"},
	    {"foo=\"bar", "matcher value contains unescaped double quote: \"bar"},
	    {"foo=bar\"", "matcher value contains unescaped double quote: bar\""},
	    {"foo=\"", "matcher value contains unescaped double quote"},
	    {"foo=\"a\"b\"", "matcher value contains unescaped double quote"},
	    {"foo=\"a\\\"", "matcher value contains unescaped double quote"},
	    {"foo=\xFF", "matcher value not valid UTF-8"},
	    {"foo=~[", "error parsing regexp: missing closing ]: `[`"},
	};
	static char endless[3000];
	static struct matcher m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err.text[0] = '\0';
		if (matcher_parse(&m, cases[i].text, &err) != -1 ||
		    strncmp(err.text, cases[i].reason, strlen(cases[i].reason)) != 0)
			fail_msg("%s: %s", cases[i].text, err.text);
	}
	memset(endless, 'x', sizeof(endless) - 1);
	memcpy(endless, "foo=", 4);
	assert_int_equal(matcher_parse(&m, endless, &err), -1);
	assert_non_null(strstr(err.text, "too long"));
	/* A name that no label has is no mistake. */
	memcpy(endless, "xxxx", 4);
	endless[2000] = '=';
	endless[2002] = '\0';
	assert_int_equal(matcher_parse(&m, endless, &err), 0);
	assert_string_equal(m.name, "");
}

CASE(a_label_that_is_not_there_is_empty)
{
	static const struct {
		const char *text, *value;
		bool taken;
	} cases[] = {
	    {"a=x", "x", true},    {"a=x", "", false},    {"a=", "", true},
	    {"a!=x", "", true},    {"a!=", "x", true},    {"a!=", "", false},
	    {"a=~x|y", "y", true}, {"a=~x|y", "", false}, {"a!~x|y", "", true},
	    {"a=~.*", "", true},   {"a=~.+", "", false},  {"a!~.+", "", true},
	    {"a=~x", "xx", false}, {"a!~x", "xx", true},
	};
	static struct matcher m;
	long budget = 100000;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(matcher_parse(&m, cases[i].text, &err), 0);
		if (matcher_takes(&m, cases[i].value, &budget) != cases[i].taken)
			fail_msg("%s and \"%s\"", cases[i].text, cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(expressions_match_whole_texts),
	    cmocka_unit_test(what_is_wrong_or_not_known_is_refused_with_a_reason),
	    cmocka_unit_test(random_expressions_agree_with_the_c_library),
	    cmocka_unit_test(cost_is_bounded_whatever_the_expression),
	    cmocka_unit_test(matchers_are_read_as_alertmanager_reads_them),
	    cmocka_unit_test(bad_matchers_are_refused),
	    cmocka_unit_test(a_label_that_is_not_there_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
