/* SPDX-License-Identifier: Apache-2.0 */
/* quantity.c - reads Kubernetes' quantities. */
#include "quantity.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS     "0123456789"
#define NUMBER_MAX 100 /* digits; a real quantity has far fewer */

static const struct {
	const char *suffix;
	double factor;
} suffixes[] = {
    {"", 1},        {"n", 1e-9},    {"u", 1e-6},    {"m", 1e-3},
    {"k", 1e3},     {"M", 1e6},     {"G", 1e9},     {"T", 1e12},
    {"P", 1e15},    {"E", 1e18},    {"Ki", 0x1p10}, {"Mi", 0x1p20},
    {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60},
};

/* Returns the length of a leading "12", "12.5", ".5" or "12.", or 0. */
static size_t number_length(const char *text)
{
	size_t whole = strspn(text, DIGITS), fraction = 0, length = whole;

	if (text[whole] == '.') {
		fraction = strspn(text + whole + 1, DIGITS);
		length += 1 + fraction;
	}
	return whole + fraction > 0 ? length : 0;
}

/* Whether the whole text is an exponent, such as "e3" or "E-3". */
static bool has_exponent(const char *text)
{
	if (*text != 'e' && *text != 'E')
		return false;
	text++;
	if (*text == '+' || *text == '-')
		text++;
	return *text && text[strspn(text, DIGITS)] == '\0';
}

int quantity_read(const char *text, double *value)
{
	size_t sign = *text == '+' || *text == '-';
	size_t length = number_length(text + sign);
	const char *suffix = text + sign + length;
	double number;

	if (length == 0 || length > NUMBER_MAX)
		return -1;
	/* strtod() also accepts "0x1" and "1e3". The suffix check below refuses the
	 * first; the second is valid. */
	number = strtod(text, NULL);
	if (has_exponent(suffix)) {
		if (!isfinite(number))
			return -1;
		*value = number;
		return 0;
	}
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strcmp(suffix, suffixes[i].suffix) == 0) {
			*value = number * suffixes[i].factor;
			return 0;
		}
	return -1;
}
