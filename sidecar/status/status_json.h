/* SPDX-License-Identifier: Apache-2.0 */
/* status_json.h - prints the monitor's answer as JSON. */
#ifndef DORMOUSE_STATUS_STATUS_JSON_H
#define DORMOUSE_STATUS_STATUS_JSON_H

#include <cJSON.h>
#include <stdio.h>

#include "base/error.h"

/* Prints the tree in one line. Its strings are escaped as base/json_writer.h does,
 * because they may come from anybody and the line may go to a terminal. Returns 0, or
 * -1 when the tree is too deep, or on allocation failure. */
int status_json(const cJSON *tree, FILE *out, struct error *err);

#endif
