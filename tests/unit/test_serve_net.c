/* SPDX-License-Identifier: Apache-2.0 */
/* test_serve_net.c - the server on machines without IPv6 or without IPv4, and what it
 * says of its own traffic, against the counters of a real link.
 *
 *     our namespace                     theirs
 *     server, out  10.9.0.1/24 ------- in  10.9.0.2/24   client
 *                  fd09::1/64              fd09::2/64
 *
 * Neighbours are permanent and IPv6 is kept from talking: nothing but TCP is on the
 * link. Both namespaces have no name and end with this process.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "serve_driver.h"

#include <cmocka.h> /* last: it has a macro fail() */

#define FAST_READS 50

static int our_namespace, their_namespace;

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char command[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void enter(int name_space)
{
	assert_int_equal(setns(name_space, CLONE_NEWNET), 0);
}

static int fresh_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	if (system("ip link set lo up") != 0)
		return -1;
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void configure(const char *link, const char *mac, const char *host,
		      const char *peer, const char *peer_mac)
{
	/* No link-local address, no reports of multicast groups later on. */
	run("cd /proc/sys/net/ipv6/conf/%s && echo 1 >addr_gen_mode && "
	    "echo 1 >mldv2_unsolicited_report_interval && "
	    "echo 0 >router_solicitations",
	    link);
	run("ip link set %s address %s multicast off up", link, mac);
	run("ip addr add 10.9.0.%s/24 dev %s", host, link);
	run("ip addr add fd09::%s/64 dev %s nodad", host, link);
	run("ip neigh replace 10.9.0.%s lladdr %s dev %s nud permanent", peer, peer_mac,
	    link);
	run("ip neigh replace fd09::%s lladdr %s dev %s nud permanent", peer, peer_mac,
	    link);
}

static int make_link(void **state)
{
	static const char ours[] = "02:00:00:00:00:01", theirs[] = "02:00:00:00:00:02";

	(void)state;
	if (geteuid() != 0) {
		print_message("only root may make network namespaces\n");
		return 0;
	}
	their_namespace = fresh_namespace();
	our_namespace = fresh_namespace();
	if (our_namespace < 0 || their_namespace < 0)
		return -1;
	run("ip link add out type veth peer name in netns /proc/%d/fd/%d", getpid(),
	    their_namespace);
	configure("out", ours, "1", "2", theirs);
	enter(their_namespace);
	configure("in", theirs, "2", "1", ours);
	enter(our_namespace);
	return 0;
}

/* A fresh server; the test is skipped where there is no namespace for it. */
static void serve_on(const char *open, const char *local)
{
	struct error err = {""};

	if (geteuid() != 0)
		skip();
	fake_quiet_pod();
	server = open_on(open, local, &err);
	if (!server)
		fail_msg("%s", err.text);
}

static int client_of(const char *address, uint16_t port)
{
	enter(their_namespace);
	int fd = connect_to(address, port);
	enter(our_namespace);
	assert_true(fd >= 0);
	return fd;
}

/* What the link counted: /proc/net/dev, receive in the 1st and 2nd column, transmit in
 * the 9th and 10th. */
static struct own_traffic link_traffic(void)
{
	struct own_traffic t = {0};
	char line[512];
	FILE *file = fopen("/proc/net/dev", "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "out:");
		uint64_t column[10];

		if (!at)
			continue;
		at += 4;
		for (int i = 0; i < 10; i++)
			column[i] = strtoull(at, &at, 10);
		t = (struct own_traffic){.rx_bytes = column[0],
					 .rx_packets = column[1],
					 .tx_bytes = column[8],
					 .tx_packets = column[9]};
	}
	fclose(file);
	return t;
}

/* Tcp: OutSegs, the 11th number of the second "Tcp:" line. */
static uint64_t segments_sent(void)
{
	uint64_t segments = 0;
	char line[512];
	FILE *file = fopen("/proc/net/snmp", "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *at = line + 5;

		if (strncmp(line, "Tcp: ", 5) != 0 || line[5] == 'R')
			continue;
		for (int i = 0; i < 11; i++)
			segments = strtoull(at, &at, 10);
	}
	fclose(file);
	return segments;
}

/* Turns until the link has been still for a while: the last acknowledgements. */
static void settle(void)
{
	struct own_traffic before, after = link_traffic();

	do {
		before = after;
		for (int i = 0; i < 10; i++)
			turn(-1, 0, 10);
		after = link_traffic();
	} while (after.tx_packets != before.tx_packets ||
		 after.rx_packets != before.rx_packets);
}

/* At most 15 % more, and an acknowledgement that was not needed. */
static void assert_covers(const char *what, uint64_t own, uint64_t link, uint64_t spare)
{
	if (own < link || (double)own > (double)link * 1.15 + (double)spare)
		fail_msg("%s: %" PRIu64 " for %" PRIu64 " on the link", what, own,
			 link);
}

/* Compares what the server says with what the link and the protocol counted since the
 * server started. */
static void compare(const char *what, unsigned connections,
		    const struct own_traffic *link_before, uint64_t segments_before)
{
	struct own_traffic own, on_link;

	settle();
	on_link = link_traffic();
	server_own_traffic(server, &own);
	uint64_t tx = on_link.tx_bytes - link_before->tx_bytes;
	uint64_t rx = on_link.rx_bytes - link_before->rx_bytes;
	uint64_t segments = segments_sent() - segments_before;

	print_message(
	    "%-26s tx %8" PRIu64 " of %8" PRIu64 " (%+.1f %%), rx %6" PRIu64
	    " of %6" PRIu64 " (%+.1f %%), segments %" PRIu64 " of %" PRIu64 "\n",
	    what, own.tx_bytes, tx, ((double)own.tx_bytes / (double)tx - 1) * 100,
	    own.rx_bytes, rx, ((double)own.rx_bytes / (double)rx - 1) * 100,
	    own.tcp_tx_packets, segments);
	assert_covers("bytes sent", own.tx_bytes, tx, 0);
	assert_covers("bytes received", own.rx_bytes, rx, connections * 86);
	assert_covers("segments sent", own.tcp_tx_packets, segments, 0);
	assert_true(own.tx_packets >= on_link.tx_packets - link_before->tx_packets);
	assert_true(own.rx_packets >= on_link.rx_packets - link_before->rx_packets);
}

static void one_scrape(const char *address)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	int fd = client_of(address, server_open_port(server));

	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	assert_int_equal(status_of(receive(fd)), 200);
	close(fd);
}

