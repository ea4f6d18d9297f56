/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that answer, and say nothing: each answer is well-formed and empty.
 *
 * The kernel is real (see peer_fixture.h for the topology); what it answers passes
 * through here, where counters, sockets and lines are taken out of it, as gVisor and
 * other kernels answer. For that this file stands in front of the C library.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "../support/testing.h"
#include "dormouse/collect.h"
#include "peer_fixture.h"

/* What says nothing. */
static struct {
	bool getstats, getlink; /* messages without counters */
	bool getstats_zero, getlink_zero;
	bool rtnetlink_ends; /* dumps without messages */
	bool sock_diag, events;
	const char *tables; /* their names, in /proc/net, with blanks around each */
} empty;

static double later_s; /* the clock is ahead by so much */

/* Takes an attribute out by giving it a number that nobody knows, or its counters. */
static void blank(char *message, size_t head, uint16_t type, bool zero)
{
	struct nlmsghdr h;
	struct nlattr a;
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(head);

	memcpy(&h, message, sizeof(h));
	for (; at + sizeof(a) <= h.nlmsg_len; at += NLA_ALIGN(a.nla_len)) {
		memcpy(&a, message + at, sizeof(a));
		if (a.nla_len < sizeof(a) || at + a.nla_len > h.nlmsg_len)
			return;
		if ((a.nla_type & NLA_TYPE_MASK) != type)
			continue;
		if (zero)
			memset(message + at + NLA_HDRLEN, 0, a.nla_len - NLA_HDRLEN);
		else
			a.nla_type = 999;
		memcpy(message + at, &a, sizeof(a));
	}
}

/* Makes the message the end of its dump. */
static void end_dump(char *message)
{
	struct nlmsghdr h;

	memcpy(&h, message, sizeof(h));
	h.nlmsg_type = NLMSG_DONE;
	memcpy(message, &h, sizeof(h));
	memset(message + NLMSG_HDRLEN, 0, sizeof(int));
}

static void empty_message(char *message, uint16_t type)
{
	bool link = type == RTM_NEWLINK, stats = type == RTM_NEWSTATS;
	bool socket = type == TCPDIAG_GETSOCK || type == SOCK_DIAG_BY_FAMILY;

	if ((empty.rtnetlink_ends && (link || stats)) || (empty.sock_diag && socket))
		end_dump(message);
	else if (stats && (empty.getstats || empty.getstats_zero))
		blank(message, sizeof(struct if_stats_msg), IFLA_STATS_LINK_64,
		      empty.getstats_zero);
	else if (link && (empty.getlink || empty.getlink_zero))
		blank(message, sizeof(struct ifinfomsg), IFLA_STATS64,
		      empty.getlink_zero);
}

static ssize_t empty_answer(char *answer, ssize_t length)
{
	struct nlmsghdr h;
	ssize_t at = 0;

	for (; at + (ssize_t)sizeof(h) <= length; at += NLMSG_ALIGN(h.nlmsg_len)) {
		memcpy(&h, answer + at, sizeof(h));
		if (h.nlmsg_len < sizeof(h))
			break;
		empty_message(answer + at, h.nlmsg_type);
	}
	return length;
}

static bool is_netlink(int fd)
{
	int domain = 0;
	socklen_t length = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
	       domain == AF_NETLINK;
}

/* A dump that ends has no more to come. */
static void drop_rest(int fd)
{
	static char rest[65536];

	while (syscall(SYS_recvfrom, fd, rest, sizeof(rest), MSG_DONTWAIT, NULL, NULL) >
	       0)
		;
}

/* Dumps are received one datagram at a time, sockets' ends many at once. */
int recvmmsg(int fd, struct mmsghdr *vmessages, unsigned vlen, RECVMMSG_FLAGS flags,
	     struct timespec *tmo)
{
	int got = (int)syscall(SYS_recvmmsg, fd, vmessages, vlen, flags, tmo);

