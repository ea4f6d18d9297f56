/* SPDX-License-Identifier: Apache-2.0 */
/* json_number.c - which numbers a double stores exactly. */
#include "json_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 17 /* enough to distinguish every double */

/* Finds the significant digits, without leading and trailing zeros; returns their
 * count. */
static unsigned significant(const char *p, const char *end, char digits[DIGITS_MAX + 2])
{
	unsigned count = 0, kept = 0;

	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p < '0' || *p > '9' || (count == 0 && *p == '0'))
			continue;
		if (count <= DIGITS_MAX)
			digits[count] = *p;
		count++;
		if (*p != '0')
			kept = count;
	}
	if (kept <= DIGITS_MAX)
		digits[kept] = '\0';
	return kept;
}

bool json_number_is_exact(const char *first, const char *end)
{
	char digits[DIGITS_MAX + 2], copy[64], again[64];
	unsigned count = significant(first, end, digits);

	/* cJSON reads 63 characters of a number. */
	if (count > DIGITS_MAX || (size_t)(end - first) >= sizeof(copy))
		return false;
	memcpy(copy, first, (size_t)(end - first));
	copy[end - first] = '\0';
	double value = strtod(copy, NULL);
	if (count == 0 || !isfinite(value) || value == 0)
		return count == 0;
	snprintf(again, sizeof(again), "%.*e", (int)count - 1, value);
	char kept[DIGITS_MAX + 2];
	const char *tail = again + strcspn(again, "e");
	return significant(again, tail, kept) == count && strcmp(kept, digits) == 0;
}