/* Ten requests on one connection, which the client then closes. */
static void kept_connection(const char *address)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	static char answer[64 * 1024];
	int fd = client_of(address, server_open_port(server));

	for (int i = 0; i < 10; i++) {
		size_t length = 0;

		assert_int_equal(send(fd, request, strlen(request), 0),
				 strlen(request));
		do {
			while (!turn(fd, POLLIN, 1000))
				;
			ssize_t count =
			    recv(fd, answer + length, sizeof(answer) - 1 - length, 0);
			assert_true(count > 0);
			length += (size_t)count;
			answer[length] = '\0';
		} while (!strstr(answer, "\nprocess_max_fds "));
	}
	close(fd);
}

/* Half a megabyte of alerts. */
static void great_answer(const char *address)
{
	static const char request[] = "GET /alerts HTTP/1.0\r\n\r\n";
	int fd = client_of(address, server_local_port(server));

	fake_book.json_length = ALERT_JSON_MAX;
	for (int i = 0; i < ALERTS_REMEMBERED; i++)
		fake_alert(ALERT_EGRESS_VOLUME, 1.7e9 + i, 1.7e9 + 60);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	assert_int_equal(status_of(receive(fd)), 200);
	close(fd);
}

static void many_scrapes(const char *address)
{
	for (int i = 0; i < FAST_READS; i++)
		one_scrape(address);
}

