/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - numbers as people read them, in tables. */
#include "format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *format_quantity(char cell[FORMAT_MAX], double value, const char *unit)
{
	static const char prefixes[] = "\0kMGTPE";
	bool bytes = strncmp(unit, "bytes", 5) == 0;
	const char *suffix = strstr(unit, "/s") ? "/s" : "";
	size_t power = 0;

	if (!isfinite(value)) {
		snprintf(cell, FORMAT_MAX, "-");
		return cell;
	}
	while (fabs(value) >= 999.5 && power + 2 < sizeof(prefixes)) {
		value /= 1000;
		power++;
	}
	int decimals = power == 0 && value == floor(value) ? 0
		       : fabs(value) >= 99.95              ? 0
		       : fabs(value) >= 9.995              ? 1
							   : 2;
	const char prefix[] = {prefixes[power], '\0'};
	snprintf(cell, FORMAT_MAX, "%.*f%s%s%s%s", decimals, value,
		 bytes || power > 0 ? " " : "", prefix, bytes ? "B" : "", suffix);
	return cell;
}

const char *format_duration(char cell[FORMAT_MAX], double seconds)
{
	static const struct {
		long long seconds;
		char name;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	if (!(seconds < 1e15)) /* too large, or NaN */
		seconds = 0;
	if (seconds < 60) {
		snprintf(cell, FORMAT_MAX, "%gs", round(fmax(seconds, 0) * 10) / 10);
		return cell;
	}
	const long long whole = llround(seconds);
	while (whole < units[i].seconds)
		i++;
	int length = snprintf(cell, FORMAT_MAX, "%lld%c", whole / units[i].seconds,
			      units[i].name);
	long long rest = whole % units[i].seconds / units[i + 1].seconds;
	if (rest > 0)
		snprintf(cell + length, FORMAT_MAX - (size_t)length, " %lld%c", rest,
			 units[i + 1].name);
	return cell;
}
