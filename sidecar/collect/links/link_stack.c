/* SPDX-License-Identifier: Apache-2.0 */
/* link_stack.c - finds the links on top of other links, so that each byte counts
 * once. */
#include "link_stack.h"

#include <stddef.h>
#include <string.h>

/* Links that wrap what they send into packets of the same namespace, or repeat the
 * traffic of others (ifb, nlmon). They may be the only links of a namespace: a
 * WireGuard interface or a tap may have been created outside for it. */
static const char *const wrapping[] = {
    "vxlan",     "wireguard", "gre",  "gretap", "ip6gre", "ip6gretap", "erspan",
    "ip6erspan", "ipip",      "sit",  "ip6tnl", "vti",    "vti6",      "xfrm",
    "geneve",    "bareudp",   "gtp",  "tun",    "ovpn",   "amt",       "l2tpeth",
    "l2tp",      "ppp",       "ipoa", "ifb",    "nlmon",
};

/* Links in pairs: packets sent into one end arrive at the other. */
static const char *const paired[] = {"veth", "netkit", "vxcan"};

/* Links that lead nowhere. */
static const char *const ends[] = {"dummy", "vcan"};

#define KIND_IS(link, table)                                                           \
	kind_is((link)->kind, table, sizeof(table) / sizeof((table)[0]))

static bool kind_is(const char *kind, const char *const *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(kind, table[i]) == 0)
			return true;
	return false;
}

static unsigned index_of(const struct link_counters *links, unsigned count, int ifindex)
{
	unsigned i = 0;

	while (i < count && links[i].ifindex != ifindex)
		i++;
	return i;
}

/* Whether both ends of a pair are here: its traffic stays here. */
static bool stays_here(const struct link_counters *link, const struct link_place *place)
{
	return place->below != 0 && !place->elsewhere && KIND_IS(link, paired);
}

/* Sets what the kernel states directly: the link below, and those above. */
static void stack_by_index(struct link_counters *links, const struct link_place *places,
			   unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int below = places[i].below, master = places[i].master;

		if (below != 0 && below != links[i].ifindex && !places[i].elsewhere &&
		    !KIND_IS(&links[i], paired) &&
		    index_of(links, count, below) < count)
			links[i].on = below;
		if (master != 0) {
			unsigned above = index_of(links, count, master);

			if (above < count && links[above].on == 0)
				links[above].on = links[i].ifindex;
		}
	}
}

/* Marks the links that may be on top of a link that leads out of the namespace, and
 * returns the first such link; `count` if there is none. */
static unsigned mark_movable(const struct link_counters *links,
			     const struct link_place *places, unsigned count,
			     bool *movable)
{
	unsigned base = count;

	for (unsigned i = 0; i < count; i++) {
		bool wraps = KIND_IS(&links[i], wrapping) && !places[i].elsewhere;

		movable[i] =
		    links[i].on == 0 && (wraps || stays_here(&links[i], &places[i]));
		if (base == count && !movable[i] && links[i].on == 0 &&
		    !KIND_IS(&links[i], ends))
			base = i;
	}
	return base;
}

void link_stack(struct link_counters *links, const struct link_place *places,
		unsigned count, bool everything, bool *mark)
{
	unsigned base, none = 0;

	for (unsigned i = 0; i < count; i++)
		links[i].on = 0;
	stack_by_index(links, places, count);
	base = mark_movable(links, places, count, mark);
	for (unsigned i = 0; i < count; i++) {
		if (mark[i] && base < count)
			links[i].on = links[base].ifindex;
		links[i].counted = everything || links[i].on == 0;
		none += !links[i].counted;
	}
	/* A ring, which no kernel creates: count the links twice rather than not at
	 * all. */
	for (unsigned i = 0; none == count && i < count; i++)
		links[i].counted = true;
}
