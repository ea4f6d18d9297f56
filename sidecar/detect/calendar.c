/* SPDX-License-Identifier: Apache-2.0 */
/* calendar.c - when something recurs: its time of day, and on which days. */
#include "calendar.h"

#include <math.h>

#include "series.h"

#define NEWER_COUNT   8    /* the average of the time of day covers about so many */
#define MONTH_LEAST   27   /* days between two months' ends, less one for the clock */
#define SHARE_LEAST   0.5  /* of the days that the calendar names had an occasion */
#define WEEKDAYS_ONLY 0x1f /* Monday to Friday */
#define WEEK          7

static int64_t day_of(double at)
{
	return (int64_t)floor(at / DAY_S);
}

/* Returns the day of the month, 1 to 31, of a day since 1970 (Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days). */
static unsigned month_day(int64_t day)
{
	int64_t of_era = (day + 719468) % 146097;
	int64_t year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	return (unsigned)(of_year - (153 * month + 2) / 5 + 1);
}

static void note_day(struct calendar *c, double at)
{
	int64_t day = day_of(at);

	c->weekdays |= 1u << (day + 3) % WEEK; /* day 0 was a Thursday */
	c->month_days |= 1u << month_day(day);
	if (month_day(day + 1) != 1)
		c->month_ends = 0;
}

void calendar_begin(struct calendar *c, double at)
{
	*c = (struct calendar){.first = at,
			       .last = at,
			       .second = fmod(at, DAY_S),
			       .times = 1,
			       .month_ends = 1};
	note_day(c, at);
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	while (b > 0) {
		uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Moves the average time of day towards that of `at`. */
static void follow_hour(struct calendar *c, double at)
{
	double off = fmod(fmod(at, DAY_S) - c->second + 1.5 * DAY_S, DAY_S) - DAY_S / 2;
	double weight = 1.0 / (c->times < NEWER_COUNT ? c->times : NEWER_COUNT);

	c->second = fmod(c->second + off * weight + DAY_S, DAY_S);
}

void calendar_add(struct calendar *c, double at)
{
	uint32_t gap = (uint32_t)fmax(round((at - c->last) / DAY_S), 1);

	if (c->times < UINT32_MAX)
		c->times++;
	c->gap_days = common_divisor(gap, c->gap_days);
	if (c->gap_least == 0 || gap < c->gap_least)
		c->gap_least = gap;
	c->last = at;
	follow_hour(c, at);
	note_day(c, at);
}

double calendar_apart(double a, double b)
{
	double off = fmod(fabs(a - b), DAY_S);

	return fmin(off, DAY_S - off);
}

bool calendar_at_hour(const struct calendar *c, double at, double play_s)
{
	return calendar_apart(at, c->second) < play_s ||
	       calendar_apart(at, c->last) < play_s;
}

/* Whether enough of the days that come every `days` had an occasion: at least `share`.
 */
static bool fills(const struct calendar *c, uint32_t days, double share)
{
	double span = round((c->last - c->first) / DAY_S) / days;

	return c->times - 1 >= share * span;
}

static bool one_bit(uint32_t bits)
{
	return bits != 0 && (bits & (bits - 1)) == 0;
}

static enum routine_days days_of(const struct calendar *c)
{
	double span = c->last - c->first;

	if (c->times < 2)
		return ROUTINE_SOME_DAYS;
	if (c->gap_least >= MONTH_LEAST && c->month_ends == 1)
		return ROUTINE_MONTH_END;
	if (c->gap_least >= MONTH_LEAST && one_bit(c->month_days))
		return ROUTINE_MONTHLY;
	if (!fills(c, c->gap_days, SHARE_LEAST))
		return ROUTINE_SOME_DAYS;
	if (c->gap_days == 1)
		return (c->weekdays & ~(uint32_t)WEEKDAYS_ONLY) == 0 &&
			       span >= WEEK * DAY_S
			   ? ROUTINE_WEEKDAYS
			   : ROUTINE_DAILY;
	return c->gap_days == WEEK ? ROUTINE_WEEKLY : ROUTINE_INTERVAL;
}

static unsigned first_bit(uint32_t bits)
{
	return bits != 0 ? (unsigned)__builtin_ctz(bits) : 0;
}

void calendar_describe(const struct calendar *c, struct routine_view *view)
{
	view->days = days_of(c);
	view->second_of_day = (unsigned)c->second;
	view->every_days = c->gap_days;
	view->weekday = first_bit(c->weekdays);
	view->month_day = first_bit(c->month_days);
}

void routine_view_days(struct routine_view *view)
{
	int64_t day = day_of(view->last);

	view->weekday = (unsigned)((day + 3) % WEEK);
	view->month_day = month_day(day);
}

bool calendar_sound(const struct calendar *c)
{
	return c->first >= 0 && c->first <= c->last && c->last < TIME_MAX &&
	       c->second >= 0 && c->second <= DAY_S;
}
