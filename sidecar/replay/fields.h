/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - the values of a trace's fields. */
#ifndef DORMOUSE_REPLAY_FIELDS_H
#define DORMOUSE_REPLAY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timestamps.h"

enum field_kind { FIELD_VALUE, FIELD_EMPTY, FIELD_BAD };

/* Cuts one field off the row [*at, end): quotes and surrounding blanks removed. *at is
 * then behind the separator, or NULL when this was the last field. False for a quote
 * that does not close. The field lies inside the row, which may be changed (doubled
 * quotes).
 */
bool field_cut(char **at, char *end, char separator, char **field, size_t *length);

/* A counter: a whole number up to 2^64-1, or a decimal one, with an exponent too, which
 * is rounded; `point` stands before the decimals. Nothing, NaN and null are empty. */
enum field_kind field_counter(const char *field, size_t length, char point,
			      uint64_t *value);

/* A time: a number since 1970 or a date with a time of day; *form says which. */
enum field_kind field_time(const char *field, size_t length, char point,
			   enum time_form *form, double *seconds);

/* The field for a complaint: printable and short, in a static buffer. */
const char *field_shown(const char *field, size_t length);

#endif
