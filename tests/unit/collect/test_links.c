/* SPDX-License-Identifier: Apache-2.0 */
/* Link counters against a real kernel, in a network namespace of the test's own: a pair
 * of veths, a and b, both ends here. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/wait.h>

#include "../support/namespace_fixture.h"
#include "../support/testing.h"
#include "collect/links/link_message.h"
#include "collect/links/links.h"

static bool allowed;

static int make_pair(void **state)
{
	struct error err;

	if (!allowed)
		return 0;
	assert_true(make_veth("a", "b"));
	*state = links_open("", &err);
	assert_non_null(*state);
	return 0;
}

static int remove_pair(void **state)
{
	if (!allowed)
		return 0;
	links_close(*state);
	shell("for l in $(ls /proc/sys/net/ipv4/conf); do"
	      " case $l in a|b|c|w|d|br) ip link del dev $l 2>/dev/null;; esac; done");
	return 0;
}

static const struct link_counters *link_named(const struct links *l, const char *name)
{
	const struct link_table *table = links_table(l);
	unsigned i;

	for (i = 0; i < table->count; i++)
		if (strcmp(table->links[i].name, name) == 0)
			return &table->links[i];
	return NULL;
}

static void assert_as_the_kernel_says(struct links *l, const char *name)
{
	const struct link_counters *link = link_named(l, name);
	struct kernel_counters k;

	assert_non_null(link);
	assert_int_equal(kernel_counters(name, &k), 0);
	assert_int_equal(link->tx_bytes, k.tx_bytes);
	assert_int_equal(link->tx_packets, k.tx_packets);
	assert_int_equal(link->rx_bytes, k.rx_bytes);
	assert_int_equal(link->rx_packets, k.rx_packets);
	assert_int_equal(link->tx_errors, k.tx_errors);
	assert_int_equal(link->rx_errors, k.rx_errors);
	assert_int_equal(link->tx_dropped, k.tx_dropped);
	assert_int_equal(link->rx_dropped, k.rx_dropped);
}

static void read_links(struct links *l)
{
	struct error err;

	if (links_read(l, &err) < 0)
		fail_msg("%s", err.text);
}

static void counters_are_the_kernels_to_the_byte(void **state)
{
	struct links *l = *state;

	if (!allowed)
		skip();
	assert_int_equal(send_frames("a", 321, 1000), 0);
	assert_int_equal(send_frames("b", 7, 60), 0);
	read_links(l);
	assert_as_the_kernel_says(l, "a");
	assert_as_the_kernel_says(l, "b");
	assert_int_equal(link_named(l, "a")->tx_bytes, 321 * 1000);
	assert_int_equal(links_table(l)->flowed.tx_bytes, 321 * 1000 + 7 * 60);
	assert_int_equal(links_table(l)->flowed.tx_packets, 328);
	assert_int_equal(links_table(l)->flowed.rx_packets, 328);
	assert_string_equal(link_named(l, "a")->kind, "veth");
	assert_null(link_named(l, "lo"));
}

static void without_getstats_the_counters_are_the_same(void **state)
{
	struct links *l = *state;

	if (!allowed)
		skip();
	links_without_getstats(l);
	assert_int_equal(send_frames("a", 50, 500), 0);
	read_links(l);
	assert_as_the_kernel_says(l, "a");
	assert_as_the_kernel_says(l, "b");
	assert_int_equal(links_table(l)->flowed.tx_bytes, 50 * 500);
}

static void a_link_that_appears_counts_from_its_first_byte(void **state)
{
	struct links *l = *state;

	if (!allowed)
		skip();
	assert_true(make_veth("c", "d"));
	assert_int_equal(send_frames("c", 11, 100), 0);
	read_links(l);
	assert_as_the_kernel_says(l, "c");
	assert_int_equal(links_table(l)->flowed.tx_bytes, 1100);
}

static void a_link_that_vanishes_is_counted_to_its_last_byte(void **state)
{
	struct links *l = *state;

	if (!allowed)
		skip();
	assert_int_equal(send_frames("a", 13, 100), 0);
	assert_int_equal(send_frames("b", 1, 100), 0);
	read_links(l);
	assert_int_equal(send_frames("a", 7, 100), 0);
	assert_int_equal(shell("ip link del dev a"), 0);
	read_links(l);
	assert_int_equal(links_table(l)->count, 0);
	assert_int_equal(links_table(l)->flowed.tx_bytes, 2100);
	assert_int_equal(links_table(l)->flowed.tx_packets, 21);
	assert_int_equal(links_table(l)->oddities.resets, 0);
}

static void a_renamed_link_goes_on_under_its_new_name(void **state)
{
	struct links *l = *state;

	if (!allowed)
		skip();
	assert_int_equal(send_frames("a", 5, 100), 0);
	assert_int_equal(shell("ip link set dev a down && ip link set dev a name w && "
			       "ip link set dev w up"),
			 0);
	assert_int_equal(send_frames("w", 5, 100), 0);
	read_links(l);
	assert_null(link_named(l, "a"));
	assert_as_the_kernel_says(l, "w");
	assert_int_equal(links_table(l)->flowed.tx_bytes, 1000);
}

static void a_flapping_link_loses_no_byte(void **state)
{
	struct links *l = *state;
	unsigned i;

	if (!allowed)
		skip();
	for (i = 0; i < 20; i++) {
		assert_true(make_veth("c", "d"));
		assert_int_equal(send_frames("c", 3, 100), 0);
		if (i % 3 == 0)
			read_links(l);
		assert_int_equal(shell("ip link set dev c down"), 0);
		if (i % 4 == 0)
			read_links(l);
		assert_int_equal(shell("ip link del dev c"), 0);
	}
	read_links(l);
	assert_int_equal(links_table(l)->flowed.tx_bytes, 20 * 300);
	assert_int_equal(links_table(l)->count, 2);
	assert_int_equal(links_table(l)->oddities.resets, 0);
}

static void leaving_a_bridge_is_not_leaving(void **state)
{
	struct links *l = *state;

	if (!allowed)
		skip();
	assert_int_equal(
	    shell("ip link add name br type bridge && ip link set dev a master br && "
		  "ip link set dev a nomaster"),
	    0);
	read_links(l);
	assert_non_null(link_named(l, "a"));
	assert_string_equal(link_named(l, "br")->kind, "bridge");
	assert_as_the_kernel_says(l, "a");
}

/* Whether a link is told to stand on that one, and to count. */
static void assert_stands(struct links *l, const char *name, const char *on,
			  bool counted)
{
	const struct link_counters *link = link_named(l, name);

	assert_non_null(link);
	assert_int_equal(link->on, on ? link_named(l, on)->ifindex : 0);
	assert_int_equal(link->counted, counted);
}

