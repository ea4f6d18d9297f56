/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - the version and commit of this build. */
#include "version.h"

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
