/* SPDX-License-Identifier: Apache-2.0 */
/* containers.h - the pod's containers, told apart by the cgroup that owns a socket.
 *
 * The monitor's own container is known by its listeners. Where everything is in one
 * cgroup (no cgroup v2, a bare machine) there is just that one and it is nobody's own.
 */
#ifndef DORMOUSE_COLLECT_CONTAINERS_CONTAINERS_H
#define DORMOUSE_COLLECT_CONTAINERS_CONTAINERS_H

#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

struct containers {
	struct container_counters known[COLLECT_CONTAINERS_MAX + 1]; /* and "other" */
	size_t count;
	uint64_t own_cgroup_id; /* 0: not known, or shared with others */
	bool own_is_shared;
};

/* The monitor's own listener is owned by that cgroup (0: not told). */
void containers_own(struct containers *c, uint64_t cgroup_id);

/* The index of the container that owns a socket of the pod. */
uint8_t containers_of(struct containers *c, uint64_t cgroup_id);

/* The index for a socket whose cgroup is not known: the pod's only container if it has
 * shown just one, else "other". */
uint8_t containers_guess(struct containers *c);

/* Counts what the monitor itself sent, if it has a container of its own. */
void containers_add_own(struct containers *c, uint64_t tx_bytes);

#endif
