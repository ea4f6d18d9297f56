/* SPDX-License-Identifier: Apache-2.0 */
/* Which links count, for every way in which one can stand on another. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "collect/links/link_stack.h"

#define LINKS 16

/* A namespace: each link with what the kernel says of it. */
struct link {
	const char *name, *kind;
	int ifindex, below, master;
	bool elsewhere;
};

/* The other end of a pod's own interface is in the node's namespace. */
#define ETH0                                                                           \
	{                                                                              \
		"eth0", "veth", 2, 7, 0, true                                          \
	}

static void stack(const struct link *links, unsigned count, bool everything,
		  struct link_counters *to)
{
	struct link_place places[LINKS];
	bool mark[LINKS];

	memset(to, 0, LINKS * sizeof(*to));
	for (unsigned i = 0; i < count; i++) {
		snprintf(to[i].name, sizeof(to[i].name), "%s", links[i].name);
		snprintf(to[i].kind, sizeof(to[i].kind), "%s", links[i].kind);
		to[i].ifindex = links[i].ifindex;
		places[i] = (struct link_place){links[i].below, links[i].master,
						links[i].elsewhere};
	}
	link_stack(to, places, count, everything, mark);
}

/* The names of those that count, in the order of the list. */
static void assert_counted(const struct link *links, unsigned count, const char *names)
{
	struct link_counters to[LINKS];
	char counted[LINKS * (IF_NAMESIZE + 1)] = "";
	size_t length = 0;

	stack(links, count, false, to);
	for (unsigned i = 0; i < count; i++)
		if (to[i].counted)
			length +=
			    (size_t)snprintf(counted + length, sizeof(counted) - length,
					     "%s%s", length ? " " : "", to[i].name);
	assert_string_equal(counted, names);
}

static void assert_all_counted(const struct link *links, unsigned count)
{
	struct link_counters to[LINKS];

	stack(links, count, true, to);
	for (unsigned i = 0; i < count; i++)
		assert_true(to[i].counted);
}

#define COUNTED(names, ...)                                                            \
	do {                                                                           \
		static const struct link links[] = {__VA_ARGS__};                      \
		const unsigned count = sizeof(links) / sizeof(links[0]);               \
		assert_counted(links, count, names);                                   \
		assert_all_counted(links, count);                                      \
	} while (0)

CASE(a_pods_own_interface_counts)
{
	COUNTED("eth0", ETH0);
	COUNTED("eth0 net1", ETH0, {"net1", "macvlan", 3, 4, 0, true});
	/* Its peer's index is that of another link here: another namespace's index. */
	COUNTED("eth0 net1", {"eth0", "veth", 2, 3, 0, true},
		{"net1", "veth", 3, 2, 0, true});
	COUNTED("ens3", {"ens3", "", 2, 0, 0, false});
}

CASE(a_tunnel_is_counted_by_what_it_goes_out_by)
{
	static const char *const kinds[] = {
	    "vxlan",  "geneve", "gre",  "gretap", "ip6gre",    "ipip", "sit",
	    "ip6tnl", "vti",    "xfrm", "tun",    "wireguard", "ppp",  "ifb"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct link links[] = {{"tun0", kinds[i], 1, 0, 0, false}, ETH0};
		const struct link bound[] = {ETH0, {"tun0", kinds[i], 5, 2, 0, false}};
		const struct link alone[] = {{"tun0", kinds[i], 5, 0, 0, false}};
		const struct link moved[] = {ETH0, {"tun0", kinds[i], 5, 0, 0, true}};

		assert_counted(links, 2, "eth0");
		assert_counted(bound, 2, "eth0");
		/* A tunnel that was made outside, and what it goes out by is there. */
		assert_counted(alone, 1, "tun0");
		assert_counted(moved, 2, "eth0 tun0");
	}
}

CASE(a_link_on_another_is_counted_by_the_one_below)
{
	static const char *const kinds[] = {"vlan", "macvlan", "macvtap", "ipvlan",
					    "macsec"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct link links[] = {{"up0", kinds[i], 9, 2, 0, false}, ETH0};
		/* The one below is not watched. */
		const struct link alone[] = {{"up0", kinds[i], 9, 2, 0, false}};

		assert_counted(links, 2, "eth0");
		assert_counted(alone, 1, "up0");
	}
	COUNTED("eth0", ETH0, {"eth0.5", "vlan", 3, 2, 0, false},
		{"mac0", "macvlan", 4, 3, 0, false});
}