	if (got < 0 || !is_netlink(fd))
		return got;
	if (vlen > 1 && empty.events) {
		errno = EAGAIN;
		return -1;
	}
	if (vlen == 1 && empty.sock_diag)
		drop_rest(fd);
	for (int i = 0; vlen == 1 && i < got; i++)
		empty_answer(vmessages[i].msg_hdr.msg_iov[0].iov_base,
			     vmessages[i].msg_len);
	return got;
}

int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
	int result = (int)syscall(SYS_clock_gettime, clock_id, tp);

	tp->tv_sec += (time_t)later_s;
	return result;
}

/* The table's headings alone. */
static int heading_of(const char *path)
{
	char text[4096], *end = text;
	int to = memfd_create("table", MFD_CLOEXEC);
	int from = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(from, text, sizeof(text) - 1);
	int lines = strstr(path, "/dev") ? 2 : 1;

	must(to >= 0 && length >= 0, path);
	text[length] = '\0';
	for (; lines > 0 && (end = strchr(end, '\n')); lines--)
		end++;
	length = end ? end - text : 0;
	must(write(to, text, (size_t)length) == length, "write headings");
	lseek(to, 0, SEEK_SET);
	close(from);
	return to;
}

int open(const char *file, int oflag, ...)
{
	const char *name = strrchr(file, '/');
	char word[32];

	if (empty.tables && strncmp(file, "/proc/self/net/", 15) == 0) {
		snprintf(word, sizeof(word), " %s ", name + 1);
		if (strstr(empty.tables, word))
			return heading_of(file);
	}
	return (int)syscall(SYS_openat, AT_FDCWD, file, oflag, 0600);
}

static int forget(void **state)
{
	(void)state;
	memset(&empty, 0, sizeof(empty));
	later_s = 0;
	return 0;
}

static struct collector *opened(const char *globs)
{
	struct collect_options options = {.max_sockets = 256, .max_destinations = 256};
	struct collector *c;
	struct error err;

	snprintf(options.interfaces, sizeof(options.interfaces), "%s", globs);
	c = collector_open(&options, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

static struct sample close_sample(struct collector *c)
{
	struct collect_request request = {.time = 1000 + later_s, .scan_sockets = true};
	struct sample sample;

	collector_sample(c, &request, &sample);
	return sample;
}

static uint64_t moved(const struct sample *from, const struct sample *to,
		      enum signal signal)
{
	assert_true(sample_has(to, signal));
	return to->value[signal] - from->value[signal];
}

/* That the collector has complained, once, of that source and so. */
static void assert_complains(struct collector *c, const char *source, const char *of)
{
	struct error complaint;
	bool found = false;

	while (collector_complaint(c, &complaint))
		found |= strstr(complaint.text, source) && strstr(complaint.text, of);
	assert_true(found);
	assert_false(collector_complaint(c, &complaint));
}

static void assert_silent(struct collector *c)
{
	struct error complaint;

	if (collector_complaint(c, &complaint))
		fail_msg("%s", complaint.text);
}

/* A sample, and the kernel's own counters at that time. */
static struct sample exact_sample(struct collector *c, struct kernel_counters *k)
{
	struct kernel_counters before = {0};
	struct sample sample;

	do {
		assert_int_equal(kernel_counters("eth0", &before), 0);
		sample = close_sample(c);
		assert_int_equal(kernel_counters("eth0", k), 0);
	} while (memcmp(&before, k, sizeof(before)) != 0);
	return sample;
}

/* Sends, and asserts that the link signals are the kernel's own to the byte. */
static void assert_exact(struct collector *c)
{
	struct kernel_counters before = {0}, after = {0};
	struct sample from = exact_sample(c, &before), to;

	send_udp("10.77.0.3", 50, 1000);
	send_tcp(20000);
	to = exact_sample(c, &after);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES),
			 after.tx_bytes - before.tx_bytes);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_PACKETS),
			 after.tx_packets - before.tx_packets);
	assert_int_equal(moved(&from, &to, SIGNAL_RX_BYTES),
			 after.rx_bytes - before.rx_bytes);
	assert_true(after.tx_bytes - before.tx_bytes > 70000);
}

