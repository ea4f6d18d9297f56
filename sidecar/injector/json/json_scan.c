/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.c - a strict scanner for the grammar of RFC 8259.
 *
 * cJSON is lenient: any control character is a blank, a number is what strtod() reads
 * of its first 63 characters, a string may hold anything. Its errors have only a
 * position. A text that passes this scanner is read by cJSON exactly, or with the help
 * of json_keep.c.
 */
#include "json_scan.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "base/utf8.h"
#include "json_keep.h"
#include "json_number.h"

#define DIGITS_PLAIN 15 /* a double stores any integer of so many digits */
#define NO_ORDINAL   UINT32_MAX

struct scan {
	const unsigned char *begin, *at, *end;
	const struct json_limits *limits;
	const unsigned char *key; /* of the member that is being read */
	unsigned depth, values;
	unsigned stop_at; /* the value to find */
	struct json_odd odd;
	enum json_refusal why;
	struct error *err;
};

size_t json_scan_blanks(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && (text[n] == ' ' || text[n] == '\n' || text[n] == '\t' ||
			      text[n] == '\r'))
		n++;
	return n;
}

/* Fails at `at`. Lines and columns count from 1, columns in characters. */
static int refuse(struct scan *s, const unsigned char *at, enum json_refusal why,
		  const char *what)
{
	unsigned long line = 1, column = 1;

	for (const unsigned char *p = s->begin; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if ((*p & 0xC0) != 0x80) {
			column++;
		}
	}
	s->why = why;
	return fail(s->err, "line %lu, column %lu: %s", line, column, what);
}

/* Fails because `what` is expected here. */
static int expected(struct scan *s, const char *what)
{
	char text[96];

	if (s->at >= s->end)
		snprintf(text, sizeof(text), "the text ends where %s should be", what);
	else if (*s->at > 0x20 && *s->at < 0x7F)
		snprintf(text, sizeof(text), "'%c' stands where %s should be", *s->at,
			 what);
	else
		snprintf(text, sizeof(text), "byte 0x%02x stands where %s should be",
			 *s->at, what);
	return refuse(s, s->at, JSON_BROKEN, text);
}

static void skip_blanks(struct scan *s)
{
	if (s->at < s->end && *s->at <= ' ')
		s->at +=
		    json_scan_blanks((const char *)s->at, (size_t)(s->end - s->at));
}

static bool next_is(const struct scan *s, unsigned char c)
{
	return s->at < s->end && *s->at == c;
}

static bool next_is_digit(const struct scan *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* --- strings --------------------------------------------------------------------- */

static int scan_utf8(struct scan *s)
{
	size_t length = utf8_length((const char *)s->at, (size_t)(s->end - s->at));

	if (length == 0)
		return refuse(s, s->at, JSON_BROKEN, "this is not UTF-8");
	s->at += length;
	return 0;
}

/* Notes a string that cJSON cannot keep, or refuses it if the limits say so. */
static int odd_string(struct scan *s, const unsigned char *at, const char *what)
{
	if (s->limits->exact)
		return refuse(s, at, JSON_INEXACT, what);
	s->odd.strings = true;
	return 0;
}

/* s->at is after the "\u". */
static int scan_unicode_escape(struct scan *s)
{
	const unsigned char *escape = s->at - 2;
	int unit = json_keep_unit(s->at, s->end);

	if (unit < 0)
		return refuse(s, escape, JSON_BROKEN, "\\u needs four digits");
	s->at += 4;
	if (unit == 0)
		return odd_string(s, escape, "a string with \\u0000 cannot be kept");
	if (unit < 0xD800 || unit > 0xDFFF)
		return 0;
	if (unit <= 0xDBFF && s->end - s->at >= 6 && s->at[0] == '\\' &&
	    s->at[1] == 'u') {
		int low = json_keep_unit(s->at + 2, s->end);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			s->at += 6;
			return 0;
		}
	}
	return odd_string(s, escape, "half a surrogate pair is not a character");
}

