/* SPDX-License-Identifier: Apache-2.0 */
/* calendar.h - when something recurs: its time of day (UTC), and on which days. */
#ifndef DORMOUSE_DETECT_CALENDAR_H
#define DORMOUSE_DETECT_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "dormouse/detect.h"

/* How far the same time of day may be off, seconds. What is known well may also move by
 * an hour, because its clock has daylight saving. */
#define PLAY_S       (45 * 60.0)
#define PLAY_KNOWN_S (90 * 60.0)

/* All occasions began at about the same time of day. */
struct calendar {
	double first, last; /* the occasions' begin, Unix seconds */
	double second;  /* of the day: when it begins, on average of the newer ones */
	uint32_t times; /* separate occasions */
	uint32_t weekdays;   /* bit 0: some were on a Monday */
	uint32_t month_days; /* bit n: some were on day n of the month */
	uint32_t gap_days;   /* the greatest common divisor of the days between */
	uint32_t gap_least;  /* the fewest days between two */
	uint32_t month_ends; /* 1: all were on the last day of a month; else 0 */
};

/* Sets the calendar to one occasion. */
void calendar_begin(struct calendar *c, double at);

/* Adds a later occasion on another day. */
void calendar_add(struct calendar *c, double at);

/* Returns how far two moments are from the same time of day, 0 to 43200 seconds. */
double calendar_apart(double a, double b);

/* Whether `at` is within `play_s` seconds of the time of day of the average or of the
 * last occasion. */
bool calendar_at_hour(const struct calendar *c, double at, double play_s);

/* Fills in the calendar's part of the view: which days, and what time. */
void calendar_describe(const struct calendar *c, struct routine_view *view);

bool calendar_sound(const struct calendar *c);

#endif
