/* SPDX-License-Identifier: Apache-2.0 */
/* foremost.h - selects the flows with the most traffic: a heap of bounded size, then
 * sorted. */
#ifndef DORMOUSE_COLLECT_SOCKETS_FOREMOST_H
#define DORMOUSE_COLLECT_SOCKETS_FOREMOST_H

#include <stddef.h>

#include "dormouse/traffic.h"

/* Keeps the `max` foremost flows in heap[], which holds `count`, and adds the others to
 * the rest. Returns the new count. */
size_t foremost_add(struct flow *heap, size_t count, size_t max,
		    const struct flow *candidate, struct flow *rest);

/* Sorts the flows and appends the rest if it is not empty: `flows` needs room for it.
 * Returns the new count. */
size_t foremost_finish(struct flow *flows, size_t count, const struct flow *rest);

#endif
