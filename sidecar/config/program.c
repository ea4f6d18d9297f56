/* SPDX-License-Identifier: Apache-2.0 */
/* program.c - runs the command that the first argument names. */
#include "program.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/output.h"
#include "base/sanitize.h"

static int help(const struct program *p, FILE *out)
{
	fprintf(out, "usage: %s %s [FLAGS]   (COMMAND --help lists its flags)\n",
		p->name, p->default_main ? "[COMMAND]" : "COMMAND");
	for (size_t i = 0; i < p->count; i++)
		fprintf(out, "  %-10s%s\n", p->commands[i].name, p->commands[i].help);
	return out == stdout ? 0 : 2;
}

static const struct command *find(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->commands[i].name, name) == 0)
			return &p->commands[i];
	return NULL;
}

static bool asks_for_help(const char *name)
{
	return strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	       strcmp(name, "help") == 0;
}

/* "help run" is "run --help". */
static int help_on(const struct program *p, const char *name)
{
	const struct command *command = name ? find(p, name) : NULL;
	char first[32];
	char flag[] = "--help";
	char *argv[] = {first, flag, NULL};

	if (!command)
		return help(p, stdout);
	snprintf(first, sizeof(first), "%s", name);
	return command->main(2, argv);
}

static int unknown(const struct program *p, const char *name)
{
	struct nearest guess = nearest_to(name, strlen(name));
	char shown[81], hint[64];
	struct text t = text_over(hint, sizeof(hint));

	for (size_t i = 0; i < p->count; i++)
		nearest_consider(&guess, p->commands[i].name);
	nearest_say(&guess, "", &t);
	fprintf(stderr, "%s: unknown command: %s%s\n", p->name,
		sanitize(shown, sizeof(shown), name), hint);
	return help(p, stderr);
}

/* Whether all output was written: a full disk shows only here. */
static int checked(const struct program *p, int status)
{
	struct error err;

	if (output_flush(&err) == 0)
		return status;
	fprintf(stderr, "%s: %s\n", p->name, err.text);
	return status == 0 ? 1 : status;
}

static int run_named(const struct program *p, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (asks_for_help(name))
		return help_on(p, argc > 2 ? argv[2] : NULL);
	if (strcmp(name, "--version") == 0)
		name = "version";
	const struct command *command = find(p, name);
	if (command)
		return command->main(argc - 1, argv + 1);
	if (p->default_main && (!name[0] || name[0] == '-'))
		return p->default_main(argc, argv);
	return name[0] ? unknown(p, name) : help(p, stderr);
}

int program_run(const struct program *p, int argc, char **argv)
{
	return checked(p, run_named(p, argc, argv));
}