CASE(a_link_above_others_is_counted_by_them)
{
	static const char *const kinds[] = {"bridge", "bond", "team", "vrf", "hsr"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct link links[] = {{"up0", kinds[i], 1, 0, 0, false},
					     {"eth0", "veth", 2, 7, 1, true},
					     {"eth1", "", 3, 0, 1, false}};
		const struct link empty[] = {{"up0", kinds[i], 1, 0, 0, false}, ETH0};

		assert_counted(links, 3, "eth0 eth1");
		assert_counted(empty, 2, "up0 eth0");
	}
}

CASE(towers_are_counted_at_their_foot)
{
	/* A virtual machine's tap and the pod's interface in one bridge. */
	COUNTED("eth0", {"k6t", "bridge", 4, 0, 0, false},
		{"eth0", "veth", 2, 7, 4, true}, {"tap0", "tun", 5, 0, 4, false});
	/* VXLAN in a bridge with an address on a VLAN of it. */
	COUNTED("eth0", ETH0, {"vx", "vxlan", 3, 0, 4, false},
		{"br0", "bridge", 4, 0, 0, false}, {"br0.7", "vlan", 5, 4, 0, false});
	/* WireGuard beside a bond of two. */
	COUNTED("a b", {"wg0", "wireguard", 9, 0, 0, false}, {"a", "", 2, 0, 4, false},
		{"b", "", 3, 0, 4, false}, {"bond0", "bond", 4, 0, 0, false});
	/* Everything on a tap that user space made for a rootless pod. */
	COUNTED("tap0", {"tap0", "tun", 2, 0, 0, false},
		{"tap0.3", "vlan", 3, 2, 0, false});
}

CASE(a_pair_with_both_ends_here_leads_nowhere)
{
	COUNTED("eth0", ETH0, {"a", "veth", 3, 4, 0, false},
		{"b", "veth", 4, 3, 0, false});
	COUNTED("eth0", {"eth0", "veth", 2, 7, 5, true}, {"a", "veth", 3, 4, 0, false},
		{"b", "veth", 4, 3, 5, false}, {"br0", "bridge", 5, 0, 0, false});
	/* Where there is nothing else it is all there is to see. */
	COUNTED("a b", {"a", "veth", 3, 4, 0, false}, {"b", "veth", 4, 3, 0, false});
}

CASE(a_dummy_is_nobodys_way_out)
{
	COUNTED("dummy0 wg0", {"dummy0", "dummy", 2, 0, 0, false},
		{"wg0", "wireguard", 3, 0, 0, false});
	COUNTED("dummy0 eth0", {"dummy0", "dummy", 1, 0, 0, false}, ETH0);
}

CASE(it_says_what_stands_on_what)
{
	static const struct link links[] = {ETH0,
					    {"eth0.5", "vlan", 3, 2, 0, false},
					    {"wg0", "wireguard", 4, 0, 0, false},
					    {"br0", "bridge", 5, 0, 0, false},
					    {"p", "veth", 6, 9, 5, true}};
	struct link_counters to[LINKS];

	stack(links, 5, true, to);
	assert_int_equal(to[0].on, 0);
	assert_int_equal(to[1].on, 2);
	assert_int_equal(to[2].on, 2);
	assert_int_equal(to[3].on, 6);
	assert_int_equal(to[4].on, 0);
}

/* Whatever is said of the links, some count, and what counts is no other's. */
CASE(nothing_said_leaves_a_namespace_uncounted)
{
	static const char *const kinds[] = {"",      "veth", "bridge", "vlan",
					    "vxlan", "tun",  "dummy",  "ifb"};
	uint64_t random = 88172645463325252u;

	for (unsigned round = 0; round < 100000; round++) {
		struct link_counters to[LINKS];
		struct link links[LINKS];
		unsigned count, counted = 0;

		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		count = 1 + random % 6;
		for (unsigned i = 0; i < count; i++) {
			uint64_t r = random >> (8 * i);

			links[i] = (struct link){"x",
						 kinds[r & 7],
						 (int)i + 1,
						 (int)(r >> 3 & 7),
						 (int)(r >> 6 & 7),
						 r >> 9 & 1};
		}
		stack(links, count, false, to);
		for (unsigned i = 0; i < count; i++)
			counted += to[i].counted;
		assert_true(counted > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pods_own_interface_counts),
	    cmocka_unit_test(a_tunnel_is_counted_by_what_it_goes_out_by),
	    cmocka_unit_test(a_link_on_another_is_counted_by_the_one_below),
	    cmocka_unit_test(a_link_above_others_is_counted_by_them),
	    cmocka_unit_test(towers_are_counted_at_their_foot),
	    cmocka_unit_test(a_pair_with_both_ends_here_leads_nowhere),
	    cmocka_unit_test(a_dummy_is_nobodys_way_out),
	    cmocka_unit_test(it_says_what_stands_on_what),
	    cmocka_unit_test(nothing_said_leaves_a_namespace_uncounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