CASE(everything_is_exact_while_all_answer)
{
	struct collector *c;

	if (!allowed)
		skip();
	c = opened("");
	assert_exact(c);
	for (int i = 0; i < COLLECTOR_SOURCE_COUNT; i++)
		assert_true(collector_ok(c, (enum collector_source)i));
	assert_silent(c);
	collector_close(c);
}

CASE(without_counters_in_getstats_getlink_has_them)
{
	struct collector *c;

	if (!allowed)
		skip();
	for (int zero = 0; zero < 2; zero++) {
		empty.getstats = !zero;
		empty.getstats_zero = zero;
		c = opened("");
		assert_exact(c);
		assert_true(collector_ok(c, COLLECTOR_LINKS));
		assert_silent(c);
		collector_close(c);
	}
}

/* rtnetlink has none, in whichever way. */
static void assert_proc_stands_in(void)
{
	struct collector *c = opened("");
	const struct link_counters *links;
	struct sample from, to;
	size_t count;

	assert_false(collector_ok(c, COLLECTOR_LINKS));
	assert_complains(c, "links", "using /proc/net/dev instead");
	links = collector_links(c, &count);
	assert_int_equal(count, 1);
	assert_string_equal(links[0].name, "eth0");
	assert_true(links[0].ifindex > 0);
	assert_exact(c);

	/* Loopback is left out, and links come, change their names and go. */
	from = close_sample(c);
	send_udp("127.0.0.1", 10, 1000);
	assert_true(make_veth("c", "d"));
	to = close_sample(c);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES), 0);
	collector_links(c, &count);
	assert_int_equal(count, 3);
	assert_int_equal(shell("ip link set dev c down && ip link set dev c name w"),
			 0);
	close_sample(c);
	links = collector_links(c, &count);
	assert_int_equal(count, 3);
	assert_true(!strcmp(links[1].name, "w") || !strcmp(links[2].name, "w"));
	assert_int_equal(shell("ip link del dev w"), 0);
	close_sample(c);
	collector_links(c, &count);
	assert_int_equal(count, 1);
	assert_exact(c);
	assert_silent(c);
	collector_close(c);
}

CASE(without_counters_in_rtnetlink_proc_has_them)
{
	if (!allowed)
		skip();
	empty.getstats = empty.getlink = true;
	assert_proc_stands_in();
	empty.rtnetlink_ends = true;
	assert_proc_stands_in();
}

/* Counters that are there and always 0: only traffic gives them away. */
CASE(zeros_are_believed_only_where_proc_says_the_same)
{
	struct collector *c;

	if (!allowed)
		skip();
	empty.getstats_zero = empty.getlink_zero = true;
	c = opened("");
	assert_false(collector_ok(c, COLLECTOR_LINKS));
	assert_exact(c);
	collector_close(c);
}

CASE(what_answers_again_is_used_again)
{
	struct collector *c;

	if (!allowed)
		skip();
	empty.getstats = empty.getlink = true;
	c = opened("");
	assert_complains(c, "links", "failed");
	memset(&empty, 0, sizeof(empty));
	assert_exact(c);
	assert_false(collector_ok(c, COLLECTOR_LINKS));
	later_s = 301;
	assert_exact(c);
	assert_true(collector_ok(c, COLLECTOR_LINKS));
	assert_complains(c, "links", "works again");
	collector_close(c);
}

CASE(what_falls_silent_later_is_noticed)
{
	struct collector *c;

	if (!allowed)
		skip();
	c = opened("");
	assert_exact(c);
	empty.getstats = empty.getlink = true;
	assert_exact(c);
	assert_false(collector_ok(c, COLLECTOR_LINKS));
	assert_complains(c, "links", "using /proc/net/dev instead");
	collector_close(c);
}

/* No counters of links at all: the octets of IP, which have no Ethernet headers and
 * which loopback is in. */
