/* SPDX-License-Identifier: Apache-2.0 */
/* status_table.h - prints a monitor's status for people. */
#ifndef DORMOUSE_STATUS_STATUS_TABLE_H
#define DORMOUSE_STATUS_STATUS_TABLE_H

#include <cJSON.h>
#include <stdio.h>

/* Prints the data of `dormouse status --json` as a table that fits 80 columns. A member
 * that is missing or of another type is shown as "-". Colours appear only on a
 * terminal. */
void status_table(const cJSON *status, FILE *out);

#endif