static bool is_short_escape(unsigned char c)
{
	return c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' ||
	       c == 'r' || c == 't';
}

static int scan_escape(struct scan *s)
{
	s->at++;
	if (s->at >= s->end)
		return expected(s, "the rest of a string");
	if (*s->at == 'u') {
		s->at++;
		return scan_unicode_escape(s);
	}
	if (!is_short_escape(*s->at))
		return expected(s, "one of \"\\/bfnrtu");
	s->at++;
	return 0;
}

/* Returns the index of the first of eight bytes that is a quote, a backslash, below the
 * blank or above ASCII; 8 if there is none. Each subtraction borrows from a byte's top
 * bit where the byte is special. The borrow may also set the top bits of later bytes,
 * but never of earlier ones. https://graphics.stanford.edu/~seander/bithacks.html,
 * "Determine if a word has a byte less than n" */
static unsigned first_special(const unsigned char *p)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	w = le64toh(w);
	uint64_t quote = w ^ (ones * '"'), backslash = w ^ (ones * '\\');
	uint64_t special =
	    ((w - ones * 0x20) | (quote - ones) | (backslash - ones) | w) & tops;
	return special ? (unsigned)__builtin_ctzll(special) / 8 : 8;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static int scan_string(struct scan *s)
{
	const unsigned char *quote = s->at++;

	for (;;) {
		unsigned step = 8;
		while (step == 8 && s->end - s->at >= 8)
			s->at += step = first_special(s->at);
		while (s->at < s->end && is_plain(*s->at))
			s->at++;
		if (s->at >= s->end)
			return refuse(s, quote, JSON_BROKEN,
				      "this string does not end");

		int done;
		if (*s->at == '"') {
			s->at++;
			return 0;
		}
		if (*s->at == '\\')
			done = scan_escape(s);
		else if (*s->at >= 0x80)
			done = scan_utf8(s);
		else
			done = refuse(s, s->at, JSON_BROKEN,
				      "a control character in a string");
		if (done < 0)
			return -1;
	}
}

/* --- numbers --------------------------------------------------------------------- */

static size_t scan_digits(struct scan *s)
{
	const unsigned char *first = s->at;

	while (next_is_digit(s))
		s->at++;
	return (size_t)(s->at - first);
}

static int scan_number(struct scan *s)
{
	const unsigned char *first = s->at;
	bool plain = true;

	if (next_is(s, '-'))
		s->at++;
	bool zero = next_is(s, '0');
	size_t digits = scan_digits(s);
	if (digits == 0)
		return expected(s, "a digit");
	if (zero && digits > 1)
		return refuse(s, first, JSON_BROKEN, "a number begins with 0");
	if (next_is(s, '.')) {
		s->at++;
		plain = false;
		if (scan_digits(s) == 0)
			return expected(s, "a digit");
	}
	if (next_is(s, 'e') || next_is(s, 'E')) {
		s->at++;
		plain = false;
		if (next_is(s, '+') || next_is(s, '-'))
			s->at++;
		if (scan_digits(s) == 0)
			return expected(s, "a digit");
	}
	if ((plain && digits <= DIGITS_PLAIN) ||
	    json_number_is_exact((const char *)first, (const char *)s->at))
		return 0;
	if (s->limits->exact)
		return refuse(s, first, JSON_INEXACT,
			      "a number that a double cannot store exactly");
	s->odd.numbers++;
	return 0;
}

/* --- values ---------------------------------------------------------------------- */

static int scan_value(struct scan *s);

static int scan_word(struct scan *s, const char *word, size_t length)
{
	if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
		return expected(s, "a value");
	s->at += length;
	return 0;
}

