/* SPDX-License-Identifier: Apache-2.0 */
/* version_command.c - prints the version and the libraries of this binary. */
#include <cJSON.h>
#include <microhttpd.h>
#include <netlink/version.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/sanitize.h"
#include "base/version.h"
#include "commands.h"
#include "licenses.h"

static void print_version(void)
{
	printf("dormouse %s (%s), libnl %s, libmicrohttpd %s, cJSON %s, zlib %s\n",
	       dormouse_version(), dormouse_commit(), LIBNL_VERSION, MHD_get_version(),
	       cJSON_Version(), zlibVersion());
}

static int print_licenses(void)
{
	char folder[4096];
	struct error err = {""};
	int result =
	    licenses_print(stdout, licenses_folder(folder, sizeof(folder)), &err);

	if (result < 0)
		fprintf(stderr, "dormouse: %s\n", err.text);
	return result < 0 ? 1 : 0;
}

/* Returns the exit status. */
static int refuse(const char *argument)
{
	char shown[81];

	fprintf(stderr, "dormouse: unexpected argument: %s; expected --licenses\n",
		sanitize(shown, sizeof(shown), argument));
	return 2;
}

int version_main(int argc, char **argv)
{
	const char *flag = argc > 1 ? argv[1] : "";

	if (argc > 2 || (flag[0] && strcmp(flag, "--licenses") != 0 &&
			 strcmp(flag, "--help") != 0 && strcmp(flag, "-h") != 0))
		return refuse(argc > 2 ? argv[2] : flag);
	if (strcmp(flag, "--licenses") == 0)
		return print_licenses();
	if (flag[0])
		puts("usage: dormouse version [--licenses]\n"
		     "prints version, commit and libraries\n"
		     "  --licenses  the licences of all parts, with their texts");
	else
		print_version();
	return 0;
}
