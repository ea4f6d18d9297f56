/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the flags of the commands, from the command line and the environment. */
#ifndef DORMOUSE_OPTIONS_H
#define DORMOUSE_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "dormouse/collect.h"
#include "dormouse/detect.h"
#include "dormouse/error.h"
#include "dormouse/listen.h"

enum log_format { LOG_JSON, LOG_TEXT };

/* Who asks: a command takes its own flags and knows nothing of the others'. */
enum options_command { OPTIONS_RUN, OPTIONS_REPLAY, OPTIONS_RECORD };

struct replay_options {
	bool lifecycle;          /* alerts again when they change or end */
	bool summary;            /* for people, instead of JSON */
	char baseline_path[256]; /* "": nowhere */
};

struct record_options {
	char path[256];    /* "": standard output */
	double duration_s; /* 0: until a signal */
	double max_bytes;  /* of one file, 0: no bound */
	unsigned keep;     /* older files */
};

struct options {
	enum options_command command;
	double interval_s;
	struct listen_address listen;       /* metrics and health */
	struct listen_address alert_listen; /* and alerts and baseline */
	struct detect_options detect;
	char interfaces[COLLECT_INTERFACE_GLOBS_MAX];
	char state_path[256]; /* "": none */
	unsigned max_sockets;
	unsigned max_destinations;
	enum log_format log_format;
	unsigned config_errors; /* environment variables that were ignored */
	struct replay_options replay;
	struct record_options record;
	int operand_count; /* they were moved to argv[1] and behind */
};

/* Called with one line for each environment variable that was ignored. */
typedef void options_complaint(const char *line);

/* Fills the defaults, then DORMOUSE_<FLAG> of the environment, then the flags. A bad
 * variable is complained of, counted in config_errors, and its default holds. A bad
 * flag fails with a line that names the flag, the value and what would do. Operands
 * (the traces of replay; other commands take none) are moved to the front of argv.
 * Returns 0, -1 on failure, 1 when --help was asked for. argv[0] is the command's name.
 */
int options_parse(struct options *options, enum options_command command, int argc,
		  char **argv, options_complaint *complain, struct error *err);

/* Prints the command's flags with their defaults, at most 24 lines. */
void options_help(enum options_command command, FILE *out);

#endif
