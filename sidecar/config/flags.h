/* SPDX-License-Identifier: Apache-2.0 */
/* flags.h - flags and their variables: a table, read for the environment, the command
 * line and the help.
 *
 * Every flag `--some-flag` is also the variable DORMOUSE_SOME_FLAG. What counts is, in
 * this order: the flag, the variable, the variable DORMOUSE_DEFAULT_SOME_FLAG, the
 * standard of the table. An empty variable is unset.
 */
#ifndef DORMOUSE_CONFIG_FLAGS_H
#define DORMOUSE_CONFIG_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

#define FLAG_VARIABLE_MAX 64 /* the longest name of a variable, with the NUL */

/* Takes the value into the target; -1 when it will not do, the target unchanged. */
typedef int flag_setter(void *target, const char *value);

struct flag {
	unsigned commands;    /* bits, 1u << command: who takes it */
	const char *name;     /* without the dashes */
	const char *standard; /* NULL: none, what the target holds at first */
	const char *wants;    /* what would do, in words; FLAG_SWITCH for a switch; what
			       * follows ", such as" is left out of --help */
	const char *means;    /* for --help */
	const char *const *words; /* NULL, or all that would do, ended by NULL */
	flag_setter *set;
	flag_setter *add; /* NULL, or, of a list: as set, keeping what it has */
};

/* The `wants` of a flag that may stand without a value, for true. */
extern const char FLAG_SWITCH[];

struct flag_command {
	const char *usage; /* "run [FLAGS]" */
	const char *does;  /* "watches ..." */
	bool operands;     /* what begins with no dash, and "-" */
};

struct flag_table {
	const char *program; /* "dormouse" */
	const struct flag *flags;
	size_t count;
	const struct flag_command *commands; /* by command */
};

/* Called with one line for each environment variable that was ignored. */
typedef void flags_complaint(const char *line);

/* What reading found besides the values. */
struct flags_found {
	unsigned config_errors; /* environment variables that were ignored */
	int operand_count;      /* they were moved to argv[1] and behind */
	uint64_t by_variable;   /* bits, 1 << index in the table: whose value is a
				 * variable's */
};

/* Sets the target by the table's standards, the environment, the arguments. argv[0] is
 * the command's name. A bad variable is complained of and counted, and what held before
 * holds on. A bad flag fails with a line that names the flag, the value and what would
 * do. Returns 0, -1 on failure, 1 when --help was asked for. */
int flags_read(const struct flag_table *table, unsigned command, void *target, int argc,
	       char **argv, flags_complaint *complain, struct flags_found *found,
	       struct error *err);

/* The flag of that name that the command takes; NULL: none. */
const struct flag *flags_find(const struct flag_table *table, unsigned command,
			      const char *name, size_t length);

/* Whether a variable chose the value of the flag of that name. */
bool flags_by_variable(const struct flag_table *table, const struct flags_found *found,
		       const char *name);

/* Fails with the one sentence for a value that will not do, safe to print, with the
 * word that was most likely meant; `source` is where it came from: "--interval",
 * "DORMOUSE_INTERVAL". Returns -1. */
int flags_refuse(struct error *err, const char *source, const struct flag *flag,
		 const char *value);

/* The name of the command's flag that somebody who wrote this most likely meant; NULL:
 * none is near (see nearest.h). */
const char *flags_nearest(const struct flag_table *table, unsigned command,
			  const char *name, size_t length);

/* "DORMOUSE_SOME_FLAG" for "some-flag", with the prefix "DORMOUSE_". */
void flags_variable(const char *prefix, const struct flag *flag,
		    char name[FLAG_VARIABLE_MAX]);

/* Prints the command's flags in 80 columns: what each means, takes, and its standard.
 */
void flags_help(const struct flag_table *table, unsigned command, FILE *out);

#endif
