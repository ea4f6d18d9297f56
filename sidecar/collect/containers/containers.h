/* SPDX-License-Identifier: Apache-2.0 */
/* containers.h - the pod's containers, identified by the cgroup that owns a socket.
 *
 * The monitor's own container is identified by its listeners. If everything is in one
 * cgroup (no cgroup v2, a bare machine) there is only that one, and it is not the
 * monitor's own.
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

/* Notes the cgroup that owns the monitor's listener (0: not known). */
void containers_own(struct containers *c, uint64_t cgroup_id);

/* The index of the container that owns a socket of the pod. */
uint8_t containers_of(struct containers *c, uint64_t cgroup_id);

/* The index for a socket whose cgroup is not known: the pod's only container if just
 * one is known, else "other". */
uint8_t containers_guess(struct containers *c);

/* Adds the monitor's sent bytes, if it has a container of its own. */
void containers_add_own(struct containers *c, uint64_t tx_bytes);

#endif
