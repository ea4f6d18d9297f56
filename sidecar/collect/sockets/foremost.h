/* SPDX-License-Identifier: Apache-2.0 */
/* foremost.h - of many flows those that moved most: a heap of bounded size, then
 * sorted.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_FOREMOST_H
#define DORMOUSE_COLLECT_SOCKETS_FOREMOST_H

#include <stddef.h>

#include "dormouse/traffic.h"

/* Keeps the `max` foremost in heap[], which holds `count`, and adds the others to the
 * rest. Returns how many there are now. */
size_t foremost_add(struct flow *heap, size_t count, size_t max,
		    const struct flow *candidate, struct flow *rest);

/* Sorts them, and puts the rest last if there is any: there is to be room for it.
 * Returns how many there are now. */
size_t foremost_finish(struct flow *flows, size_t count, const struct flow *rest);

#endif
