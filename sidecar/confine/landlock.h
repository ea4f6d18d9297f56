/* SPDX-License-Identifier: Apache-2.0 */
/* landlock.h - leaves a process only the folders and TCP ports that it needs. */
#ifndef DORMOUSE_CONFINE_LANDLOCK_H
#define DORMOUSE_CONFINE_LANDLOCK_H

#include "confine.h"

#define LANDLOCK_NEWEST 6 /* the last version whose rules are used here */

/* Restricts the calling thread to the plan's paths and ports, as far as this kernel's
 * Landlock can: files since Linux 5.13, truncation since 6.2, TCP ports since 6.7,
 * devices since 6.10, signals and abstract Unix sockets since 6.12. Needs no_new_privs.
 * Returns -1 if the kernel has no Landlock, or refuses it; then nothing is restricted.
 * `newest` is the version of Landlock (its ABI) to use at most: LANDLOCK_NEWEST, or
 * less to see what an older kernel does.
 *
 * https://docs.kernel.org/userspace-api/landlock.html */
int landlock_restrict(const struct confine_plan *plan, long newest, struct error *err);

#endif