static int enter(struct scan *s)
{
	if (s->depth == s->limits->depth || s->depth == JSON_DEPTH_MAX) {
		char text[64];
		snprintf(text, sizeof(text), "nested deeper than %u levels", s->depth);
		return refuse(s, s->at, JSON_TOO_DEEP, text);
	}
	s->depth++;
	s->at++;
	skip_blanks(s);
	return 0;
}

/* Reads the comma (1) or the end (0) after a member; returns -1 if neither is there. */
static int scan_comma(struct scan *s, unsigned char close, const char *either)
{
	skip_blanks(s);
	if (next_is(s, ',')) {
		s->at++;
		skip_blanks(s);
		return 1;
	}
	if (!next_is(s, close))
		return expected(s, either);
	s->at++;
	s->depth--;
	return 0;
}

static int scan_array(struct scan *s)
{
	int more;

	if (enter(s) < 0)
		return -1;
	if (next_is(s, ']'))
		return scan_comma(s, ']', "");
	do {
		if (scan_value(s) < 0)
			return -1;
		more = scan_comma(s, ']', "a comma or the array's end");
	} while (more > 0);
	return more;
}

static int scan_object(struct scan *s)
{
	int more;

	if (enter(s) < 0)
		return -1;
	if (next_is(s, '}'))
		return scan_comma(s, '}', "");
	do {
		const unsigned char *key = s->at;
		if (!next_is(s, '"'))
			return expected(s, "a key in quotes");
		if (scan_string(s) < 0)
			return -1;
		skip_blanks(s);
		if (!next_is(s, ':'))
			return expected(s, "a colon");
		s->at++;
		skip_blanks(s);
		s->key = key;
		if (scan_value(s) < 0)
			return -1;
		more = scan_comma(s, '}', "a comma or the object's end");
	} while (more > 0);
	return more;
}

static int scan_value(struct scan *s)
{
	if (s->values == s->stop_at)
		return -1;
	if (s->values++ == s->limits->values) {
		char text[64];
		snprintf(text, sizeof(text), "more than %u values", s->limits->values);
		return refuse(s, s->at, JSON_TOO_MANY, text);
	}
	if (s->at >= s->end)
		return expected(s, "a value");
	switch (*s->at) {
	case '{':
		return scan_object(s);
	case '[':
		return scan_array(s);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true", 4);
	case 'f':
		return scan_word(s, "false", 5);
	case 'n':
		return scan_word(s, "null", 4);
	default:
		if (*s->at == '-' || next_is_digit(s))
			return scan_number(s);
		return expected(s, "a value");
	}
}

int json_scan(const char *text, size_t length, const struct json_limits *limits,
	      struct json_odd *odd, enum json_refusal *why, struct error *err)
{
	struct scan s = {.begin = (const unsigned char *)text,
			 .at = (const unsigned char *)text,
			 .end = (const unsigned char *)text + length,
			 .limits = limits,
			 .stop_at = NO_ORDINAL,
			 .err = err};

	skip_blanks(&s);
	int result = scan_value(&s);
	if (result == 0) {
		skip_blanks(&s);
		if (s.at < s.end)
			result = refuse(&s, s.at, JSON_BROKEN,
					"more text after the end of the JSON");
	}
	*odd = s.odd;
	*why = s.why;
	return result;
}

int json_scan_duplicate(const char *text, size_t length, unsigned ordinal,
			const char *key, struct error *err)
{
	static const struct json_limits none = {.depth = JSON_DEPTH_MAX,
						.values = NO_ORDINAL};
	struct scan s = {.begin = (const unsigned char *)text,
			 .at = (const unsigned char *)text,
			 .end = (const unsigned char *)text + length,
			 .limits = &none,
			 .stop_at = ordinal,
			 .err = err};
	char name[64], what[128];

	skip_blanks(&s);
	scan_value(&s);
	sanitize(name, sizeof(name), key);
	snprintf(what, sizeof(what), "the key \"%s\" stands here again", name);
	return refuse(&s, s.key ? s.key : s.begin, JSON_DUPLICATE, what);
}