/* One end of the pair is in another namespace, as a pod's own interface is, and what
 * stands on it is told by the kernel. Skips kinds that this kernel lacks. */
static void what_stands_on_what_is_told_by_the_kernel(void **state)
{
	static const struct {
		const char *command, *kind;
	} above[] = {
	    {"ip link add link a name up0 type vlan id 5", "vlan"},
	    {"ip link add link a name up0 type macvlan", "macvlan"},
	    {"ip link add link a name up0 type ipvlan", "ipvlan"},
	    {"ip link add name up0 type vxlan id 5 remote 10.0.0.2 dstport 4789",
	     "vxlan"},
	    {"ip link add name up0 type vxlan id 5 remote 10.0.0.2 dstport 4789 dev a",
	     "vxlan"},
	    {"ip link add name up0 type geneve id 5 remote 10.0.0.2", "geneve"},
	    {"ip link add name up0 type gre local 10.0.0.1 remote 10.0.0.2", "gre"},
	    {"ip link add name up0 type ipip local 10.0.0.1 remote 10.0.0.2", "ipip"},
	    {"ip link add name up0 type wireguard", "wireguard"},
	    {"ip link add name up0 type bridge && ip link set dev a master up0",
	     "bridge"},
	    {"ip link add name up0 type bond && ip link set dev a down && "
	     "ip link set dev a master up0",
	     "bond"},
	    {"ip tuntap add name up0 mode tap", "tun"},
	    {"ip link add name up0 type ifb", "ifb"},
	};
	struct links *l = *state;
	unsigned known = 0;

	if (!allowed)
		skip();
	assert_int_equal(
	    shell("ip netns add links-%d && ip link set dev b netns links-%d && "
		  "ip -n links-%d link set dev b up",
		  (int)getpid(), (int)getpid(), (int)getpid()),
	    0);
	for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++) {
		if (shell("(%s) 2>/dev/null", above[i].command) != 0) {
			print_message("not on this kernel: %s\n", above[i].kind);
			shell("ip link del dev up0 2>/dev/null");
			continue;
		}
		known++;
		assert_int_equal(send_frames("a", 1, 100), 0);
		read_links(l);
		assert_string_equal(link_named(l, "up0")->kind, above[i].kind);
		assert_stands(l, "a", NULL, true);
		assert_stands(l, "up0", "a", false);
		assert_int_equal(shell("ip link del dev up0; ip link set dev a up"), 0);
		read_links(l);
		assert_null(link_named(l, "up0"));
	}
	shell("ip netns del links-%d", (int)getpid());
	assert_true(known >= 3);
}

