/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - what this binary is built from. */
#include "dormouse/version.h"

#include <cJSON.h>
#include <microhttpd.h>
#include <netlink/version.h>
#include <stdio.h>
#include <zlib.h>

#include "dormouse/commands.h"

#ifndef DORMOUSE_VERSION
#define DORMOUSE_VERSION "0.1.0"
#endif
#ifndef DORMOUSE_COMMIT
#define DORMOUSE_COMMIT "unknown"
#endif

const char *dormouse_version(void)
{
	return DORMOUSE_VERSION;
}

const char *dormouse_commit(void)
{
	return DORMOUSE_COMMIT;
}

int version_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("dormouse %s (%s), libnl %s, libmicrohttpd %s, cJSON %s, zlib %s\n",
	       DORMOUSE_VERSION, DORMOUSE_COMMIT, LIBNL_VERSION, MHD_get_version(),
	       cJSON_Version(), zlibVersion());
	return 0;
}
