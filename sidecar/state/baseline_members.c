/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_members.c - the rows of a baseline document, written and read. */
#include "baseline_members.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "baseline_document.h"

#define NUMBERS_MAX 8

#define DOCUMENT(type, name, member, most)                                             \
	MEMBER(struct baseline_document, type, name, member, most)
#define SERIES(type, name, member)                                                     \
	MEMBER(struct past_series, type, name, member, AMOUNT_MAX)
#define VIEW(type, name, member, most)                                                 \
	MEMBER(struct routine_view, type, name, member, most)
#define PEER(type, name, member, most)                                                 \
	MEMBER(struct baseline_use, type, name, member, most)

static const struct member head[] = {
    DOCUMENT(NAME, "workload", workload, 0),
    DOCUMENT(NAME, "cluster", cluster, 0),
    DOCUMENT(TIME, "since", past.since, 0),
    DOCUMENT(TIME, "until", past.until, 0),
    DOCUMENT(COUNT, "pods", past.pods, 1e9),
    DOCUMENT(WHOLE, "watchedSeconds", past.watched_s, SECONDS_MAX),
    DOCUMENT(WHOLE, "longestSeconds", past.longest_s, SECONDS_MAX),
    DOCUMENT(WHOLE, "startSeconds", past.start_s, SECONDS_MAX),
    DOCUMENT(WHOLE, "judgedSeconds", past.judged_s, SECONDS_MAX),
    DOCUMENT(NUMBER, "dormantShare", past.dormant_share, 1),
};

static const struct member settings[] = {
    DOCUMENT(NUMBER, "interval", past.interval_s, SECONDS_MAX),
    DOCUMENT(NUMBER, "learn", learn_s, SECONDS_MAX),
    DOCUMENT(NUMBER, "dormantAfter", dormant_after_s, SECONDS_MAX),
};

static const struct member series[] = {
    SERIES(WHOLE, "watchedSeconds", watched_s),
    SERIES(WHOLE, "intervals", intervals),
    SERIES(NUMBER, "mean", mean),
    SERIES(NUMBER, "stddev", stddev),
    SERIES(NUMBERS, "quantiles", quantile),
    SERIES(NUMBERS, "greatest", greatest),
    SERIES(NUMBERS, "third", third),
    SERIES(NUMBERS, "tenth", tenth),
    SERIES(NUMBERS, "start", start),
};

static const struct member departure[] = {
    VIEW(COUNT, "times", times, 1e9),
    VIEW(TIME, "first", first, 0),
    VIEW(TIME, "last", last, 0),
    VIEW(NUMBER, "typicalBytes", typical_bytes, AMOUNT_MAX),
    VIEW(NUMBER, "mostBytes", most_bytes, AMOUNT_MAX),
};

static const struct member peer[] = {
    PEER(COUNT, "port", port, 65535),
    PEER(NUMBER, "bytes", bytes, AMOUNT_MAX),
    PEER(NUMBER, "connections", connections, AMOUNT_MAX),
};

#define ROWS(table)                                                                    \
	{                                                                              \
		(table), sizeof(table) / sizeof((table)[0])                            \
	}
const struct members baseline_head = ROWS(head), baseline_settings = ROWS(settings),
		     baseline_series = ROWS(series),
		     baseline_departure = ROWS(departure), baseline_peer = ROWS(peer);

/* --- writing ---------------------------------------------------------------------- */

double baseline_rounded(double value)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%.3e", value);
	return strtod(digits, NULL);
}

static bool is_zero(const double *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (values[i] > 0)
			return false;
	return true;
}

void baseline_put_numbers(struct json_writer *w, const char *name, const double *values,
			  unsigned count)
{
	if (is_zero(values, count))
		return;
	json_array(w, name);
	for (unsigned i = 0; i < count; i++)
		json_number(w, NULL, baseline_rounded(values[i]));
	json_end(w);
}

static unsigned count_of(const struct member *m)
{
	return m->size / sizeof(double);
}

