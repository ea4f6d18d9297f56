/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the commands of dormouse-injector. */
#include <cJSON.h>
#include <curl/curl.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdio.h>

#include "base/version.h"
#include "config/program.h"
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

int main(int argc, char **argv)
{
	static const struct command commands[] = {
	    {"serve", injector_serve_main, "the admission webhook"},
	    {"inject", injector_inject_main,
	     "add the sidecar to the JSON on standard input"},
	    {"learn", injector_learn_main,
	     "what each workload does, from Prometheus' history"},
	    {"version", version_of_injector, "print version, commit and libraries"},
	};
	static const struct program injector = {
	    .name = "dormouse-injector",
	    .commands = commands,
	    .count = sizeof(commands) / sizeof(commands[0]),
	};

	return program_run(&injector, argc, argv);
}
