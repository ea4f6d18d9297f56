/* SPDX-License-Identifier: Apache-2.0 */
/* globs.h - which interfaces the --interfaces list means. Private to collect/. */
#ifndef DORMOUSE_COLLECT_LINKS_GLOBS_H
#define DORMOUSE_COLLECT_LINKS_GLOBS_H

#include <stdbool.h>

/* Whether the list watches the interface of that name. The list is comma-separated
 * globs (fnmatch(3)), blanks around them ignored; one that begins with "!" excludes,
 * and excluding wins whatever the order. A list without any including glob includes
 * all. A loopback interface is watched only where its own name is in the list: traffic
 * over it leaves nobody's pod. */
bool globs_watch(const char *list, const char *name, bool loopback);

/* Whether some glob of the list includes: then what it means is meant by name. */
bool globs_name_any(const char *list);

#endif
