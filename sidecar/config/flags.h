/* SPDX-License-Identifier: Apache-2.0 */
/* flags.h - flags and their variables: one table for the environment, the command line
 * and the help.
 *
 * Every flag `--some-flag` is also the variable DORMOUSE_SOME_FLAG. In order of
 * precedence: the flag, the variable, the variable DORMOUSE_DEFAULT_SOME_FLAG, the
 * table's default. An empty variable counts as unset.
 */
#ifndef DORMOUSE_CONFIG_FLAGS_H
#define DORMOUSE_CONFIG_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

#define FLAG_VARIABLE_MAX 64 /* the longest name of a variable, with the NUL */

/* The type of a flag's value and of the member of the target. Bounds are written as a
 * user writes them. */
enum flag_type {
	FLAG_BOOL,     /* bool; without a value it is true */
	FLAG_WORD,     /* an enum: the index in the list of words */
	FLAG_COUNT,    /* unsigned, within bounds */
	FLAG_DURATION, /* double, seconds, within bounds */
	FLAG_SIZE,     /* double, bytes, within bounds */
	FLAG_BUDGET,   /* double, bytes a second; "none" is 0 */
	FLAG_NAME,     /* char[] */
	FLAG_PATH,     /* char[] */
	FLAG_GLOBS,    /* char[] */
	FLAG_URL,      /* char[], "https://..." */
	FLAG_HTTP_URL, /* char[], also "http://..." */
	FLAG_LISTEN,   /* struct listen_address */
	FLAG_WINDOWS,  /* struct detect_options: its windows */
	FLAG_COLUMNS,  /* struct column_map */
	FLAG_PREFIXES, /* struct allow_rules */
	FLAG_TYPES
};

/* See flag_rows.h. */
struct flag {
	const char *name;  /* without the dashes */
	unsigned commands; /* bits, 1u << command: commands that accept it */
	enum flag_type type;
	const char *minimum, *maximum; /* NULL: no bound */
	const char *const *words;      /* of FLAG_WORD, ended by NULL */
	size_t offset, size;           /* of the member */
	const char *default_value;     /* NULL: none, the target keeps its value */
	const char *help;              /* for --help */
	bool annotation; /* a pod's annotation dormouse.dev/NAME may set it */
};

struct flag_command {
	const char *usage; /* "run [FLAGS]" */
	const char *help;  /* "watches ..." */
	bool operands;     /* takes arguments without a leading dash, and "-" */
};

struct flag_table {
	const char *program; /* "dormouse" */
	const struct flag *flags;
	size_t count;
	const struct flag_command *commands; /* by command */
};

/* Called with one line for each environment variable that was ignored. */
typedef void flags_complaint(const char *line);

/* Results of reading besides the values. */
struct flags_found {
	unsigned config_errors; /* environment variables that were ignored */
	int operand_count;      /* they were moved to argv[1] and following */
	uint64_t by_variable;   /* bits, 1 << index in the table: flags whose value
				 * comes from a variable */
};

/* Sets the target from the table's defaults, the environment and the arguments. argv[0]
 * is the command's name. An invalid variable is reported by `complain`, counted and
 * ignored: the previous value stays. An invalid flag fails with a line that names the
 * flag, the value and what is expected. Returns 0, -1 on failure, 1 when --help was
 * requested. */
int flags_read(const struct flag_table *table, unsigned command, void *target, int argc,
	       char **argv, flags_complaint *complain, struct flags_found *found,
	       struct error *err);

/* The command's flag of that name; NULL: none. */
const struct flag *flags_find(const struct flag_table *table, unsigned command,
			      const char *name, size_t length);

/* Whether the value of the flag of that name comes from a variable. */
bool flags_by_variable(const struct flag_table *table, const struct flags_found *found,
		       const char *name);

/* Sets the flag's member of the target. Returns 0, or -1 when the value is invalid; the
 * target is then unchanged. */
int flags_set(const struct flag *flag, void *target, const char *value);

/* The same, but a list keeps its entries. */
int flags_add(const struct flag *flag, void *target, const char *value);

/* Appends a description of valid values: "a duration of 100ms to 5m". An example
 * follows ", such as". */
void flags_expects(const struct flag *flag, struct text *t);

/* "duration". Static. */
const char *flags_type_name(enum flag_type type);

/* Fails with the error for an invalid value, safe to print, and suggests the nearest
 * word. `source` says where the value came from: "--interval", "DORMOUSE_INTERVAL".
 * Returns -1. */
int flags_refuse(struct error *err, const char *source, const struct flag *flag,
		 const char *value);

/* The name of the command's flag that is nearest to the given name; NULL: none is near
 * (see nearest.h). */
const char *flags_nearest(const struct flag_table *table, unsigned command,
			  const char *name, size_t length);

/* "DORMOUSE_SOME_FLAG" for "some-flag", with the prefix "DORMOUSE_". */
void flags_variable(const char *prefix, const struct flag *flag,
		    char name[FLAG_VARIABLE_MAX]);

/* Prints the command's flags in 80 columns: the expected value, default and help of
 * each. */
void flags_help(const struct flag_table *table, unsigned command, FILE *out);

#endif
