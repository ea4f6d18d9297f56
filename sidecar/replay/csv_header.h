/* SPDX-License-Identifier: Apache-2.0 */
/* csv_header.h - what the first row of a table in CSV says: how its fields are
 * separated and what its columns are. */
#ifndef DORMOUSE_REPLAY_CSV_HEADER_H
#define DORMOUSE_REPLAY_CSV_HEADER_H

#include "config/columns.h"
#include "dormouse/replay.h"

#define COLUMN_TIME    (-1)
#define COLUMN_IGNORED (-2)

struct csv_header {
	char separator;                    /* of the fields: comma, semicolon or tab */
	int8_t columns[TRACE_COLUMNS_MAX]; /* signals, or one of the above */
	unsigned count;
	uint32_t signals;  /* bits */
	char ignored[160]; /* names of the columns that are no signal */
	size_t ignored_length;
};

/* Reads a header, which it may change; *map says what columns have other names, NULL:
 * none. -1 when it is none. */
int csv_header_read(struct csv_header *h, const struct column_map *map, char *line,
		    size_t length, struct error *err);

/* Whether a line further down begins a table anew: one of its fields is the name of a
 * time, and none is a number. */
bool csv_header_again(const struct column_map *map, const char *line, size_t length);

/* "sep=;", by which spreadsheets tell each other what the separator is. */
bool csv_header_is_hint(const char *line, size_t length);

#endif