static void lost_notifications_are_mended_by_a_listing(void **state)
{
	struct links *l = *state;
	int small = 1;
	unsigned i;

	if (!allowed)
		skip();
	setsockopt(links_fd(l), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (i = 0; i < 10; i++)
		assert_int_equal(
		    shell("ip link set dev a down && ip link set dev a up"), 0);
	assert_true(make_veth("c", "d"));
	assert_int_equal(send_frames("c", 9, 100), 0);
	assert_int_equal(shell("ip link set dev b down && ip link set dev b name w"),
			 0);
	read_links(l);
	assert_true(links_totals(l).notifications_lost > 0);
	assert_true(links_totals(l).buffers_grown > 0);
	assert_int_equal(links_totals(l).resyncs, 1);
	assert_as_the_kernel_says(l, "c");
	assert_as_the_kernel_says(l, "w");
	assert_int_equal(links_table(l)->flowed.tx_bytes, 900);
}

static void a_notification_makes_the_descriptor_readable(void **state)
{
	struct links *l = *state;
	struct pollfd ready = {.fd = links_fd(l), .events = POLLIN};

	if (!allowed)
		skip();
	links_process(l);
	assert_int_equal(poll(&ready, 1, 0), 0);
	assert_int_equal(shell("ip link set dev a down"), 0);
	assert_int_equal(poll(&ready, 1, 1000), 1);
	links_process(l);
	assert_int_equal(poll(&ready, 1, 0), 0);
}

static void nobody_without_capabilities_reads_the_same(void **state)
{
	struct links *l = *state;
	int status = 0;
	pid_t child;

	if (!allowed)
		skip();
	assert_int_equal(send_frames("a", 2, 100), 0);
	read_links(l);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct error err;
		struct links *other;

		if (setresgid(65532, 65532, 65532) < 0 ||
		    setresuid(65532, 65532, 65532) < 0)
			_exit(2);
		other = links_open("a", &err);
		if (!other || links_fd(other) < 0 || links_read(other, &err) < 0)
			_exit(3);
		_exit(link_named(other, "a")->tx_bytes !=
			  link_named(l, "a")->tx_bytes ||
		      link_named(other, "a")->ifindex != link_named(l, "a")->ifindex);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

CASE(a_message_cut_short_says_nothing)
{
	struct {
		struct nlmsghdr head;
		struct if_stats_msg body;
		struct nlattr attribute;
		unsigned char stats[192];
	} message;
	struct link_reading reading;
	struct link_event event;
	unsigned length;
	int ifindex;

	memset(&message, 0, sizeof(message));
	message.head.nlmsg_type = RTM_NEWSTATS;
	message.attribute.nla_type = IFLA_STATS_LINK_64;
	message.attribute.nla_len = sizeof(message.attribute) + sizeof(message.stats);
	message.head.nlmsg_len = sizeof(message);
	assert_true(link_message_reading(&message.head, &ifindex, &reading));
	for (length = sizeof(message.head); length < sizeof(message); length++) {
		message.head.nlmsg_len = length;
		assert_false(link_message_reading(&message.head, &ifindex, &reading));
	}
	message.head.nlmsg_len = sizeof(message);
	message.attribute.nla_len = sizeof(message.attribute) + 56;
	assert_false(link_message_reading(&message.head, &ifindex, &reading));
	assert_false(link_message_event(&message.head, &event));
	message.head.nlmsg_type = RTM_NEWLINK;
	assert_false(link_message_event(&message.head, &event));
}

/* Behind each text stands another attribute. */
CASE(what_an_attribute_says_ends_with_it)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg body;
		struct nlattr name;
		char name_text[4];
		struct nlattr info, kind;
		char kind_text[4];
		struct nlattr below;
		int below_index;
		struct nlattr elsewhere;
	} message = {
	    .head = {.nlmsg_type = RTM_NEWLINK, .nlmsg_len = sizeof(message)},
	    .body = {.ifi_index = 7},
	    .name = {.nla_type = IFLA_IFNAME, .nla_len = 8},
	    .info = {.nla_type = IFLA_LINKINFO, .nla_len = 12},
	    .kind = {.nla_type = IFLA_INFO_KIND, .nla_len = 8},
	    .below = {.nla_type = IFLA_LINK, .nla_len = 8},
	    .below_index = 5,
	    .elsewhere = {.nla_type = IFLA_LINK_NETNSID, .nla_len = 4},
	};
	struct link_event event;

	memcpy(message.name_text, "port", sizeof(message.name_text));
	memcpy(message.kind_text, "veth", sizeof(message.kind_text));
	assert_true(link_message_event(&message.head, &event));
	assert_int_equal(event.ifindex, 7);
	assert_string_equal(event.name, "port");
	assert_string_equal(event.kind, "veth");
	assert_int_equal(event.place.below, message.below_index);
	assert_false(event.place.elsewhere);
	message.below.nla_len = 6;
	assert_true(link_message_event(&message.head, &event));
	assert_int_equal(event.place.below, 0);
	message.name.nla_len = sizeof(message.name);
	assert_false(link_message_event(&message.head, &event));
}