static void own_traffic_covers_the_link(void **state)
{
	static const struct {
		const char *what, *address, *open, *local;
		void (*traffic)(const char *address);
		unsigned connections;
	} cases[] = {
	    {"one scrape", "10.9.0.1", "[::]:0", "10.9.0.1:0", one_scrape, 1},
	    {"one scrape, IPv6", "[fd09::1]", "[::]:0", "10.9.0.1:0", one_scrape, 1},
	    {"ten on one connection", "10.9.0.1", "[::]:0", "10.9.0.1:0",
	     kept_connection, 1},
	    {"fifty scrapes", "10.9.0.1", "0.0.0.0:0", "10.9.0.1:0", many_scrapes,
	     FAST_READS},
	    {"half a megabyte", "10.9.0.1", "[::]:0", "10.9.0.1:0", great_answer, 1},
	    {"half a megabyte, IPv6", "[fd09::1]", "[::]:0", "[fd09::1]:0",
	     great_answer, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		serve_on(cases[i].open, cases[i].local);
		settle();
		struct own_traffic before = link_traffic();
		uint64_t segments = segments_sent();
		cases[i].traffic(cases[i].address);
		compare(cases[i].what, cases[i].connections, &before, segments);
		server_close(server);
	}
}

/* A pod that asks itself by its own address does so over loopback. */
static void what_stays_inside_is_not_counted(void **state)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	struct own_traffic own;

	(void)state;
	serve_on("[::]:0", "127.0.0.1:0");
	static const char *const addresses[] = {"10.9.0.1", "[fd09::1]", "127.0.0.1",
						"[::1]"};
	for (size_t i = 0; i < 4; i++) {
		int fd = connect_to(addresses[i], server_open_port(server));

		assert_int_equal(send(fd, request, strlen(request), 0),
				 strlen(request));
		assert_int_equal(status_of(receive(fd)), 200);
		close(fd);
	}
	server_own_traffic(server, &own);
	assert_int_equal(own.tx_bytes, 0);
	assert_int_equal(own.rx_bytes, 0);
	server_close(server);
}

static void own_traffic_never_falls(void **state)
{
	struct own_traffic own;
	uint64_t last = 0;

	(void)state;
	serve_on("[::]:0", "127.0.0.1:0");
	int fd = client_of("10.9.0.1", server_open_port(server));
	for (int i = 0; i < 40; i++) {
		if (i == 10)
			assert_int_equal(
			    send(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25, MSG_NOSIGNAL),
			    25);
		if (i == 30)
			close(fd);
		turn(-1, 0, 1);
		server_own_traffic(server, &own);
		assert_true(own.tx_bytes >= last);
		last = own.tx_bytes;
	}
	assert_true(last > 5000);
	server_close(server);
}

static void in_namespace_with(const char *sysctls, const char *reachable,
			      const char *not_reachable)
{
	if (geteuid() != 0)
		skip();
	int here = fresh_namespace();

	assert_true(here >= 0);
	run("%s", sysctls);
	serve_on("[::]:0", "127.0.0.1:0");
	int fd = connect_to(reachable, server_open_port(server));
	assert_true(fd >= 0);
	assert_int_equal(send(fd, "GET /healthz HTTP/1.0\r\n\r\n", 25, 0), 25);
	fake_stats.started_at = (double)time(NULL);
	assert_int_equal(status_of(receive(fd)), 200);
	close(fd);
	if (not_reachable)
		assert_true(connect_to(not_reachable, server_open_port(server)) < 0);
	server_close(server);
	enter(our_namespace);
	close(here);
}

static void without_ipv6_the_wildcard_is_ipv4s(void **state)
{
	(void)state;
	in_namespace_with("echo 1 | tee /proc/sys/net/ipv6/conf/all/disable_ipv6 "
			  "/proc/sys/net/ipv6/conf/default/disable_ipv6 >/dev/null",
			  "127.0.0.1", "[::1]");
}

/* 127.0.0.1 is there for the alert listener, and nothing else of IPv4. */
static void an_ipv6_only_pod_is_served(void **state)
{
	(void)state;
	in_namespace_with("ip link add only6 type veth && ip link set only6 up && "
			  "ip addr add fd10::1/64 dev only6 nodad",
			  "[fd10::1]", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_traffic_covers_the_link),
	    cmocka_unit_test(what_stays_inside_is_not_counted),
	    cmocka_unit_test(own_traffic_never_falls),
	    cmocka_unit_test(without_ipv6_the_wildcard_is_ipv4s),
	    cmocka_unit_test(an_ipv6_only_pod_is_served),
	};

	return cmocka_run_group_tests(tests, make_link, NULL);
}
