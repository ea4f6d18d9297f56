/* SPDX-License-Identifier: Apache-2.0 */
/* globs.h - matches interfaces with the --interfaces list. Private to collect/. */
#ifndef DORMOUSE_COLLECT_LINKS_GLOBS_H
#define DORMOUSE_COLLECT_LINKS_GLOBS_H

#include <stdbool.h>

/* Whether the list includes the interface of that name. The list is comma-separated
 * globs (fnmatch(3)); blanks around them are ignored. A glob that begins with "!"
 * excludes, and excluding wins in any order. A list without any including glob includes
 * all. A loopback interface is watched only if its own name is in the list: its traffic
 * does not leave the pod. */
bool globs_watch(const char *list, const char *name, bool loopback);

/* Whether any glob of the list includes: then the user named the interfaces. */
bool globs_name_any(const char *list);

#endif
