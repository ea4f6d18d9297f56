/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - runs the command that the first argument names. Each command takes its
 * own arguments (argv[0] is the command's name) and returns the exit status: 0, 1 when
 * it could not do its work, 2 for an invalid flag. */
#ifndef DORMOUSE_CONFIG_PROGRAM_H
#define DORMOUSE_CONFIG_PROGRAM_H

#include <stddef.h>

typedef int command_main(int argc, char **argv);

struct command {
	const char *name;
	command_main *main;
	const char *help; /* for --help */
};

struct program {
	const char *name;
	const struct command *commands;
	size_t count;
	command_main *default_main; /* used without a command; NULL: a command is
				     * required */
};

/* Runs the command that the first argument names; "--version" runs "version", "-h"
 * lists the commands. Returns the exit status. */
int program_run(const struct program *program, int argc, char **argv);

#endif
