/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - a program's first argument names what it does; each command takes its own
 * arguments (argv[0] is the command's name) and returns the exit status: 0, 1 when it
 * could not do its work, 2 for a bad flag. */
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
	command_main *default_main; /* without a command; NULL: one must be named */
};

/* Does what the first argument names; "--version" is the command "version"; "-h" lists
 * the commands. Returns the exit status. */
int program_run(const struct program *program, int argc, char **argv);

#endif
