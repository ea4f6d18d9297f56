/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the flags of the commands, from the command line and the environment. */
#ifndef DORMOUSE_CONFIG_OPTIONS_H
#define DORMOUSE_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "collect_options.h"
#include "columns.h"
#include "detect_options.h"
#include "flags.h"
#include "listen_address.h"
#include "metrics_detail.h"

/* Each command accepts only its own flags. */
enum options_command { OPTIONS_RUN, OPTIONS_REPLAY, OPTIONS_RECORD };

struct replay_options {
	bool lifecycle;          /* alerts again when they change or end */
	bool summary;            /* a table for people instead of JSON */
	char baseline_path[256]; /* "": nowhere */
	char csv_path[256];      /* "": nowhere */
	struct column_map columns;
};

struct record_options {
	char path[256];    /* "": standard output */
	double duration_s; /* 0: until a signal */
	double max_bytes;  /* of one file; 0: no limit */
	unsigned keep;     /* number of older files */
};

struct options {
	enum options_command command;
	double interval_s;
	struct listen_address listen;                      /* metrics and health */
	struct listen_address alert_listen;                /* also alerts, baseline */
	bool listen_by_variable, alert_listen_by_variable; /* set by a variable */
	struct metrics_access metrics;                     /* of `listen` */
	bool token_by_variable;
	struct detect_options detect;
	char interfaces[COLLECT_INTERFACE_GLOBS_MAX];
	char baseline_path[256]; /* of a baseline document, "": none */
	bool baseline_by_variable;
	char state_path[256]; /* "": none */
	unsigned max_sockets;
	unsigned max_destinations;
	enum log_format log_format;
	unsigned config_errors; /* environment variables that were ignored */
	struct replay_options replay;
	struct record_options record;
	int operand_count; /* they were moved to argv[1] and following */
};

/* As flags_read(): reads the defaults, the environment and the flags. Only replay
 * accepts operands. Returns 0, -1 on failure, 1 when --help was requested. */
int options_parse(struct options *options, enum options_command command, int argc,
		  char **argv, flags_complaint *complain, struct error *err);

/* Replaces the address that the flag of that name sets with its default. */
void options_listen_by_default(struct options *options, const char *name);

/* The words of enum log_format, ended by NULL. */
extern const char *const log_format_words[];

/* The flags of every command, by enum options_command; their target is a struct
 * options. Also for code that checks flags for the monitor. */
extern const struct flag_table options_flags;

/* Prints the command's flags with their defaults, at most 24 lines. */
void options_help(enum options_command command, FILE *out);

#endif
