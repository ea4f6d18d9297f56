/* SPDX-License-Identifier: Apache-2.0 */
/* routine_words.c - a routine in words. */
#include "base/text.h"
#include "base/units.h"
#include "dormouse/detect.h"

#define EVENING 22 /* hours from here to MORNING are night */
#define MORNING 6

const char *routine_days_name(enum routine_days days)
{
	static const char *const names[ROUTINE_DAYS_COUNT] = {
	    [ROUTINE_NO_FIXED_TIME] = "no-fixed-time",
	    [ROUTINE_SOME_DAYS] = "some-days",
	    [ROUTINE_DAILY] = "daily",
	    [ROUTINE_WEEKDAYS] = "weekdays",
	    [ROUTINE_WEEKLY] = "weekly",
	    [ROUTINE_INTERVAL] = "interval",
	    [ROUTINE_MONTHLY] = "monthly",
	    [ROUTINE_MONTH_END] = "month-end",
	};

	return names[days];
}

static const char *weekday_name(unsigned weekday)
{
	static const char *const names[] = {"Monday",   "Tuesday", "Wednesday",
					    "Thursday", "Friday",  "Saturday",
					    "Sunday"};

	return names[weekday % (sizeof(names) / sizeof(names[0]))];
}

static void put_days(const struct routine_view *view, struct text *t)
{
	unsigned hour = view->second_of_day / 3600;

	switch (view->days) {
	case ROUTINE_DAILY:
		text_put(t,
			 hour >= EVENING || hour < MORNING ? "each night" : "each day");
		break;
	case ROUTINE_WEEKDAYS:
		text_put(t, "weekdays");
		break;
	case ROUTINE_WEEKLY:
		text_printf(t, "each %s", weekday_name(view->weekday));
		break;
	case ROUTINE_INTERVAL:
		text_printf(t, "each %u days", view->every_days);
		break;
	case ROUTINE_MONTHLY:
		text_printf(t, "day %u of each month", view->month_day);
		break;
	case ROUTINE_MONTH_END:
		text_put(t, "each month's end");
		break;
	default:
		text_put(t, "some days");
	}
}

void routine_calendar_words(const struct routine_view *view, struct text *t)
{
	if (view->days == ROUTINE_NO_FIXED_TIME) {
		text_put(t, "no fixed time");
		return;
	}
	put_days(view, t);
	text_printf(t, " around %02u:%02u UTC", view->second_of_day / 3600,
		    view->second_of_day / 60 % 60);
}

void routine_sentence(const struct routine_view *view, struct text *t)
{
	char typical[FORMAT_MAX], most[FORMAT_MAX];

	text_put(t, "Expected from now on: ");
	routine_calendar_words(view, t);
	text_printf(t, ", %u times from ", view->times);
	text_time(t, view->first);
	text_put(t, " to ");
	text_time(t, view->last);
	text_printf(t, "; it sends %s, at most %s, seen in %s",
		    format_quantity(typical, view->typical_bytes, "bytes"),
		    format_quantity(most, view->most_bytes, "bytes"),
		    signal_name(view->signal));
}
