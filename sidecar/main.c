/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the commands of dormouse. */
#include <stdio.h>
#include <string.h>

#include "dormouse/commands.h"

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *does;
} commands[] = {
    {"run", run_main, "watch this network namespace (also without a command)"},
    {"status", status_main, "ask the running monitor: state, signals, alerts"},
    {"replay", replay_main, "judge recorded counters: TRACE..., - is stdin"},
    {"record", record_main, "write this network namespace's counters as a trace"},
    {"version", version_main, "print version, commit and libraries"},
};

static int help(FILE *out)
{
	fputs("usage: dormouse [COMMAND] [FLAGS]   (COMMAND --help lists its flags)\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-10s%s\n", commands[i].name, commands[i].does);
	return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return run_main(argc, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0)
		return version_main(argc, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	if (argv[1][0] == '-')
		return run_main(argc, argv);

	fprintf(stderr, "dormouse: there is no command \"%s\"\n", argv[1]);
	return help(stderr);
}
