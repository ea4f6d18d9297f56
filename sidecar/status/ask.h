/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h - a command that asks the running monitor over loopback and prints the answer.
 */
#ifndef DORMOUSE_STATUS_ASK_H
#define DORMOUSE_STATUS_ASK_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "config/listen_address.h"

/* One run of such a command. */
struct ask {
	struct listen_address where; /* the monitor's --alert-listen */
	bool json;                   /* --json */
	bool lacks_memory;           /* it was not the monitor that failed */
};

/* What distinguishes the commands. */
struct ask_command {
	const char *name; /* "status" */
	const char *help; /* "shows the state of the monitor that ..." */
	/* Returns the answer, which the caller frees by cJSON_Delete(); NULL on
	 * failure. */
	cJSON *(*ask)(struct ask *a, struct error *err);
	void (*print)(const cJSON *answer, FILE *out); /* for people */
};

/* Runs the command; see config/program.h. Flags: --json, --address, --help. The answer
 * may come from whoever listens there. */
int ask_main(const struct ask_command *command, int argc, char **argv);

/* Gets one JSON object from a path of the monitor. NULL on failure. */
cJSON *ask_fetch(struct ask *a, const char *path, struct error *err);

#endif