static bool is_own(const struct address_set *set, const char *text)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address_set_has(set, &address);
}

/* Of a link between two ends, IFA_ADDRESS is the other's. */
static void addresses_are_the_namespaces_own(void **state)
{
	struct links *l = *state;
	struct address_set own;

	if (!allowed)
		skip();
	assert_int_equal(address_set_init(&own, 256, 1), 0);
	assert_int_equal(shell("ip address add 10.9.0.1/24 dev a && "
			       "ip address add 10.9.1.1 peer 10.9.1.2 dev a && "
			       "echo 0 >/proc/sys/net/ipv6/conf/b/disable_ipv6 && "
			       "ip address add fd09::1/64 dev b nodad"),
			 0);
	links_addresses(l, &own);
	assert_true(is_own(&own, "::ffff:10.9.0.1"));
	assert_true(is_own(&own, "::ffff:10.9.1.1"));
	assert_false(is_own(&own, "::ffff:10.9.1.2"));
	assert_true(is_own(&own, "fd09::1"));
	assert_int_equal(shell("ip address del 10.9.0.1/24 dev a"), 0);
	links_addresses(l, &own);
	assert_false(is_own(&own, "::ffff:10.9.0.1"));
	assert_true(is_own(&own, "fd09::1"));
	address_set_release(&own);
}

#define ON_A_PAIR(f) cmocka_unit_test_setup_teardown(f, make_pair, remove_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_A_PAIR(counters_are_the_kernels_to_the_byte),
	    ON_A_PAIR(without_getstats_the_counters_are_the_same),
	    ON_A_PAIR(a_link_that_appears_counts_from_its_first_byte),
	    ON_A_PAIR(a_link_that_vanishes_is_counted_to_its_last_byte),
	    ON_A_PAIR(a_renamed_link_goes_on_under_its_new_name),
	    ON_A_PAIR(a_flapping_link_loses_no_byte),
	    ON_A_PAIR(leaving_a_bridge_is_not_leaving),
	    ON_A_PAIR(what_stands_on_what_is_told_by_the_kernel),
	    ON_A_PAIR(lost_notifications_are_mended_by_a_listing),
	    ON_A_PAIR(a_notification_makes_the_descriptor_readable),
	    ON_A_PAIR(nobody_without_capabilities_reads_the_same),
	    ON_A_PAIR(addresses_are_the_namespaces_own),
	    cmocka_unit_test(a_message_cut_short_says_nothing),
	    cmocka_unit_test(what_an_attribute_says_ends_with_it),
	};

	allowed = own_namespace_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
