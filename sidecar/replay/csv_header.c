/* SPDX-License-Identifier: Apache-2.0 */
/* csv_header.c - reads the first row of a CSV table. */
#include "csv_header.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fields.h"

/* Usual names of the time column, the most likely first: if several are present, the
 * first in this list is used. */
static const char *const time_names[] = {"time",      "timestamp", "datetime",
					 "date_time", "ts",        "@timestamp",
					 "_time",     "epoch",     "date"};
#define TIME_NAMES  ((int)(sizeof(time_names) / sizeof(time_names[0])))
#define SHOWN_MAX   60
#define TIME_MAPPED (-1) /* set by --column: before all names */

/* The header that is being read. */
struct reading {
	struct csv_header *header;
	const struct column_map *map;
	uint32_t mapped; /* bits of the names in the map that were found */
	int time_rank;   /* of the name found; TIME_NAMES: none yet */
	unsigned time_at;
};

static bool is_name(const char *field, size_t length, const char *name)
{
	return strlen(name) == length && strncasecmp(field, name, length) == 0;
}

/* Returns TIME_NAMES when the field is not a name of the time. */
static int time_rank(const char *field, size_t length)
{
	int rank = 0;

	while (rank < TIME_NAMES && !is_name(field, length, time_names[rank]))
		rank++;
	return rank;
}

static bool is_mapped(const struct column_map *map, int target)
{
	return map && map->names[target].at;
}

/* Returns the index of the field in the map, or -1. */
static int mapped_target(const struct column_map *map, const char *field, size_t length)
{
	for (int i = 0; i <= COLUMN_MAP_TIME; i++)
		if (is_mapped(map, i) && map->names[i].length == length &&
		    memcmp(map->names[i].at, field, length) == 0)
			return i;
	return -1;
}

static int signal_of(const char *field, size_t length)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (is_name(field, length, signal_name((enum signal)i)))
			return i;
	return -1;
}

static void note_ignored(struct csv_header *h, const char *field, size_t length)
{
	size_t room = sizeof(h->ignored) - h->ignored_length;

	if (length == 0)
		return;
	int wrote =
	    snprintf(h->ignored + h->ignored_length, room, "%s%s",
		     h->ignored_length > 0 ? ", " : "", field_shown(field, length));
	if (wrote > 0 && (size_t)wrote < room)
		h->ignored_length += (size_t)wrote;
	else
		h->ignored[h->ignored_length] = '\0';
}

static int add_twice(const char *field, size_t length, struct error *err)
{
	return fail(err, "the column %s appears twice", field_shown(field, length));
}

/* A more likely name of the time replaces a less likely one. */
static int add_time(struct reading *r, int rank, const char *field, size_t length,
		    struct error *err)
{
	struct csv_header *h = r->header;

	if (rank == r->time_rank)
		return add_twice(field, length, err);
	if (rank > r->time_rank) {
		h->columns[h->count] = COLUMN_IGNORED;
		note_ignored(h, field, length);
		return 0;
	}
	if (r->time_rank >= 0 && r->time_rank < TIME_NAMES) {
		const char *lesser = time_names[r->time_rank];
		h->columns[r->time_at] = COLUMN_IGNORED;
		note_ignored(h, lesser, strlen(lesser));
	}
	r->time_rank = rank;
	r->time_at = h->count;
	h->columns[h->count] = COLUMN_TIME;
	return 0;
}

static int add_column(struct reading *r, const char *field, size_t length,
		      struct error *err)
{
	struct csv_header *h = r->header;
	int target = mapped_target(r->map, field, length);
	int rank = time_rank(field, length);
	int signal = target >= 0 ? target : signal_of(field, length);