CASE(without_any_link_counters_octets_stand_in)
{
	struct collector *c;
	struct sample from, to;

	if (!allowed)
		skip();
	empty.getstats = empty.getlink = true;
	empty.tables = " dev ";
	c = opened("");
	assert_false(collector_ok(c, COLLECTOR_LINKS));
	from = close_sample(c);
	send_udp("10.77.0.3", 100, 1000);
	to = close_sample(c);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES), 100 * 1028);
	collector_close(c);

	/* Nor does what the links told count again when they fall silent, or begin. */
	memset(&empty, 0, sizeof(empty));
	c = opened("");
	send_udp("10.77.0.3", 1000, 1000);
	from = close_sample(c);
	empty.getstats = empty.getlink = true;
	empty.tables = " dev ";
	send_udp("10.77.0.3", 100, 1000);
	to = close_sample(c);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES), 0);
	assert_complains(c, "links", "/proc/net/dev");
	send_udp("10.77.0.3", 100, 1000);
	to = close_sample(c);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES), 100 * 1028);
	memset(&empty, 0, sizeof(empty));
	later_s = 301;
	to = close_sample(c);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES), 100 * 1028);
	collector_close(c);
}

static bool scanned(struct collector *c)
{
	struct traffic_view view;

	collector_traffic(c, &view);
	return view.scanned;
}

static bool flows_name(struct collector *c, const char *address, uint8_t protocol)
{
	struct in6_addr mapped = IN6ADDR_ANY_INIT;
	struct traffic_view view;

	collector_traffic(c, &view);
	const struct flow *flows = view.scan.flows;
	mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
	inet_pton(AF_INET, address, &mapped.s6_addr[12]);
	for (size_t i = 0; i < view.scan.flow_count; i++)
		if (memcmp(&flows[i].address, &mapped, sizeof(mapped)) == 0 &&
		    flows[i].protocol == protocol)
			return true;
	return false;
}

CASE(without_sockets_in_sock_diag_proc_has_them)
{
	struct sockaddr_in to_peer = address_of("10.77.0.2");
	struct sample from, to;
	struct collector *c;
	int first, second, udp;

	if (!allowed)
		skip();
	empty.sock_diag = empty.events = true;
	first = connect_tcp();
	c = opened("");
	assert_false(collector_ok(c, COLLECTOR_SOCKETS));
	assert_complains(c, "sockets", "returns no sockets");
	from = close_sample(c);
	second = connect_tcp();
	send_on(second, 5000);
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(connect(udp, (struct sockaddr *)&to_peer, sizeof(to_peer)) == 0, "udp");
	to = close_sample(c);
	assert_true(scanned(c));
	assert_int_equal(moved(&from, &to, SIGNAL_TCP_NEW_SOCKETS), 1);
	assert_int_equal(to.value[SIGNAL_DESTINATIONS], 1);
	assert_true(flows_name(c, "10.77.0.2", IPPROTO_TCP));
	assert_true(flows_name(c, "10.77.0.2", IPPROTO_UDP));
	/* What nobody counts is not said to be 0. */
	assert_false(sample_has(&to, SIGNAL_TCP_TX_BYTES));
	assert_false(sample_has(&to, SIGNAL_TCP_INITIATED_TX_BYTES));
	/* sock_diag dumps again: the connections are known already. */
	memset(&empty, 0, sizeof(empty));
	later_s = 301;
	close_sample(c);
	to = close_sample(c);
	assert_true(collector_ok(c, COLLECTOR_SOCKETS));
	assert_int_equal(moved(&from, &to, SIGNAL_TCP_NEW_SOCKETS), 1);
	send_on(first, 3000);
	from = to;
	to = close_sample(c);
	assert_int_equal(moved(&from, &to, SIGNAL_TCP_TX_BYTES), 3000);
	close(first);
	close(second);
	close(udp);
	collector_close(c);
}

CASE(without_sockets_anywhere_none_is_made_up)
{
	struct collector *c;
	struct sample sample;

	if (!allowed)
		skip();
	empty.sock_diag = empty.events = true;
	empty.tables = " tcp tcp6 udp udp6 ";
	c = opened("");
	sample = close_sample(c);
	/* It may be so: nothing contradicts it. */
	assert_true(collector_ok(c, COLLECTOR_SOCKETS));
	assert_int_equal(sample.value[SIGNAL_DESTINATIONS], 0);
	collector_close(c);
}

