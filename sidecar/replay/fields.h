/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - parses the fields of a trace's rows. */
#ifndef DORMOUSE_REPLAY_FIELDS_H
#define DORMOUSE_REPLAY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timestamps.h"

enum field_kind { FIELD_VALUE, FIELD_EMPTY, FIELD_BAD };

/* Cuts one field off the row [*at, end) and removes quotes and surrounding blanks. Sets
 * *at behind the separator, or to NULL after the last field. Returns false when a quote
 * is not closed. The field points into the row, which may be modified (doubled quotes).
 */
bool field_cut(char **at, char *end, char separator, char **field, size_t *length);

/* Parses a counter: an integer up to 2^64-1, or a decimal number, also with an
 * exponent, which is rounded. `point` is the decimal point. An empty field, NaN and
 * null count as empty. */
enum field_kind field_counter(const char *field, size_t length, char point,
			      uint64_t *value);

/* Parses a time: a number since 1970, or a date with a time of day; sets *form. */
enum field_kind field_time(const char *field, size_t length, char point,
			   enum time_form *form, double *seconds);

/* The field as a complaint prints it: printable and short, in a static buffer. */
const char *field_shown(const char *field, size_t length);

#endif
