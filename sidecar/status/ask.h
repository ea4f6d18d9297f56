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
	double since_s;              /* --since, of a command that has it */
	const char *from;            /* --from: a file with the answer, "-" is standard
				      * input; NULL: ask the monitor */
	bool lacks_memory;           /* it was not the monitor that failed */
};

/* What distinguishes the commands. */
struct ask_command {
	const char *name; /* "status" */
	const char *help; /* "shows the state of the monitor that ..." */
	bool writes;      /* a document: it takes --from, and has no --json */
	/* Returns the answer, which the caller frees by cJSON_Delete(); NULL on
	 * failure. */
	cJSON *(*ask)(struct ask *a, struct error *err);
	void (*print)(const cJSON *answer, FILE *out); /* for people */
	double since_max_s; /* of --since; 0: the command has no such flag */
};

/* Runs the command; see config/program.h. Flags: --json or --from, --address, --help,
 * and --since (a day if it is not given) for commands that have it. The answer may come
 * from whoever listens there. */
int ask_main(const struct ask_command *command, int argc, char **argv);

/* Gets one JSON object from a path of the monitor, or from the file of --from. NULL on
 * failure. */
cJSON *ask_fetch(struct ask *a, const char *path, struct error *err);

#endif