static void put_member(const struct member *m, const void *object,
		       struct json_writer *w)
{
	const void *at = (const char *)object + m->offset;
	const double *number = at;

	switch ((enum member_type)m->type) {
	case MEMBER_NAME:
		if (*(const char *)at)
			json_string(w, m->name, at);
		break;
	case MEMBER_TIME:
		json_time_or_null(w, m->name, *number);
		break;
	case MEMBER_COUNT:
		json_unsigned(w, m->name, *(const unsigned *)at);
		break;
	case MEMBER_WHOLE:
		json_number(w, m->name, round(*number));
		break;
	case MEMBER_NUMBER:
		json_number(w, m->name, baseline_rounded(*number));
		break;
	case MEMBER_NUMBERS:
		baseline_put_numbers(w, m->name, number, count_of(m));
		break;
	}
}

void baseline_put_members(const struct members *members, const void *object,
			  struct json_writer *w)
{
	for (size_t i = 0; i < members->count; i++)
		put_member(&members->rows[i], object, w);
}

/* --- reading ---------------------------------------------------------------------- */

int baseline_refuse(struct error *err, const char *of, const char *name,
		    const char *wanted)
{
	return fail(err, "%s%s%s: expected %s", of, of[0] ? ": " : "", name, wanted);
}

static bool is_number(const cJSON *item, double most)
{
	return cJSON_IsNumber(item) && item->valuedouble >= 0 &&
	       item->valuedouble <= most;
}

int baseline_take_numbers(const cJSON *json, const char *of, const char *name,
			  unsigned count, double *values, struct error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name), *element;
	double taken[NUMBERS_MAX];
	unsigned at = 0;
	char wanted[64];

	if (!item)
		return 0;
	cJSON_ArrayForEach(element, item)
	{
		if (at == count || !is_number(element, AMOUNT_MAX))
			break;
		taken[at++] = element->valuedouble;
	}
	if (cJSON_IsArray(item) && at == count && !element) {
		memcpy(values, taken, count * sizeof(*values));
		return 0;
	}
	snprintf(wanted, sizeof(wanted), "%u numbers of 0 or more", count);
	return baseline_refuse(err, of, name, wanted);
}

static int take_number(const struct member *m, const cJSON *item, const char *of,
		       void *at, struct error *err)
{
	if (!is_number(item, m->most))
		return baseline_refuse(err, of, m->name, "a number of 0 or more");
	if (m->type == MEMBER_COUNT)
		*(unsigned *)at = (unsigned)item->valuedouble;
	else
		*(double *)at = item->valuedouble;
	return 0;
}

static int take_text(const struct member *m, const cJSON *item, const char *of,
		     void *at, struct error *err)
{
	const char *text = cJSON_GetStringValue(item);

	if (m->type == MEMBER_TIME) {
		if (cJSON_IsNull(item) || (text && parse_time(text, at) == 0))
			return 0;
		return baseline_refuse(err, of, m->name,
				       "a time such as 2026-01-31T23:59:59.000Z");
	}
	if (!text || strlen(text) >= m->size)
		return baseline_refuse(err, of, m->name,
				       "a string of at most 319 bytes");
	memcpy(at, text, strlen(text) + 1);
	return 0;
}

static int take_member(const struct member *m, const cJSON *json, const char *of,
		       void *object, struct error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, m->name);
	void *at = (char *)object + m->offset;

	if (!item)
		return 0;
	if (m->type == MEMBER_NUMBERS)
		return baseline_take_numbers(json, of, m->name, count_of(m), at, err);
	if (m->type == MEMBER_NAME || m->type == MEMBER_TIME)
		return take_text(m, item, of, at, err);
	return take_number(m, item, of, at, err);
}

int baseline_take_members(const struct members *members, const cJSON *json,
			  const char *of, void *object, struct error *err)
{
	for (size_t i = 0; i < members->count; i++)
		if (take_member(&members->rows[i], json, of, object, err) < 0)
			return -1;
	return 0;
}
