/* SPDX-License-Identifier: Apache-2.0 */
/* cells.h - the values of a trace's cells. */
#ifndef DORMOUSE_REPLAY_CELLS_H
#define DORMOUSE_REPLAY_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timestamps.h"

enum cell_kind { CELL_VALUE, CELL_EMPTY, CELL_BAD };

/* Cuts one cell off the row [*at, end): quotes and surrounding blanks removed. *at is
 * then behind the separator, or NULL when this was the last cell. False for a quote
 * that does not close. The cell lies inside the row, which may be changed (doubled
 * quotes).
 */
bool cell_cut(char **at, char *end, char separator, char **cell, size_t *length);

/* A counter: a whole number up to 2^64-1, or a decimal one, with an exponent too, which
 * is rounded; `point` stands before the decimals. Nothing, NaN and null are empty. */
enum cell_kind cell_counter(const char *cell, size_t length, char point,
			    uint64_t *value);

/* A time: a number since 1970 or a date with a time of day; *form says which. */
enum cell_kind cell_time(const char *cell, size_t length, char point,
			 enum time_form *form, double *seconds);

/* The cell for a complaint: printable and short, in a static buffer. */
const char *cell_shown(const char *cell, size_t length);

#endif
