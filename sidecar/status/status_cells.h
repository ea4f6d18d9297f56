/* SPDX-License-Identifier: Apache-2.0 */
/* status_cells.h - prints the elements of the status table. All printed text is safe
 * for a terminal, and no line is wider than STATUS_WIDTH. */
#ifndef DORMOUSE_STATUS_STATUS_CELLS_H
#define DORMOUSE_STATUS_STATUS_CELLS_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <cJSON.h>

#include "base/units.h"

#define STATUS_WIDTH  80
#define STATUS_INDENT 10

const cJSON *status_member(const cJSON *object, const char *name);

/* The member's string, "-" when it is missing. The result is in one of eight buffers
 * that are reused in turn. */
const char *status_string(const cJSON *object, const char *name);

/* The member's number, NAN when it is missing. */
double status_number(const cJSON *object, const char *name);

/* The code that starts or ends bold text, on a terminal that has colours. */
const char *status_bold(FILE *out, bool on);

/* Converts "2023-11-14T22:13:20.000Z" to Unix seconds; -1 when it is not a time. */
time_t status_time(const char *text);

/* Writes "2023-11-14 22:13:20 UTC", or "-" when the text is not a time. Returns `cell`.
 */
const char *status_moment(char cell[FORMAT_MAX], const char *text);

/* Prints a cell of that width: truncated, or padded with blanks. */
void status_cell(FILE *out, const char *text, size_t width);

/* Prints the label, then the words, over as many lines as necessary. */
void status_put(FILE *out, const char *label, const char *words);

/* Prints the firing alerts, then the resolved ones. */
void status_alerts(const cJSON *status, FILE *out);

#endif
