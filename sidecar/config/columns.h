/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - what the columns of somebody else's table are called. */
#ifndef DORMOUSE_CONFIG_COLUMNS_H
#define DORMOUSE_CONFIG_COLUMNS_H

#include <stddef.h>

#include "dormouse/sample.h"

/* A piece of the text that it was read from; NULL: its usual name. */
struct column_name {
	const char *at;
	size_t length;
};

/* By signal, and behind them the time. */
struct column_map {
	struct column_name names[SIGNAL_COUNT + 1];
};

#define COLUMN_MAP_TIME SIGNAL_COUNT

/* Takes in "tx_bytes=eth0_out" or "time=when", or several with commas between them; a
 * comma that no such name follows belongs to the column's name. -1 when it is none of
 * that, the map unchanged. The map borrows from the text. */
int column_map_add(struct column_map *map, const char *text);

#endif
