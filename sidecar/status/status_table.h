/* SPDX-License-Identifier: Apache-2.0 */
/* status_table.h - a monitor's status, for people. */
#ifndef DORMOUSE_STATUS_STATUS_TABLE_H
#define DORMOUSE_STATUS_STATUS_TABLE_H

#include <cJSON.h>
#include <stdio.h>

/* Prints what `dormouse status --json` would, as a table that fits 80 columns. What is
 * missing or of another type shows as "-"; colours only on a terminal. */
void status_table(const cJSON *status, FILE *out);

#endif
