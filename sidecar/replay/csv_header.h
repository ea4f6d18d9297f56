/* SPDX-License-Identifier: Apache-2.0 */
/* csv_header.h - reads the first row of a CSV table: the separator and the columns. */
#ifndef DORMOUSE_REPLAY_CSV_HEADER_H
#define DORMOUSE_REPLAY_CSV_HEADER_H

#include "config/columns.h"
#include "dormouse/replay.h"

#define COLUMN_TIME    (-1)
#define COLUMN_IGNORED (-2)

struct csv_header {
	char separator;                    /* comma, semicolon or tab */
	int8_t columns[TRACE_COLUMNS_MAX]; /* signals, or one of the above */
	unsigned count;
	uint32_t signals;  /* bits */
	char ignored[160]; /* names of the columns that are ignored */
	size_t ignored_length;
};

/* Reads a header line; may modify the line. *map gives other names for columns; NULL:
 * no map. Returns -1 when the line is not a header. */
int csv_header_read(struct csv_header *h, const struct column_map *map, char *line,
		    size_t length, struct error *err);

/* Whether a later line is a new header: one of its fields is a name of the time, and no
 * field is a number. */
bool csv_header_again(const struct column_map *map, const char *line, size_t length);

/* Whether the line is "sep=;", with which spreadsheets declare the separator. */
bool csv_header_is_hint(const char *line, size_t length);

#endif