CASE(ends_that_are_never_told_are_noticed)
{
	struct collector *c;

	if (!allowed)
		skip();
	empty.events = true;
	c = opened("");
	for (later_s = 0; later_s <= 9; later_s++)
		close_sample(c);
	assert_true(collector_ok(c, COLLECTOR_SOCKET_EVENTS));
	assert_silent(c);
	for (; later_s <= 13; later_s++)
		close_sample(c);
	assert_false(collector_ok(c, COLLECTOR_SOCKET_EVENTS));
	assert_complains(c, "socket_events", "does not report");
	empty.events = false;
	send_tcp(10);
	for (int i = 0; i < 100 && !collector_ok(c, COLLECTOR_SOCKET_EVENTS); i++) {
		poll(NULL, 0, 20);
		close_sample(c);
	}
	assert_complains(c, "socket_events", "works again");
	collector_close(c);
}

CASE(in_a_silent_pod_ends_are_told_when_asked)
{
	struct collector *c;

	if (!allowed)
		skip();
	c = opened("");
	for (later_s = 0; later_s <= 30; later_s++) {
		poll(NULL, 0, 5);
		close_sample(c);
	}
	assert_true(collector_ok(c, COLLECTOR_SOCKET_EVENTS));
	assert_silent(c);
	collector_close(c);
}

CASE(tables_of_protocols_without_lines_are_a_failure)
{
	struct collector *c;
	struct sample sample;

	if (!allowed)
		skip();
	empty.tables = " snmp ";
	c = opened("");
	sample = close_sample(c);
	assert_false(collector_ok(c, COLLECTOR_PROTOCOLS));
	assert_complains(c, "protocols", "snmp");
	assert_false(sample_has(&sample, SIGNAL_UDP_TX_PACKETS));
	assert_exact(c);
	collector_close(c);

	/* The others are only ever a help. */
	empty.tables = " snmp6 netstat ";
	c = opened("");
	assert_exact(c);
	assert_silent(c);
	collector_close(c);
}

CASE(a_list_that_means_nothing_is_complained_of)
{
	struct collector *c;

	if (!allowed)
		skip();
	c = opened("z*,!eth1");
	assert_complains(c, "z*,!eth1", "eth0");
	assert_int_equal(collector_totals(c)->interfaces_matched, 0);
	close_sample(c);
	assert_silent(c);
	assert_int_equal(shell("ip link add name z0 type veth peer name z1"), 0);
	close_sample(c);
	assert_int_equal(collector_totals(c)->interfaces_matched, 2);
	assert_complains(c, "z", "is watched now");
	assert_int_equal(shell("ip link del dev z0"), 0);
	close_sample(c);
	assert_complains(c, "no interface is watched", "eth0");
	collector_close(c);
}

#define EMPTY(f) cmocka_unit_test_setup_teardown(f, forget, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EMPTY(everything_is_exact_while_all_answer),
	    EMPTY(without_counters_in_getstats_getlink_has_them),
	    EMPTY(without_counters_in_rtnetlink_proc_has_them),
	    EMPTY(zeros_are_believed_only_where_proc_says_the_same),
	    EMPTY(what_answers_again_is_used_again),
	    EMPTY(what_falls_silent_later_is_noticed),
	    EMPTY(without_any_link_counters_octets_stand_in),
	    EMPTY(without_sockets_in_sock_diag_proc_has_them),
	    EMPTY(without_sockets_anywhere_none_is_made_up),
	    EMPTY(ends_that_are_never_told_are_noticed),
	    EMPTY(in_a_silent_pod_ends_are_told_when_asked),
	    EMPTY(tables_of_protocols_without_lines_are_a_failure),
	    EMPTY(a_list_that_means_nothing_is_complained_of),
	};

	return cmocka_run_group_tests(tests, peer_up, peer_down);
}
