/* SPDX-License-Identifier: Apache-2.0 */
/* units.c - durations, sizes and other numbers, as people write and read them. */
#include "units.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct unit {
	char name[4];
	double factor; /* 0 ends the list */
};

/* The largest first: "1h30m" is valid, "30m1h" is a typing error. */
static const struct unit duration_units[] = {
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 1e-3}, {"", 0},
};

/* Kubernetes' quantities have no B. */
static const struct unit size_units[] = {
    {"", 1},         {"B", 1},       {"k", 1e3},      {"K", 1e3},      {"kB", 1e3},
    {"KB", 1e3},     {"M", 1e6},     {"MB", 1e6},     {"G", 1e9},      {"GB", 1e9},
    {"T", 1e12},     {"TB", 1e12},   {"Ki", 0x1p10},  {"KiB", 0x1p10}, {"Mi", 0x1p20},
    {"MiB", 0x1p20}, {"Gi", 0x1p30}, {"GiB", 0x1p30}, {"Ti", 0x1p40},  {"TiB", 0x1p40},
    {"", 0},
};

/* Reads a non-negative decimal number and moves *text behind it. strtod() alone would
 * also accept "inf", "nan", exponents and hexadecimal. */
static int take_number(const char **text, double *number)
{
	size_t digits = strspn(*text, "0123456789.");
	char copy[32];
	char *end;

	if (digits == 0 || digits >= sizeof(copy))
		return -1;
	memcpy(copy, *text, digits);
	copy[digits] = '\0';
	*number = strtod(copy, &end);
	if (end != copy + digits)
		return -1;
	*text += digits;
	return 0;
}

/* The unit of that name, NULL: none. */
static const struct unit *find_unit(const struct unit *units, const char *name,
				    size_t length)
{
	for (; units->factor > 0; units++)
		if (strlen(units->name) == length &&
		    memcmp(units->name, name, length) == 0)
			return units;
	return NULL;
}

int parse_duration(const char *text, double *seconds)
{
	const struct unit *least = NULL;
	double sum = 0, number;

	do {
		if (take_number(&text, &number) < 0)
			return -1;
		size_t length = strcspn(text, "0123456789.");
		const struct unit *unit = find_unit(duration_units, text, length);
		if (!unit || (least && unit <= least))
			return -1;
		sum += number * unit->factor;
		least = unit;
		text += length;
	} while (*text);
	*seconds = sum;
	return 0;
}

int parse_size(const char *text, double *bytes)
{
	double number;

	if (take_number(&text, &number) < 0)
		return -1;
	size_t length = strlen(text);
	if (length >= 2 && strcmp(text + length - 2, "/s") == 0)
		length -= 2;
	const struct unit *unit = find_unit(size_units, text, length);
	if (!unit)
		return -1;
	*bytes = number * unit->factor;
	return 0;
}

int parse_count(const char *text, unsigned long minimum, unsigned long maximum,
		unsigned *count)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	if (errno || *end || number < minimum || number > maximum)
		return -1;
	*count = (unsigned)number;
	return 0;
}

int parse_time(const char *text, double *unix_seconds)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	double fraction = 0;
	char *end;

	if (!rest)
		return -1;
	if (*rest == '.') {
		fraction = strtod(rest, &end);
		rest = end;
	}
	if (strcmp(rest, "Z") != 0 || !(fraction >= 0 && fraction < 1))
		return -1;
	*unix_seconds = (double)timegm(&tm) + fraction;
	return *unix_seconds >= 0 ? 0 : -1;
}

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
