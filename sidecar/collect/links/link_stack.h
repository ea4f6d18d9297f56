/* SPDX-License-Identifier: Apache-2.0 */
/* link_stack.h - finds the links on top of other links, so that each byte counts once.
 * Private to collect/.
 *
 * A packet sent by a tunnel, a VLAN or a bridge is sent again by the link below, in the
 * same namespace, and only the counters of the link below include all of it. Sources:
 * IFLA_LINK names the link below (a VLAN's, a macvlan's), IFLA_MASTER the bridge, bond
 * or VRF above. IFLA_LINK_NETNSID means that the named link is in another namespace
 * (the other end of a pod's veth). Tunnels that send by any route are recognised by
 * their kind.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINK_STACK_H
#define DORMOUSE_COLLECT_LINKS_LINK_STACK_H

#include <stdbool.h>

#include "dormouse/collect.h"

/* A link's neighbours, as the kernel reports them. */
struct link_place {
	int below;      /* IFLA_LINK: 0 for none */
	int master;     /* IFLA_MASTER: likewise */
	bool elsewhere; /* the link below is in another namespace */
};

/* Sets `on` and `counted` of each link. Counted are the links that are not on top of
 * another one, or all if `everything` is true. `places` has one entry for each link,
 * `mark` has room for one flag each. */
void link_stack(struct link_counters *links, const struct link_place *places,
		unsigned count, bool everything, bool *mark);

#endif
