/* SPDX-License-Identifier: Apache-2.0 */
/* version.h - the version and commit of this build. */
#ifndef DORMOUSE_BASE_VERSION_H
#define DORMOUSE_BASE_VERSION_H

const char *dormouse_version(void); /* such as "0.1.0"; static */
const char *dormouse_commit(void);  /* short hash, or "unknown"; static */

#endif
