/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - maps the columns of a foreign table to signals. */
#ifndef DORMOUSE_CONFIG_COLUMNS_H
#define DORMOUSE_CONFIG_COLUMNS_H

#include <stddef.h>

#include "dormouse/sample.h"

/* A part of the text that the map was read from; NULL: the default name. */
struct column_name {
	const char *at;
	size_t length;
};

/* Indexed by signal; the time comes last. */
struct column_map {
	struct column_name names[SIGNAL_COUNT + 1];
};

#define COLUMN_MAP_TIME SIGNAL_COUNT

/* Adds "tx_bytes=eth0_out" or "time=when", or several of these separated by commas. A
 * comma that no such name follows belongs to the column's name. Returns 0, or -1 when
 * the text is invalid; the map is then unchanged. The map points into the text. */
int column_map_add(struct column_map *map, const char *text);

#endif
