/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_tables.h - baseline documents for people. */
#ifndef DORMOUSE_STATUS_BASELINE_TABLES_H
#define DORMOUSE_STATUS_BASELINE_TABLES_H

#include <stdio.h>

#include "state/baseline_document.h"

/* Prints whose past it is, what the signals reached, routines and peers. */
void baseline_show(const struct baseline_document *b, FILE *out);

/* Prints what differs between two documents by more than a tenth, and which routines
 * and peers only one has. */
void baseline_diff(const struct baseline_document *before,
		   const struct baseline_document *after, FILE *out);

/* Both tables' words. baseline_series_title() returns static text, the others fill
 * `cell`. */
const char *baseline_series_title(unsigned series);
const char *baseline_series_unit(unsigned series);
void baseline_peer_words(const struct peer_prefix *p, struct text *t);

#endif
