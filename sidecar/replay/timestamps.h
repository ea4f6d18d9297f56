/* SPDX-License-Identifier: Apache-2.0 */
/* timestamps.h - the times of a trace, in the forms that people have them in. */
#ifndef DORMOUSE_REPLAY_TIMESTAMPS_H
#define DORMOUSE_REPLAY_TIMESTAMPS_H

#include <stdbool.h>
#include <stddef.h>

/* Numbers since 1970, by their size: none of the ranges overlaps another within the
 * years 1973 to 5138. */
enum time_form {
	TIME_NONE,
	TIME_SECONDS,
	TIME_MILLISECONDS,
	TIME_MICROSECONDS,
	TIME_NANOSECONDS,
	TIME_CALENDAR, /* 2026-01-31T23:59:59Z: ISO 8601, RFC 3339 */
	TIME_LOCAL,    /* the same without a zone, taken as UTC */
};

#define CALENDAR_END     253402300800.0 /* the year 10000, Unix seconds */
#define TIME_SECONDS_MAX 1e11           /* a larger number is none of seconds */

/* A number's form, and its Unix seconds; TIME_NONE for what is not above 0 or past the
 * nanoseconds. */
enum time_form time_of_number(double number, double *seconds);

/* Reads a date and a time of day; TIME_NONE when it is none. */
enum time_form time_of_calendar(const char *text, size_t length, double *seconds);

/* "milliseconds". Static. */
const char *time_form_name(enum time_form form);

#endif
