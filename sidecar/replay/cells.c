/* SPDX-License-Identifier: Apache-2.0 */
/* cells.c - the values of a trace's cells, and how a row is cut into them.
 *
 * What a row of digits and commas needs is in csv.c; here is everything rarer.
 */
#include "cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/sanitize.h"
#include "base/text.h"

#define NUMBER_MAX    48 /* characters of a number worth reading */
#define COUNTER_LIMIT 0x1p64

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Removes the quotes in place; `*at` is behind the closing one. */
static bool cut_quoted(char **at, const char *end, char **cell, size_t *length)
{
	char *to = *at + 1, *from = to;

	*cell = to;
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
	*length = (size_t)(to - *cell);
	*at = from + 1;
	return true;
}

bool cell_cut(char **at, char *end, char separator, char **cell, size_t *length)
{
	char *p = *at;

	while (p < end && is_blank(*p) && *p != separator)
		p++;
	if (p < end && *p == '"') {
		if (!cut_quoted(&p, end, cell, length))
			return false;
		while (p < end && is_blank(*p) && *p != separator)
			p++;
		if (p < end && *p != separator)
			return false;
	} else {
		char *next = memchr(p, separator, (size_t)(end - p));
		*cell = p;
		p = next ? next : end;
		*length = (size_t)(p - *cell);
		while (*length > 0 && is_blank((*cell)[*length - 1]))
			(*length)--;
	}
	*at = p < end ? p + 1 : NULL;
	return true;
}

static bool is_word(const char *cell, size_t length, const char *word)
{
	return strlen(word) == length && strncasecmp(cell, word, length) == 0;
}

/* A decimal number, with or without an exponent. strtod alone would take infinities and
 * hexadecimal too. `point` is what stands before the decimals. */
static enum cell_kind decimal(const char *cell, size_t length, char point,
			      double *value)
{
	char digits[NUMBER_MAX + 1];
	char *end;

	if (length == 0 || is_word(cell, length, "nan") ||
	    is_word(cell, length, "null"))
		return CELL_EMPTY;
	if (length > NUMBER_MAX)
		return CELL_BAD;
	memcpy(digits, cell, length);
	digits[length] = '\0';
	if (point != '.' && memchr(digits, point, length)) {
		if (memchr(digits, '.', length))
			return CELL_BAD; /* thousands are not told from decimals */
		*(char *)memchr(digits, point, length) = '.';
	}
	if (strspn(digits, "0123456789+-.eE") != length)
		return CELL_BAD;
	*value = strtod(digits, &end);
	return *end == '\0' && isfinite(*value) ? CELL_VALUE : CELL_BAD;
}

/* The whole number, or false when it is none or past 2^64-1. */
static bool whole(const char *cell, size_t length, uint64_t *value)
{
	uint64_t number = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned)(unsigned char)cell[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
	}
	*value = number;
	return length > 0;
}

enum cell_kind cell_counter(const char *cell, size_t length, char point,
			    uint64_t *value)
{
	double number;

	if (whole(cell, length, value))
		return CELL_VALUE;
	enum cell_kind kind = decimal(cell, length, point, &number);
	if (kind != CELL_VALUE)
		return kind;
	number = floor(number + 0.5);
	if (number < 0 || number >= COUNTER_LIMIT)
		return CELL_BAD;
	*value = (uint64_t)number;
	return CELL_VALUE;
}

enum cell_kind cell_time(const char *cell, size_t length, char point,
			 enum time_form *form, double *seconds)
{
	double number;
	enum cell_kind kind = decimal(cell, length, point, &number);

	if (kind == CELL_EMPTY)
		return kind;
	*form = kind == CELL_VALUE ? time_of_number(number, seconds)
				   : time_of_calendar(cell, length, seconds);
	return *form == TIME_NONE ? CELL_BAD : CELL_VALUE;
}

const char *cell_shown(const char *cell, size_t length)
{
	static char shown[32];
	char raw[sizeof(shown) + 1]; /* one more, so that it shows that there is more */
	struct text t = text_over(raw, sizeof(raw));

	for (size_t i = 0; i < length; i++)
		text_put_bytes(&t, cell[i] ? &cell[i] : "?", 1);
	return sanitize(shown, sizeof(shown), raw);
}
