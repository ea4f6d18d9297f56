/* SPDX-License-Identifier: Apache-2.0 */
/* test_net.c - the server on machines without IPv6 or without IPv4, and what it
 * says of its own traffic, against the counters of a real link.
 *
 *     our namespace                         theirs
 *     server  out4  10.9.0.1/24 ----------- in4  10.9.0.2/24   client
 *             out6  fd09::1/64  ----------- in6  fd09::2/64
 *
 * Neighbours are permanent: nothing but TCP is on the first link, and on the second one
 * now and then a report of its multicast groups. Neither namespace has a name; they end
 * with this process.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>

#include "../support/server_fixture.h"
#include "../support/testing.h"
#include "collect/sockets/sockets.h"

#include "base/clock.h"

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

/* Waits until the kernel knows an address of ours as its own: it sets up IPv6 addresses
 * in the background. */
static void wait_for_address(const char *text)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	struct sockaddr_in6 own;
	double deadline = clock_monotonic() + DEADLINE_S;

	assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
	while (clock_monotonic() < deadline) {
		socklen_t length = sizeof(own);
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		bool known =
		    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		    getsockname(fd, (struct sockaddr *)&own, &length) == 0 &&
		    memcmp(&own.sin6_addr, &address.sin6_addr, 16) == 0;

		close(fd);
		if (known)
			return;
		usleep(10000);
	}
	fail_msg("%s does not come up", text);
}

static void configure(const char *end, const char *mac, const char *host,
		      const char *peer, const char *peer_mac)
{
	run("echo 1 >/proc/sys/net/ipv6/conf/%s4/disable_ipv6", end);
	run("cd /proc/sys/net/ipv6/conf/%s6 && echo 1 >addr_gen_mode && "
	    "echo 1 >mldv2_unsolicited_report_interval && "
	    "echo 0 >router_solicitations",
	    end);
	run("ip link set %s4 address %s up && ip link set %s6 address %s up", end, mac,
	    end, mac);
	run("ip addr add 10.9.0.%s/24 dev %s4", host, end);
	run("ip addr add fd09::%s/64 dev %s6 nodad", host, end);
	run("ip neigh replace 10.9.0.%s lladdr %s dev %s4 nud permanent", peer,
	    peer_mac, end);
	run("ip neigh replace fd09::%s lladdr %s dev %s6 nud permanent", peer, peer_mac,
	    end);
}

static int make_links(void **state)
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
	for (int version = 4; version <= 6; version += 2)
		run("ip link add out%d type veth peer name in%d netns /proc/%d/fd/%d",
		    version, version, getpid(), their_namespace);
	configure("out", ours, "1", "2", theirs);
	enter(their_namespace);
	configure("in", theirs, "2", "1", ours);
	wait_for_address("fd09::2");
	enter(our_namespace);
	wait_for_address("fd09::1");
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

/* The kernel sets up routes in the background, too. */
static int connect_soon(const char *address, uint16_t port)
{
	double deadline = clock_monotonic() + DEADLINE_S;
	int fd;

	while ((fd = connect_to(address, port)) < 0 && clock_monotonic() < deadline)
		usleep(10000);
	if (fd < 0)
		fail_msg("%s: %s", address, strerror(errno));
	return fd;
}

static int client_of(const char *address, uint16_t port)
{
	enter(their_namespace);
	int fd = connect_soon(address, port);
	enter(our_namespace);
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
		char *at = strstr(line, "out");
		uint64_t column[10];

		if (!at)
			continue;
		at += strlen("out4:");
		for (int i = 0; i < 10; i++)
			column[i] = strtoull(at, &at, 10);
		t.rx_bytes += column[0];
		t.rx_packets += column[1];
		t.tx_bytes += column[8];
		t.tx_packets += column[9];
	}
	fclose(file);
	return t;
}

/* Tcp: OutSegs, the 11th number of the second "Tcp:" line, and RetransSegs, which are
 * not among those. */
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
		segments += strtoull(at, &at, 10);
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

static void note_own_socket(void *context, int fd, bool closing)
{
	sockets_own(context, fd, closing);
}

static struct sockets *sockets;

/* A server whose own sockets are followed. */
static void serve_followed(const char *open, const char *local)
{
	static const struct collect_options options = {.max_sockets = 256,
						       .max_destinations = 64};
	struct error err = {""};

	if (geteuid() != 0)
		skip();
	sockets = sockets_open(&options, 0, &err);
	if (!sockets)
		fail_msg("%s", err.text);
	fake_source.own_socket = note_own_socket;
	fake_source.own_context = sockets;
	serve_on(open, local);
}

static void stop_followed(void)
{
	server_close(server);
	sockets_close(sockets);
	fake_source.own_socket = NULL;
}

static struct own_traffic own_traffic(void)
{
	sockets_process_events(sockets);
	return *sockets_own_traffic(sockets);
}

/* Never more than the link counted, or it would hide as much of the pod's; and not much
 * less, or the pod would seem to send what its monitor does. */
static void assert_lower_bound(const char *what, uint64_t own, uint64_t link,
			       double share, uint64_t spare)
{
	if (own > link || (double)(own + spare) < (double)link * share)
		fail_msg("%s: %" PRIu64 " for %" PRIu64 " on the link", what, own,
			 link);
}

/* Compares what is known of the server's sockets with what the links and the protocol
 * counted since it started. `reports` are the bytes of multicast reports that may be
 * among them. What is in no counter of an accepted socket: the acknowledgement of the
 * other side's FIN, by what is left of a socket that closed first. */
