/* SPDX-License-Identifier: Apache-2.0 */
/* status_json.h - what the monitor said, for programs. */
#ifndef DORMOUSE_STATUS_STATUS_JSON_H
#define DORMOUSE_STATUS_STATUS_JSON_H

#include <cJSON.h>
#include <stdio.h>

#include "base/error.h"

/* Prints the tree in one line, its strings escaped as base/json_writer.h does: they may
 * be anybody's, and the line may go to a terminal. Returns 0, or -1 where the tree is
 * too deep or memory is out. */
int status_json(const cJSON *tree, FILE *out, struct error *err);

#endif
