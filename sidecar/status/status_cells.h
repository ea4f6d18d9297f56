/* SPDX-License-Identifier: Apache-2.0 */
/* status_cells.h - what the parts of the status table are made of. Everything that is
 * printed was made safe for a terminal, and no line is wider than STATUS_WIDTH. */
#ifndef DORMOUSE_STATUS_STATUS_CELLS_H
#define DORMOUSE_STATUS_STATUS_CELLS_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <cJSON.h>

#include "base/format.h"

#define STATUS_WIDTH  80
#define STATUS_INDENT 10

const cJSON *status_member(const cJSON *object, const char *name);

/* The member's string, "-" when there is none. In one of eight buffers that take turns.
 */
const char *status_string(const cJSON *object, const char *name);

/* NAN where there is no number. */
double status_number(const cJSON *object, const char *name);

/* The codes around what must catch the eye, on a terminal that has colours. */
const char *status_bold(FILE *out, bool on);

/* "2023-11-14T22:13:20.000Z" to Unix seconds; -1 when it is no time. */
time_t status_time(const char *text);

/* "2023-11-14 22:13:20 UTC"; "-" when it is no time. Returns `cell`. */
const char *status_moment(char cell[FORMAT_MAX], const char *text);

/* Prints a cell of that width: cut, or filled up with blanks. */
void status_cell(FILE *out, const char *text, size_t width);

/* Prints the label, then the words behind it in as many lines as they take. */
void status_put(FILE *out, const char *label, const char *words);

/* The alerts: those that fire, then those that are over. */
void status_alerts(const cJSON *status, FILE *out);

#endif
