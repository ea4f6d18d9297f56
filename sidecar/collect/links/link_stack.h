/* SPDX-License-Identifier: Apache-2.0 */
/* link_stack.h - which links stand on which, so that each byte counts once. Private to
 * collect/.
 *
 * What goes out by a tunnel, a VLAN or a bridge goes out once more by the link below
 * it, in the same namespace, and only that one's counters have all of it. Sources:
 * IFLA_LINK names the link below (a VLAN's, a macvlan's), IFLA_MASTER the bridge, bond
 * or VRF above, IFLA_LINK_NETNSID says that what is named is in another namespace (the
 * other end of a pod's veth), and tunnels that send by whatever route there is are told
 * by their kind.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINK_STACK_H
#define DORMOUSE_COLLECT_LINKS_LINK_STACK_H

#include <stdbool.h>

#include "dormouse/collect.h"

/* What the kernel says of a link's neighbours. */
struct link_place {
	int below;      /* IFLA_LINK: 0 for none */
	int master;     /* IFLA_MASTER: likewise */
	bool elsewhere; /* what is below is in another namespace */
};

/* Sets `on` and `counted` of each of the links: counted are those that stand on no
 * other of them, or all where `everything` is asked for. `places` has one for each
 * link, `mark` is room for one flag each. */
void link_stack(struct link_counters *links, const struct link_place *places,
		unsigned count, bool everything, bool *mark);

#endif
