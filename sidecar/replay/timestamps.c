/* SPDX-License-Identifier: Apache-2.0 */
/* timestamps.c - parses the times of a trace in their usual forms. */
#include "timestamps.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define DAY_S        86400
#define FRACTION_MAX 18 /* digits that are used */

enum time_form time_of_number(double number, double *seconds)
{
	static const struct {
		double below, factor;
		enum time_form form;
	} forms[] = {
	    {TIME_SECONDS_MAX, 1, TIME_SECONDS},
	    {TIME_SECONDS_MAX * 1e3, 1e3, TIME_MILLISECONDS},
	    {TIME_SECONDS_MAX * 1e6, 1e6, TIME_MICROSECONDS},
	    {TIME_SECONDS_MAX * 1e9, 1e9, TIME_NANOSECONDS},
	};

	if (!(number > 0))
		return TIME_NONE;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (number < forms[i].below) {
			*seconds = number / forms[i].factor;
			return forms[i].form;
		}
	return TIME_NONE;
}

/* The unread rest of the text. */
struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool take_digits(struct cursor *c, int count, int *number)
{
	int value = 0;

	if (c->end - c->at < count)
		return false;
	for (int i = 0; i < count; i++) {
		if (c->at[i] < '0' || c->at[i] > '9')
			return false;
		value = value * 10 + (c->at[i] - '0');
	}
	c->at += count;
	*number = value;
	return true;
}

static void skip_blanks(struct cursor *c)
{
	while (take(c, ' '))
		;
}

static bool take_word(struct cursor *c, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(c->end - c->at) < length || strncasecmp(c->at, word, length) != 0)
		return false;
	c->at += length;
	return true;
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

/* Days from 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms"). */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, year_of_era = y % 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

/* "2026-01-31", "2026/01/31", or "20260131" before a T. */
static bool take_date(struct cursor *c, int64_t *days)
{
	int year, month, day;
	char separator = '\0';

	if (!take_digits(c, 4, &year))
		return false;
	if (take(c, '-'))
		separator = '-';
	else if (take(c, '/'))
		separator = '/';
	if (!take_digits(c, 2, &month) || (separator && !take(c, separator)) ||
	    !take_digits(c, 2, &day) || year < 1970 || month < 1 || month > 12 ||
	    day < 1 || day > days_of_month(year, month))
		return false;
	*days = days_from_civil(year, month, day);
	return true;
}

/* ".25" or ",25", or nothing. */
static bool take_fraction(struct cursor *c, double *fraction)
{
	double value = 0, unit = 1;
	int digit, count = 0;

	*fraction = 0;
	if (!take(c, '.') && !take(c, ','))
		return true;
	for (; take_digits(c, 1, &digit); count++) {
		if (count >= FRACTION_MAX)
			continue;
		value = value * 10 + digit;
		unit *= 10;
	}
	*fraction = value / unit;
	return count > 0;
}

/* "23:59:59.25", "23:59", "235959". */
static bool take_time_of_day(struct cursor *c, double *seconds)
{
	int hour, minute, second = 0;
	double fraction = 0;

	if (!take_digits(c, 2, &hour))
		return false;
	bool colon = take(c, ':');
	if (!take_digits(c, 2, &minute))
		return false;
	if (colon ? take(c, ':') : (c->at < c->end && *c->at >= '0' && *c->at <= '9'))
		if (!take_digits(c, 2, &second) || !take_fraction(c, &fraction))
			return false;
	if (hour > 24 || minute > 59 || second > 60 ||
	    (hour == 24 && (minute > 0 || second > 0 || fraction > 0)))
		return false;
	*seconds = hour * 3600 + minute * 60 + second + fraction;
	return true;
}

/* "Z", "UTC", "+01:00", "+0100", "+01"; a zone name may follow an offset, as Go prints
 * it. */
static bool take_zone(struct cursor *c, double *offset)
{
	int hours, minutes = 0;
	bool west;

	*offset = 0;
	if (take_word(c, "Z") || take_word(c, "UTC") || take_word(c, "GMT"))
		return true;
	west = c->at < c->end && *c->at == '-';
	if (!take(c, '+') && !take(c, '-'))
		return false;
	if (!take_digits(c, 2, &hours))
		return false;
	if (take(c, ':')
		? !take_digits(c, 2, &minutes)
		: c->at < c->end && *c->at != ' ' && !take_digits(c, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	skip_blanks(c);
	take_word(c, "UTC");
	*offset = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

enum time_form time_of_calendar(const char *text, size_t length, double *seconds)
{
	struct cursor c = {text, text + length};
	double time_of_day = 0, offset = 0;
	int64_t days;
	bool zone = false;

	if (!take_date(&c, &days))
		return TIME_NONE;
	if (c.at < c.end) {
		if (!take_word(&c, "T") && !take(&c, ' '))
			return TIME_NONE;
		skip_blanks(&c);
		if (!take_time_of_day(&c, &time_of_day))
			return TIME_NONE;
		skip_blanks(&c);
		zone = c.at < c.end;
		if (zone && !take_zone(&c, &offset))
			return TIME_NONE;
	}
	double result = (double)days * DAY_S + time_of_day - offset;
	if (c.at != c.end || !(result > 0 && result < CALENDAR_END))
		return TIME_NONE;
	*seconds = result;
	return zone ? TIME_CALENDAR : TIME_LOCAL;
}

const char *time_form_name(enum time_form form)
{
	static const char *const names[] = {
	    [TIME_NONE] = "no form",
	    [TIME_SECONDS] = "Unix seconds",
	    [TIME_MILLISECONDS] = "milliseconds",
	    [TIME_MICROSECONDS] = "microseconds",
	    [TIME_NANOSECONDS] = "nanoseconds",
	    [TIME_CALENDAR] = "ISO 8601",
	    [TIME_LOCAL] = "ISO 8601 without a zone",
	};

	return names[form];
}
