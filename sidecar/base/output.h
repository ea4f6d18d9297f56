/* SPDX-License-Identifier: Apache-2.0 */
/* output.h - standard output, whose failures show only when it is written. */
#ifndef DORMOUSE_BASE_OUTPUT_H
#define DORMOUSE_BASE_OUTPUT_H

#include <stddef.h>

#include "error.h"

/* Prints the text, and keeps the reason if it does not fit into stdout's buffer and
 * cannot be written. */
void output_put(const char *text, size_t length);

/* Writes what was printed so far. Returns 0, or -1 with the first reason if any of the
 * output since the start could not be written: a full disk, a closed descriptor. */
int output_flush(struct error *err);

#endif
