/* SPDX-License-Identifier: Apache-2.0 */
/* routine_json.c - a routine as JSON. */
#include "routine_json.h"

#include <math.h>

static void put_hour(const struct routine_view *view, struct json_writer *w)
{
	char buffer[sizeof("23:59")];
	struct text hour = text_over(buffer, sizeof(buffer));

	text_printf(&hour, "%02u:%02u", view->second_of_day / 3600 % 24,
		    view->second_of_day / 60 % 60);
	json_string(w, "timeOfDay", buffer);
}

static void put_words(const struct routine_view *view, struct json_writer *w)
{
	char buffer[96];
	struct text words = text_over(buffer, sizeof(buffer));

	routine_calendar_words(view, &words);
	json_string(w, "words", buffer);
}

static void put_calendar(const struct routine_view *view, struct json_writer *w)
{
	json_object(w, "calendar");
	put_words(view, w);
	json_string(w, "days", routine_days_name(view->days));
	if (view->days != ROUTINE_NO_FIXED_TIME)
		put_hour(view, w);
	if (view->days == ROUTINE_INTERVAL)
		json_unsigned(w, "everyDays", view->every_days);
	json_end(w);
}

void routine_json_members(const struct routine_view *view, struct json_writer *w)
{
	json_string(w, "signal", signal_name(view->signal));
	put_calendar(view, w);
	json_unsigned(w, "times", view->times);
	json_time(w, "first", view->first);
	json_time(w, "last", view->last);
	json_number(w, "typicalBytes", round(view->typical_bytes));
	json_number(w, "mostBytes", round(view->most_bytes));
}

void routine_json(const struct routine_view *view, struct json_writer *w)
{
	json_object(w, NULL);
	json_unsigned(w, "number", view->number);
	routine_json_members(view, w);
	json_end(w);
}
