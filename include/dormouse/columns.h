/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - what the columns of somebody else's table are called. */
#ifndef DORMOUSE_COLUMNS_H
#define DORMOUSE_COLUMNS_H

#include "dormouse/sample.h"

#define COLUMN_NAME_MAX 96 /* bytes, with the NUL */

/* By signal, and behind them the time; "": its usual name. */
struct column_map {
	char names[SIGNAL_COUNT + 1][COLUMN_NAME_MAX];
};

#define COLUMN_MAP_TIME SIGNAL_COUNT

/* Takes in "tx_bytes=eth0_out" or "time=when", or several with commas between them; a
 * comma that no such name follows belongs to the column's name. -1 when it is none of
 * that, the map unchanged. */
int column_map_add(struct column_map *map, const char *text);

#endif
