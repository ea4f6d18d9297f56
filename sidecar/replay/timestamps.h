/* SPDX-License-Identifier: Apache-2.0 */
/* timestamps.h - parses the times of a trace in their usual forms. */
#ifndef DORMOUSE_REPLAY_TIMESTAMPS_H
#define DORMOUSE_REPLAY_TIMESTAMPS_H

#include <stdbool.h>
#include <stddef.h>

/* Numbers since 1970 are recognised by their size: within the years 1973 to 5138 the
 * ranges do not overlap. */
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
#define TIME_SECONDS_MAX 1e11           /* a larger number is not in seconds */

/* Returns the form of a number and sets its Unix seconds; TIME_NONE when it is not
 * above 0 or beyond the nanosecond range. */
enum time_form time_of_number(double number, double *seconds);

/* Parses a date and a time of day; TIME_NONE when the text is not one. */
enum time_form time_of_calendar(const char *text, size_t length, double *seconds);

/* The name, such as "milliseconds". Static. */
const char *time_form_name(enum time_form form);

#endif