	if (target >= 0)
		r->mapped |= 1u << target;
	if (target == COLUMN_MAP_TIME)
		return add_time(r, TIME_MAPPED, field, length, err);
	if (target < 0 && rank < TIME_NAMES && !is_mapped(r->map, COLUMN_MAP_TIME))
		return add_time(r, rank, field, length, err);
	if (signal < 0 || (target < 0 && is_mapped(r->map, signal))) {
		h->columns[h->count] = COLUMN_IGNORED;
		note_ignored(h, field, length);
		return 0;
	}
	if ((h->signals >> signal) & 1u)
		return add_twice(field, length, err);
	h->signals |= 1u << signal;
	h->columns[h->count] = (int8_t)signal;
	return 0;
}

/* Returns the separator that occurs most often outside quotes. */
static char separator_of(const char *line, size_t length)
{
	static const char separators[] = {',', ';', '\t'};
	unsigned counts[sizeof(separators)] = {0};
	bool quoted = false;
	size_t most = 0;

	for (size_t i = 0; i < length; i++) {
		quoted ^= line[i] == '"';
		for (size_t j = 0; j < sizeof(separators); j++)
			counts[j] += !quoted && line[i] == separators[j];
	}
	for (size_t j = 1; j < sizeof(separators); j++)
		if (counts[j] > counts[most])
			most = j;
	return separators[most];
}

static int shown_length(const struct column_name *name)
{
	return name->length < SHOWN_MAX ? (int)name->length : SHOWN_MAX;
}

/* Checks that the header has a time and a signal, and all names of the map. */
static int check(const struct reading *r, struct error *err)
{
	for (int i = 0; i <= COLUMN_MAP_TIME; i++)
		if (is_mapped(r->map, i) && !((r->mapped >> i) & 1u))
			return fail(
			    err,
			    "there is no column \"%.*s\" for %s; beside the "
			    "signals there is: %.100s",
			    shown_length(&r->map->names[i]), r->map->names[i].at,
			    i == COLUMN_MAP_TIME ? "time" : signal_name((enum signal)i),
			    r->header->ignored_length > 0 ? r->header->ignored
							  : "nothing");
	if (r->time_rank == TIME_NAMES)
		return fail(err, "there is no header with a column \"time\"");
	if (r->header->signals == 0)
		return fail(err,
			    "the header has no signal such as tx_bytes; use --column "
			    "tx_bytes=NAME to name its column");
	return 0;
}

int csv_header_read(struct csv_header *h, const struct column_map *map, char *line,
		    size_t length, struct error *err)
{
	struct reading r = {.header = h, .map = map, .time_rank = TIME_NAMES};
	char *at = line, *field;
	size_t field_length;

	*h = (struct csv_header){.separator = separator_of(line, length)};
	while (at) {
		if (!field_cut(&at, line + length, h->separator, &field, &field_length))
			return fail(err, "a quote in the header does not close");
		if (h->count == TRACE_COLUMNS_MAX)
			return fail(err, "more than %d columns", TRACE_COLUMNS_MAX);
		if (add_column(&r, field, field_length, err) < 0)
			return -1;
		h->count++;
	}
	return check(&r, err);
}

bool csv_header_again(const struct column_map *map, const char *line, size_t length)
{
	const char separator = separator_of(line, length);
	const char *at = line, *end = line + length;
	bool time = false;

	while (at < end) {
		const char *next = memchr(at, separator, (size_t)(end - at));
		const char *field_end = next ? next : end;

		if (field_end > at && *at == '"' && field_end[-1] == '"' &&
		    field_end - at > 1) {
			at++;
			field_end--;
		}
		size_t field_length = (size_t)(field_end - at);
		if (field_length > 0 && *at >= '0' && *at <= '9')
			return false;
		time = time || time_rank(at, field_length) < TIME_NAMES ||
		       mapped_target(map, at, field_length) == COLUMN_MAP_TIME;
		at = next ? next + 1 : end;
	}
	return time;
}

bool csv_header_is_hint(const char *line, size_t length)
{
	return (length == strlen("sep=;") && strncasecmp(line, "sep=", 4) == 0) ||
	       (length == strlen("\"sep=;\"") && strncasecmp(line, "\"sep=", 5) == 0);
}
