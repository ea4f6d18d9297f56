/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the flags of `dormouse run`, from the command line and the environment.
 */
#ifndef DORMOUSE_OPTIONS_H
#define DORMOUSE_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "dormouse/collect.h"
#include "dormouse/detect.h"
#include "dormouse/error.h"

enum log_format { LOG_JSON, LOG_TEXT };

struct listen_address {
	struct sockaddr_storage address;
	socklen_t length;
	char text[64]; /* as it was given */
};

struct options {
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
};

/* Called with one line for each environment variable that was ignored. */
typedef void options_complaint(const char *line);

/* Fills the defaults, then DORMOUSE_<FLAG> of the environment, then the flags. A bad
 * variable is complained of, counted in config_errors, and its default holds. A bad
 * flag fails with a line that names the flag, the value and what would do. Returns 0,
 * -1 on failure, 1 when --help was asked for. argv[0] is the command's name. */
int options_parse(struct options *options, int argc, char *const argv[],
		  options_complaint *complain, struct error *err);

/* Prints the flags with their defaults, at most 24 lines. */
void options_help(FILE *out);

#endif
