/* SPDX-License-Identifier: Apache-2.0 */
/* cells.h - the values of a trace's cells. */
#ifndef DORMOUSE_REPLAY_CELLS_H
#define DORMOUSE_REPLAY_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_kind { CELL_VALUE, CELL_EMPTY, CELL_BAD };

/* Cuts one cell off the row [*at, end): quotes and surrounding blanks removed. *at is
 * then behind the comma, or NULL when this was the last cell. False for a quote that
 * does not close. The cell lies inside the row, which may be changed (doubled quotes).
 */
bool cell_cut(char **at, char *end, char **cell, size_t *length);

/* A counter: a whole number up to 2^64-1, or a decimal one, with an exponent too, which
 * is rounded. Nothing, NaN and null are empty. */
enum cell_kind cell_counter(const char *cell, size_t length, uint64_t *value);

/* A time in Unix seconds, above 0 and before the year 10000. */
enum cell_kind cell_time(const char *cell, size_t length, double *seconds);

/* The cell for a complaint: printable and short, in a static buffer. */
const char *cell_shown(const char *cell, size_t length);

#endif
