/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the commands of dormouse-injector. */
#include <cJSON.h>
#include <curl/curl.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "dormouse/version.h"
#include "injector_commands.h"

static int version_of_injector(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("dormouse-injector %s (%s), libmicrohttpd %s, GnuTLS %s, %s, cJSON %s\n",
	       dormouse_version(), dormouse_commit(), MHD_get_version(),
	       gnutls_check_version(NULL), curl_version(), cJSON_Version());
	return 0;
}

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *does;
} commands[] = {
    {"serve", injector_serve_main, "the admission webhook"},
    {"inject", injector_inject_main, "add the sidecar to the JSON on standard input"},
    {"version", version_of_injector, "print version, commit and libraries"},
};

static int help(FILE *out)
{
	fputs("usage: dormouse-injector COMMAND [FLAGS]   (COMMAND --help lists its "
	      "flags)\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-10s%s\n", commands[i].name, commands[i].does);
	return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0)
		return version_of_injector(argc, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);

	fprintf(stderr, "dormouse-injector: there is no command \"%s\"\n", argv[1]);
	return help(stderr);
}
