/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c - a program's first argument names what it does. */
#include "dormouse/commands.h"

#include <stdio.h>
#include <string.h>

static int help(const struct program *p, FILE *out)
{
	fprintf(out, "usage: %s %s [FLAGS]   (COMMAND --help lists its flags)\n",
		p->name, p->standard ? "[COMMAND]" : "COMMAND");
	for (size_t i = 0; i < p->count; i++)
		fprintf(out, "  %-10s%s\n", p->commands[i].name, p->commands[i].does);
	return out == stdout ? 0 : 2;
}

static const struct command *find(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->commands[i].name, name) == 0)
			return &p->commands[i];
	return NULL;
}

int program_run(const struct program *p, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0)
		return help(p, stdout);
	if (strcmp(name, "--version") == 0)
		name = "version";
	const struct command *command = find(p, name);
	if (command)
		return command->main(argc - 1, argv + 1);
	if (p->standard && (!name[0] || name[0] == '-'))
		return p->standard(argc, argv);

	if (name[0])
		fprintf(stderr, "%s: there is no command \"%s\"\n", p->name, name);
	return help(p, stderr);
}