static void compare(const char *what, unsigned connections, unsigned reports,
		    const struct own_traffic *before, uint64_t segments_before)
{
	struct own_traffic own, links;

	settle();
	links = link_traffic();
	own = own_traffic();
	uint64_t tx = links.tx_bytes - before->tx_bytes;
	uint64_t rx = links.rx_bytes - before->rx_bytes;
	uint64_t packets = links.tx_packets - before->tx_packets;
	uint64_t segments = segments_sent() - segments_before;

	print_message(
	    "%-24s sent %8" PRIu64 " of %8" PRIu64 " (%+.1f %%), received %6" PRIu64
	    " of %6" PRIu64 " (%+.1f %%), segments %" PRIu64 " of %" PRIu64 "\n",
	    what, own.tx_bytes, tx, ((double)own.tx_bytes / (double)tx - 1) * 100,
	    own.rx_bytes, rx, ((double)own.rx_bytes / (double)rx - 1) * 100,
	    own.tcp_tx_packets, segments);
	assert_lower_bound("bytes sent", own.tx_bytes, tx, 0.95,
			   connections * 86 + reports);
	assert_lower_bound("bytes received", own.rx_bytes, rx, 0.9,
			   connections * 172 + reports);
	assert_lower_bound("segments sent", own.tcp_tx_packets, segments, 1,
			   connections);
	/* How many packets a great answer takes is the card's affair. */
	assert_true(own.tx_packets <= packets && own.tx_packets >= 3 * connections);
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

CASE(own_traffic_is_a_tight_lower_bound)
{
	static const struct {
		const char *what, *address, *open, *local;
		void (*traffic)(const char *address);
		unsigned connections, reports;
	} cases[] = {
	    {"one scrape", "10.9.0.1", "[::]:0", "10.9.0.1:0", one_scrape, 1, 0},
	    {"one scrape, IPv6", "[fd09::1]", "[::]:0", "10.9.0.1:0", one_scrape, 1,
	     360},
	    {"ten on one connection", "10.9.0.1", "[::]:0", "10.9.0.1:0",
	     kept_connection, 1, 0},
	    {"fifty scrapes", "10.9.0.1", "0.0.0.0:0", "10.9.0.1:0", many_scrapes,
	     FAST_READS, 0},
	    {"half a megabyte", "10.9.0.1", "[::]:0", "10.9.0.1:0", great_answer, 1, 0},
	    {"half a megabyte, IPv6", "[fd09::1]", "[::]:0", "[fd09::1]:0",
	     great_answer, 1, 360},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		serve_followed(cases[i].open, cases[i].local);
		settle();
		struct own_traffic before = link_traffic();
		uint64_t segments = segments_sent();
		cases[i].traffic(cases[i].address);
		compare(cases[i].what, cases[i].connections, cases[i].reports, &before,
			segments);
		stop_followed();
	}
}

/* A pod that asks itself by its own address does so over loopback. */
CASE(what_stays_inside_is_not_counted)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	struct own_traffic own;

	serve_followed("[::]:0", "127.0.0.1:0");
	static const char *const addresses[] = {"10.9.0.1", "[fd09::1]", "127.0.0.1",
						"[::1]"};
	for (size_t i = 0; i < 4; i++) {
		int fd = connect_to(addresses[i], server_open_port(server));

		assert_int_equal(send(fd, request, strlen(request), 0),
				 strlen(request));
		assert_int_equal(status_of(receive(fd)), 200);
		close(fd);
	}
	own = own_traffic();
	assert_int_equal(own.tx_bytes, 0);
	assert_int_equal(own.rx_bytes, 0);
	stop_followed();
}

CASE(own_traffic_never_falls)
{
	struct own_traffic own;
	uint64_t last = 0;

	serve_followed("[::]:0", "127.0.0.1:0");
	int fd = client_of("10.9.0.1", server_open_port(server));
	for (int i = 0; i < 40; i++) {
		if (i == 10)
			assert_int_equal(
			    send(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25, MSG_NOSIGNAL),
			    25);
		if (i == 30)
			close(fd);
		turn(-1, 0, 1);
		own = own_traffic();
		assert_true(own.tx_bytes >= last);
		last = own.tx_bytes;
	}
	assert_true(last > 5000);
	stop_followed();
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
	int fd = connect_soon(reachable, server_open_port(server));
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

CASE(without_ipv6_the_wildcard_is_ipv4s)
{
	in_namespace_with("echo 1 | tee /proc/sys/net/ipv6/conf/all/disable_ipv6 "
			  "/proc/sys/net/ipv6/conf/default/disable_ipv6 >/dev/null",
			  "127.0.0.1", "[::1]");
}

/* 127.0.0.1 is there for the alert listener, and nothing else of IPv4. */
CASE(an_ipv6_only_pod_is_served)
{
	in_namespace_with("ip addr add fd10::1/128 dev lo nodad", "[fd10::1]", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_traffic_is_a_tight_lower_bound),
	    cmocka_unit_test(what_stays_inside_is_not_counted),
	    cmocka_unit_test(own_traffic_never_falls),
	    cmocka_unit_test(without_ipv6_the_wildcard_is_ipv4s),
	    cmocka_unit_test(an_ipv6_only_pod_is_served),
	};

	return cmocka_run_group_tests(tests, make_links, NULL);
}
