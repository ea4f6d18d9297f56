/* SPDX-License-Identifier: Apache-2.0 */
/* fields.c - cuts a row into fields and parses their values.
 *
 * csv.c reads rows of digits and commas itself; this file handles all other forms.
 */
#include "fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/sanitize.h"
#include "base/text.h"

#define NUMBER_MAX    48 /* a longer number is invalid */
#define COUNTER_LIMIT 0x1p64

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Removes the quotes in place; moves `*at` behind the closing quote. */
static bool cut_quoted(char **at, const char *end, char **field, size_t *length)
{
	char *to = *at + 1, *from = to;

	*field = to;
	for (; from < end; from++) {
		if (*from == '"') {
			if (from + 1 < end && from[1] == '"')
				from++;
			else
				break;
		}
		*to++ = *from;
	}
	if (from == end)
		return false;
	*length = (size_t)(to - *field);
	*at = from + 1;
	return true;
}

bool field_cut(char **at, char *end, char separator, char **field, size_t *length)
{
	char *p = *at;

	while (p < end && is_blank(*p) && *p != separator)
		p++;
	if (p < end && *p == '"') {
		if (!cut_quoted(&p, end, field, length))
			return false;
		while (p < end && is_blank(*p) && *p != separator)
			p++;
		if (p < end && *p != separator)
			return false;
	} else {
		char *next = memchr(p, separator, (size_t)(end - p));
		*field = p;
		p = next ? next : end;
		*length = (size_t)(p - *field);
		while (*length > 0 && is_blank((*field)[*length - 1]))
			(*length)--;
	}
	*at = p < end ? p + 1 : NULL;
	return true;
}

static bool is_word(const char *field, size_t length, const char *word)
{
	return strlen(word) == length && strncasecmp(field, word, length) == 0;
}

/* Parses a decimal number, with or without an exponent. strtod alone would also accept
 * infinities and hexadecimal numbers. `point` is the decimal point. */
static enum field_kind decimal(const char *field, size_t length, char point,
			       double *value)
{
	char digits[NUMBER_MAX + 1];
	char *end;

	if (length == 0 || is_word(field, length, "nan") ||
	    is_word(field, length, "null"))
		return FIELD_EMPTY;
	if (length > NUMBER_MAX)
		return FIELD_BAD;
	memcpy(digits, field, length);
	digits[length] = '\0';
	if (point != '.' && memchr(digits, point, length)) {
		if (memchr(digits, '.', length))
			return FIELD_BAD; /* separators of thousands are ambiguous */
		*(char *)memchr(digits, point, length) = '.';
	}
	if (strspn(digits, "0123456789+-.eE") != length)
		return FIELD_BAD;
	*value = strtod(digits, &end);
	return *end == '\0' && isfinite(*value) ? FIELD_VALUE : FIELD_BAD;
}

/* Parses an integer; returns false when the field is not one or exceeds 2^64-1. */
static bool whole(const char *field, size_t length, uint64_t *value)
{
	uint64_t number = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned)(unsigned char)field[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
	}
	*value = number;
	return length > 0;
}

enum field_kind field_counter(const char *field, size_t length, char point,
			      uint64_t *value)
{
	double number;

	if (whole(field, length, value))
		return FIELD_VALUE;
	enum field_kind kind = decimal(field, length, point, &number);
	if (kind != FIELD_VALUE)
		return kind;
	number = floor(number + 0.5);
	if (number < 0 || number >= COUNTER_LIMIT)
		return FIELD_BAD;
	*value = (uint64_t)number;
	return FIELD_VALUE;
}

enum field_kind field_time(const char *field, size_t length, char point,
			   enum time_form *form, double *seconds)
{
	double number;
	enum field_kind kind = decimal(field, length, point, &number);

	if (kind == FIELD_EMPTY)
		return kind;
	*form = kind == FIELD_VALUE ? time_of_number(number, seconds)
				    : time_of_calendar(field, length, seconds);
	return *form == TIME_NONE ? FIELD_BAD : FIELD_VALUE;
}

const char *field_shown(const char *field, size_t length)
{
	static char shown[32];
	char raw[sizeof(shown) + 1]; /* one byte more, to detect truncation */
	struct text t = text_over(raw, sizeof(raw));

	for (size_t i = 0; i < length; i++)
		text_put_bytes(&t, field[i] ? &field[i] : "?", 1);
	return sanitize(shown, sizeof(shown), raw);
}
