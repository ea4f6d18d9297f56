/* SPDX-License-Identifier: Apache-2.0 */
/* What the socket accounts say of real connections between two namespaces. */
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../support/testing.h"
#include "collect/sockets/sock_diag.h"
#include "collect/sockets/sockets.h"
#include "network_fixture.h"

#include "sockets_fixture.h"

static void sends(const char *to, const char *seen_as)
{
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	int out = connect_from(HERE, to, 5000);
	int in = accept(listener, NULL, NULL);

	send_bytes(out, 100000);
	read_bytes(in, 100000);
	send_bytes(in, 500);
	read_bytes(out, 500);
	scan(s);
	struct collect_totals t = totals_of(s);
	assert_int_equal(t.tcp_tx_bytes, 100000);
	assert_int_equal(t.tcp_initiated_tx_bytes, 100000);
	assert_int_equal(t.tcp_opened, 1);
	assert_int_equal(t.destinations, 1);
	size_t count;
	const struct flow *flows = sockets_flows(s, &count);
	assert_int_equal(count, 1);
	struct sockaddr_in6 peer = end_of(seen_as, 5000);
	assert_memory_equal(&flows[0].address, &peer.sin6_addr, 16);
	assert_int_equal(flows[0].port, 5000);
	assert_int_equal(flows[0].direction, FLOW_OPENED);
	assert_int_equal(flows[0].tx_bytes, 100000);
	assert_int_equal(flows[0].rx_bytes, 500);
	assert_int_equal(flows[0].connections, 1);

	send_bytes(out, 11);
	close_pair(out, in);
	await_events(s, 1);
	t = totals_of(s);
	assert_int_equal(t.tcp_tx_bytes, 100011);
	assert_int_equal(t.tcp_opened, 1);
	scan(s);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 100011);
	assert_int_equal(totals_of(s).sockets_tracked, 0);
	assert_int_equal(
	    sockets_flows_since(s, clock_at - 3600, 0, (struct flow[4]){0}, 4), 1);
	close(listener);
	sockets_close(s);
}

CASE(ipv4_bytes_are_exact_from_opening_to_end)
{
	sends(THERE4, THERE4);
}

CASE(ipv6_bytes_are_exact_from_opening_to_end)
{
	sends(THERE6, THERE6);
}

CASE(v4_mapped_bytes_are_exact_and_counted_as_ipv4)
{
	sends("::ffff:" THERE4, THERE4);
}

static uint64_t active_opens(void)
{
	char line[1024], *at;
	uint64_t value = 0;
	bool is_header = true;

	FILE *snmp = fopen("/proc/net/snmp", "r");
	assert_non_null(snmp);
	while (fgets(line, sizeof(line), snmp)) {
		if (strncmp(line, "Tcp:", 4) != 0)
			continue;
		at = line + 4;
		for (int column = 0; column < 5; column++)
			value = strtoull(at, &at, 10);
		if (!is_header)
			break;
		is_header = false;
	}
	fclose(snmp);
	return value;
}

static void scan_mending(struct sockets *s)
{
	sockets_note_active_opens(s, active_opens());
	scan(s);
}

/* Opens, uses and closes connections in a process of its own. */
static pid_t start_short_connections(int listener, const char *to, int count,
				     size_t bytes)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < count; i++) {
		int out = connect_from(HERE, to, 5000);
		int in = accept(listener, NULL, NULL);
		send_bytes(out, bytes);
		close_pair(out, in);
	}
	_exit(0);
}

CASE(five_thousand_short_connections_are_counted_exactly)
{
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	pid_t child = start_short_connections(listener, THERE4, 5000, 100);
	await_events(s, 5000);
	finish(child);
	struct collect_totals t = totals_of(s);
	if (t.socket_events_lost == 0) {
		assert_int_equal(t.tcp_opened, 5000);
		assert_int_equal(t.tcp_initiated_tx_bytes, 500000);
	}
	assert_int_equal(t.socket_events + t.socket_events_lost, 5000);
	scan(s);
	size_t count;
	const struct flow *flows = sockets_flows(s, &count);
	assert_int_equal(count, 1);
	assert_int_equal(flows[0].connections, t.tcp_opened);
	assert_int_equal(totals_of(s).destinations, 1);
	close(listener);
	sockets_close(s);
}

CASE(opens_lost_with_their_events_are_mended_from_active_opens)
{
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 4096);
	scan_mending(s);
	for (int i = 0; i < 500; i++) {
		int out = connect_from(HERE, THERE4, 5000);
		int in = accept(listener, NULL, NULL);
		send_bytes(out, 100);
		close_pair(out, in);
	}
	await_events(s, 500);
	assert_true(totals_of(s).socket_events_lost > 0);
	assert_true(totals_of(s).tcp_opened < 500);
	scan_mending(s);
	scan_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 500);

	int out = connect_from(HERE, THERE4, 5000);
	scan_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 501);
	close(out);
	close(listener);
	shut(s, 501);
}

/* One socket, connected again and again to another, keeps inode and cookie. */
CASE(a_socket_connected_anew_is_opened_anew)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(5000)};
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	scan_mending(s);
	int out = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, THERE4, &there.sin_addr);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(connect(out, (struct sockaddr *)&there, sizeof(there)),
				 0);
		int in = accept(listener, NULL, NULL);
		send_bytes(out, 100);
		read_bytes(in, 100);
		assert_int_equal(connect(out, &nowhere, sizeof(nowhere)), 0);
		close(in);
	}
	scan_mending(s);
	assert_true(sockets_opens_doubted(s));
	scan_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 50);
	scan_mending(s);
	assert_false(sockets_opens_doubted(s));
	assert_int_equal(totals_of(s).tcp_opened, 50);
	close(out);
	close(listener);
	shut(s, 1);
}

/* On a busy machine the kernel tells of an end later than it is waited for. */
CASE(what_is_seen_after_all_is_not_counted_twice)
{
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	scan_mending(s);
	uint64_t to_come = active_opens() + 50;
	for (int i = 0; i < 3; i++) {
		sockets_note_active_opens(s, to_come);
		scan(s);
	}
	assert_int_equal(totals_of(s).tcp_opened, 50);
	for (int i = 0; i < 50; i++) {
		int out = connect_from(HERE, THERE4, 5000);
		int in = accept(listener, NULL, NULL);
		close_pair(out, in);
		if (i % 10 == 0)
			scan_mending(s);
	}
	await_events(s, 50);
	assert_int_equal(totals_of(s).tcp_opened, 50);
	for (int i = 0; i < 3; i++) {
		scan_mending(s);
		assert_int_equal(totals_of(s).tcp_opened, 50);
	}
	int out = connect_from(HERE, THERE4, 5000);
	scan_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 51);
	close(out);
	close(listener);
	shut(s, 51);
}

static void disconnect(int fd)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	assert_int_equal(connect(fd, &nowhere, sizeof(nowhere)), 0);
}

/* Ends that the dump missed are not reported yet, and neither are some over loopback:
 * these are no opens to other hosts. */
CASE(loopback_that_is_late_with_others_is_not_counted)
{
	const struct collect_options few = {.max_sockets = 16, .max_destinations = 64};
	int there = listen_at(THERE, 5000), here = listen_at(HERE, 5001);
	int fds[20][2];
	struct sockets *s = open_with(&few, 0);

	scan_mending(s);
	for (int i = 0; i < 20; i++) {
		fds[i][0] = connect_from(HERE, THERE4, 5000);
		fds[i][1] = accept(there, NULL, NULL);
	}
	for (int i = 0; i < 3; i++)
		scan_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 20);
	for (int i = 0; i < 20; i++)
		disconnect(fds[i][0]); /* in no dump, and without a report */
	uint64_t to_come = active_opens() + 3;
	for (int i = 0; i < 30; i++) {
		sockets_note_active_opens(s, to_come);
		clock_at += 0.5;
		assert_true(sockets_scan(s, clock_at));
		assert_int_equal(totals_of(s).tcp_opened, 20);
	}
	for (int i = 0; i < 3; i++) {
		int out = connect_from(HERE, "127.0.0.1", 5001);
		close_pair(out, accept(here, NULL, NULL));
	}
	await_events(s, 6);
	clock_at += 100;
	for (int i = 0; i < 4; i++) {
		scan_mending(s);
		assert_int_equal(totals_of(s).tcp_opened, 20);
	}
	for (int i = 0; i < 20; i++)
		close_pair(fds[i][0], fds[i][1]);
	close(there);
	close(here);
	shut(s, 26);
}

/* An unseen open waits for late reports no longer than they can be late. */
CASE(late_reports_hide_a_socket_connected_anew_for_a_minute_at_most)
{
	const struct collect_options few = {.max_sockets = 16, .max_destinations = 64};
	int listener = listen_at(THERE, 5000), out[20], in[20];
	struct sockets *s = open_with(&few, 0);

	scan_mending(s);
	for (int i = 0; i < 20; i++) {
		out[i] = connect_from(HERE, THERE4, 5000);
		in[i] = accept(listener, NULL, NULL);
	}
	scan_mending(s);
	for (int i = 0; i < 20; i++)
		disconnect(out[i]);
	for (int i = 0; i < 5; i++) {
		sockets_note_active_opens(s, active_opens() + 7);
		scan(s);
	}
	assert_int_equal(totals_of(s).tcp_opened, 20);
	clock_at += 60;
	for (int i = 0; i < 3; i++) {
		sockets_note_active_opens(s, active_opens() + 7);
		scan(s);
	}
	assert_int_equal(totals_of(s).tcp_opened, 27);
	for (int i = 0; i < 20; i++)
		close_pair(out[i], in[i]);
	close(listener);
	shut(s, 20);
}

/* The kernel's counter is read before the sockets: what is seen between the two
 * readings is in neither's difference for long. */
CASE(what_is_seen_before_it_is_counted_is_not_counted_twice)
{
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	int fds[20][2];
	scan_mending(s);
	for (int i = 0; i < 20; i++) {
		sockets_note_active_opens(s, active_opens());
		fds[i][0] = connect_from(HERE, THERE4, 5000);
		fds[i][1] = accept(listener, NULL, NULL);
		scan(s);
	}
	assert_int_equal(totals_of(s).tcp_opened, 20);
	for (int i = 0; i < 3; i++)
		scan_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 20);
	for (int i = 0; i < 20; i++)
		close_pair(fds[i][0], fds[i][1]);
	close(listener);
	shut(s, 20);
}

CASE(a_connection_whose_end_was_lost_leaves_the_table)
{
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 4096);
	int out[100], in[100];
	for (int i = 0; i < 100; i++) {
		out[i] = connect_from(HERE, THERE4, 5000);
		in[i] = accept(listener, NULL, NULL);
		send_bytes(out[i], 10);
	}
	scan(s);
	assert_int_equal(totals_of(s).sockets_tracked, 100);
	for (int i = 0; i < 100; i++)
		close_pair(out[i], in[i]);
	await_events(s, 100);
	assert_true(totals_of(s).socket_events_lost > 0);
	scan(s);
	scan(s);
	assert_true(totals_of(s).sockets_tracked > 0); /* the report may be late */
	for (int minute = 0; minute < 3; minute++) {
		clock_at += 60;
		scan(s);
	}
	assert_int_equal(totals_of(s).sockets_tracked, 0);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 1000);
	close(listener);
	sockets_close(s);
}

CASE(what_was_there_before_the_monitor_is_no_traffic)
{
	int listener = listen_at(THERE, 5000);
	int out = connect_from(HERE, THERE4, 5000);
	int in = accept(listener, NULL, NULL);
	send_bytes(out, 5000);
	read_bytes(in, 5000);
	struct sockets *s = open_with(&defaults, 0);
	scan(s);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 0);
	assert_int_equal(totals_of(s).tcp_opened, 0);
	assert_int_equal(sockets_tcp_tx_packets(s), 0);
	send_bytes(out, 7);
	close_pair(out, in);
	await_events(s, 1);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 7);
	assert_int_equal(totals_of(s).tcp_initiated_tx_bytes, 7);
	assert_int_equal(totals_of(s).tcp_opened, 0);
	close(listener);
	sockets_close(s);
}

CASE(an_accepted_connection_is_not_an_opened_one)
{
	int listener = listen_at(HERE, 8080);
	struct sockets *s = open_with(&defaults, 0);
	int out = connect_from(THERE, HERE4, 8080);
	int in = accept(listener, NULL, NULL);
	send_bytes(in, 3000);
	read_bytes(out, 3000);
	scan(s);
	struct collect_totals t = totals_of(s);
	assert_int_equal(t.tcp_tx_bytes, 3000);
	assert_int_equal(t.tcp_initiated_tx_bytes, 0);
	assert_int_equal(t.tcp_opened, 0);
	assert_int_equal(t.destinations, 0);
	size_t count;
	const struct flow *flows = sockets_flows(s, &count);
	assert_int_equal(count, 1);
	assert_int_equal(flows[0].direction, FLOW_ACCEPTED);
	assert_int_equal(flows[0].port, 8080);
	close_pair(out, in);
	close(listener);
	shut(s, 2);
}

/* Born and dead between two scans, on a listener that is newer than the last. */
CASE(a_short_accepted_connection_is_known_by_a_new_listener)
{
	struct sockets *s = open_with(&defaults, 0);
	int listener = listen_at(HERE, 8081);
	for (int i = 0; i < 20; i++) {
		int out = connect_from(THERE, HERE6, 8081);
		int in = accept(listener, NULL, NULL);
		send_bytes(in, 10);
		if (i % 2)
			close_pair(out, in);
		else
			close_pair(in, out);
	}
	await_events(s, 20);
	assert_int_equal(totals_of(s).tcp_opened, 0);
	assert_int_equal(totals_of(s).tcp_initiated_tx_bytes, 0);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 200);
	close(listener);
	shut(s, 21);
}

static void with_its_listener_gone_a_live_connection_still_counts_as_accepted(
    void **state)
{
	(void)state;
	struct sockets *s = open_with(&defaults, 0);
	int listener = listen_at(HERE, 8082);
	int out = connect_from(THERE, HERE4, 8082);
	int in = accept(listener, NULL, NULL);
	close(listener);
	await_events(s, 1);
	send_bytes(in, 400);
	read_bytes(out, 400);
	scan(s);
	assert_int_equal(totals_of(s).tcp_opened, 0);
	assert_int_equal(totals_of(s).tcp_initiated_tx_bytes, 0);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 400);
	close_pair(in, out);
	shut(s, 2);
}

/* An attacker's trick: listen on a port, and open connections from that very port. */
CASE(a_listener_on_its_port_does_not_hide_an_opened_connection)
{
	int there = listen_at(THERE, 5000);
	int here = listen_at(HERE, 8083);
	struct sockets *s = open_with(&defaults, 0);
	struct sockaddr_in6 from = {.sin6_family = AF_INET6, .sin6_port = htons(8083)};
	struct sockaddr_in6 to = end_of(THERE4, 5000);
	int yes = 1;
	int out = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(out, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(out, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	setsockopt(here, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	assert_int_equal(bind(out, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(out, (struct sockaddr *)&to, sizeof(to)), 0);
	int in = accept(there, NULL, NULL);
	send_bytes(out, 900);
	read_bytes(in, 900);
	scan(s);
	assert_int_equal(totals_of(s).tcp_opened, 1);
	assert_int_equal(totals_of(s).tcp_initiated_tx_bytes, 900);
	close_pair(out, in);
	close(here);
	close(there);
	shut(s, 2);
}

CASE(refused_attempts_count_as_opened_and_as_destinations)
{
	struct sockets *s = open_with(&defaults, 0);
	for (int i = 0; i < 5; i++) {
		char address[32];
		snprintf(address, sizeof(address), "10.77.1.%d", 10 + i);
		assert_int_equal(connect_from(HERE, address, 4444), -1);
	}
	assert_int_equal(connect_from(HERE, THERE6, 4444), -1);
	await_events(s, 6);
	assert_int_equal(totals_of(s).tcp_opened, 6);
	scan(s);
	assert_int_equal(totals_of(s).destinations, 6);
	assert_int_equal(totals_of(s).tcp_opened, 6);
	scan(s);
	assert_int_equal(totals_of(s).destinations, 0);
	sockets_close(s);
}

CASE(a_socket_that_never_connects_counts_nowhere)
{
	struct sockets *s = open_with(&defaults, 0);
	close(socket(AF_INET, SOCK_STREAM, 0));
	close(socket(AF_INET6, SOCK_STREAM, 0));
	close(listen_at(HERE, 8084));
	assert_int_equal(connect_from(HERE, "203.0.113.1", 80), -1); /* no route */
	await_events(s, 4);
	scan(s);
	assert_int_equal(totals_of(s).tcp_opened, 0);
	assert_int_equal(totals_of(s).destinations, 0);
	sockets_close(s);
}

static void converse_at_home(struct sockets *s, const char *address, uint16_t port)
{
	int listener = listen_at(HERE, port);
	int out = connect_from(HERE, address, port);
	int in = accept(listener, NULL, NULL);
	send_bytes(out, 1000);
	send_bytes(in, 1000);
	scan(s);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 0);
	read_bytes(out, 1000);
	close_pair(out, in);
	close(listener);
}

CASE(loopback_is_left_out)
{
	struct sockets *s = open_with(&defaults, 0);
	const char *addresses[] = {"127.0.0.1",        "127.9.9.9", "::1",
				   "::ffff:127.0.0.1", HERE4,       HERE6};
	for (int i = 0; i < 6; i++)
		converse_at_home(s, addresses[i], 8085);
	await_events(s, 18);
	scan(s);
	size_t count;
	struct collect_totals t = totals_of(s);
	assert_int_equal(t.tcp_tx_bytes, 0);
	assert_int_equal(t.tcp_opened, 0);
	assert_int_equal(t.destinations, 0);
	assert_int_equal(t.sockets_tracked, 0);
	assert_int_equal(sockets_tcp_tx_packets(s), 0);
	assert_int_equal(sockets_opens_seen(s), 6);
	sockets_flows(s, &count);
	assert_int_equal(count, 0);
	sockets_close(s);
}

CASE(the_monitors_own_traffic_is_left_out)
{
	int listener = listen_at(HERE, 9477);
	struct sockets *s = open_with(&defaults, 0);
	sockets_own(s, listener, false);
	int kept = connect_from(THERE, HERE4, 9477);
	int kept_in = accept(listener, NULL, NULL);
	sockets_own(s, kept_in, false);
	send_bytes(kept_in, 20000);
	for (int i = 0; i < 10; i++) {
		int out = connect_from(THERE, HERE6, 9477);
		int in = accept(listener, NULL, NULL);
		sockets_own(s, in, false);
		send_bytes(in, 2000);
		sockets_own(s, in, true);
		close_pair(out, in);
	}
	scan(s);
	await_events(s, 10);
	scan(s);
	size_t count;
	struct collect_totals t = totals_of(s);
	assert_int_equal(t.tcp_tx_bytes, 0);
	assert_int_equal(t.tcp_opened, 0);
	sockets_flows(s, &count);
	assert_int_equal(count, 0);
	assert_true(sockets_own_traffic(s)->tx_bytes > 40000);
	sockets_own(s, kept_in, true);
	close_pair(kept, kept_in);
	close(listener);
	shut(s, 12);
}

CASE(a_full_table_keeps_totals_exact)
{
	struct collect_options options = defaults;
	options.max_sockets = 16;
	options.max_destinations = 16;
	int listener = listen_at(THERE, 5000), server = listen_at(HERE, 8086);
	struct sockets *s = open_with(&options, 0);
	int out[200], in[200];
	uint64_t sent = 0, initiated = 0, ended = 0;
	for (int i = 0; i < 200; i++) {
		bool opens = i % 4 != 0;
		out[i] = opens ? connect_from(HERE, THERE4, 5000)
			       : connect_from(THERE, HERE4, 8086);
		in[i] = accept(opens ? listener : server, NULL, NULL);
	}
	for (int round = 0; round < 6; round++) {
		for (int i = round * 20; i < 200; i++) {
			bool opens = i % 4 != 0;
			size_t bytes = 100 + (size_t)i + (size_t)round;
			send_bytes(opens ? out[i] : in[i], bytes);
			read_bytes(opens ? in[i] : out[i], bytes);
			sent += bytes;
			initiated += opens ? bytes : 0;
		}
		if (round % 2)
			scan(s);
		for (int i = round * 20; i < round * 20 + 20; i++, ended++)
			close_pair(out[i], in[i]);
		await_events(s, ended);
		scan(s);
		struct collect_totals t = totals_of(s);
		assert_int_equal(t.tcp_tx_bytes, sent);
		assert_int_equal(t.tcp_initiated_tx_bytes, initiated);
		assert_int_equal(t.tcp_opened, 150);
		assert_true(t.sockets_tracked <= 16);
	}
	assert_true(totals_of(s).sockets_untracked >= 100);
	for (int i = 120; i < 200; i++)
		close_pair(out[i], in[i]);
	close(listener);
	close(server);
	shut(s, 201);
}

static void count_end(void *context, struct nlmsghdr *message)
{
	struct diag_socket ended;
	*(unsigned *)context += diag_read(message, &ended);
}

/* A second client of the ends of UDP sockets, which no total counts. */
static struct netlink_client open_udp_ends(void)
{
	struct netlink_client client = NETLINK_CLOSED;
	struct error err;
	assert_int_equal(diag_open_events(&client, IPPROTO_UDP, 1 << 16, &err), 0);
	return client;
}

/* Waits until as many UDP sockets have ended, so that no end is left for the next test.
 */
static void await_udp_ends(struct netlink_client *client, unsigned expected)
{
	unsigned ended = 0;
	const struct netlink_events events = {count_end, NULL, &ended};
	for (int tries = 0; tries < 2000 && ended < expected; tries++) {
		struct pollfd ready = {.fd = client->fd, .events = POLLIN};
		poll(&ready, 1, 10);
		assert_int_equal(netlink_read_events(client, &events), 0);
	}
	assert_int_equal(ended, expected);
	netlink_close(client);
}

CASE(connected_udp_sockets_show_where_they_point)
{
	struct sockets *s = open_with(&defaults, 0);
	struct netlink_client ends = open_udp_ends();
	struct sockaddr_in6 to = end_of(THERE6, 53);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	for (int i = 0; i < 3; i++)
		scan(s);
	size_t count;
	const struct flow *flows = sockets_flows(s, &count);
	assert_int_equal(count, 1);
	assert_int_equal(flows[0].protocol, IPPROTO_UDP);
	assert_int_equal(flows[0].port, 53);
	assert_int_equal(flows[0].connections, 1);
	assert_memory_equal(&flows[0].address, &to.sin6_addr, 16);
	assert_int_equal(totals_of(s).destinations, 1);
	struct flow hour[2];
	assert_int_equal(sockets_flows_since(s, clock_at - 3600, 0, hour, 2), 1);
	assert_int_equal(hour[0].connections, 1);
	close(fd);
	scan(s);
	sockets_flows(s, &count);
	assert_int_equal(count, 0);
	await_udp_ends(&ends, 1);
	sockets_close(s);
}

CASE(short_udp_sockets_show_where_they_pointed)
{
	struct sockets *s = open_with(&defaults, 0);
	struct netlink_client ends = open_udp_ends();
	const char *remotes[] = {THERE6, THERE4, "127.0.0.1", HERE6};
	for (int i = 0; i < 40; i++) {
		struct sockaddr_in6 to = end_of(remotes[i % 4], 53);
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
		close(fd);
	}
	close(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	size_t count = 0;
	const struct flow *flows = NULL;
	uint32_t sockets = 0;
	for (int tries = 0; tries < 1000 && sockets < 20; tries++) {
		struct pollfd ready = {.fd = sockets_event_fd(s), .events = POLLIN};
		poll(&ready, 1, 10);
		scan(s);
		flows = sockets_flows(s, &count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(flows[i].protocol, IPPROTO_UDP);
			assert_int_equal(flows[i].port, 53);
			assert_int_equal(flows[i].direction, FLOW_OPENED);
			sockets += flows[i].connections;
		}
	}
	assert_int_equal(sockets, 20);
	struct flow hour[8];
	assert_int_equal(sockets_flows_since(s, clock_at - 3600, 0, hour, 8), 2);
	assert_int_equal(totals_of(s).udp_events_lost, 0);
	assert_int_equal(totals_of(s).tcp_opened, 0);
	await_udp_ends(&ends, 41);
	sockets_close(s);
}

CASE(a_udp_peer_that_spoke_first_is_not_called_opened)
{
	struct sockets *s = open_with(&defaults, 0);
	struct netlink_client ends = open_udp_ends();
	struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons(7000)};
	struct sockaddr_in6 to = end_of(HERE6, 7000), peer;
	socklen_t length = sizeof(peer);
	char byte = 'x';
	int server = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&here, sizeof(here)), 0);
	go(THERE);
	int client = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	go(HERE);
	assert_int_equal(
	    sendto(client, &byte, 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(
	    recvfrom(server, &byte, 1, 0, (struct sockaddr *)&peer, &length), 1);
	assert_int_equal(connect(server, (struct sockaddr *)&peer, length), 0);
	scan(s);
	size_t count;
	const struct flow *flows = sockets_flows(s, &count);
	assert_int_equal(count, 1);
	assert_int_equal(flows[0].direction, FLOW_UNKNOWN);
	assert_int_equal(flows[0].port, ntohs(peer.sin6_port));
	close(server);
	close(client);
	await_udp_ends(&ends, 1);
	sockets_close(s);
}

CASE(sent_segments_are_those_of_the_kernel)
{
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	int out = connect_from(HERE, THERE4, 5000);
	int in = accept(listener, NULL, NULL);
	send_bytes(out, 1);
	read_bytes(in, 1);
	scan(s);
	/* SYN, the ACK that ends the handshake, one segment of data. */
	assert_int_equal(sockets_tcp_tx_packets(s), 3);
	close_pair(out, in);
	close(listener);
	shut(s, 1);
}

CASE(opens_over_loopback_are_seen_but_not_counted)
{
	int there = listen_at(THERE, 5000), here = listen_at(HERE, 8088);
	struct sockets *s = open_with(&defaults, 0);
	int fds[20][2];
	scan_mending(s);
	for (int i = 0; i < 20; i++) {
		fds[i][0] = i % 2 ? connect_from(HERE, THERE4, 5000)
				  : connect_from(HERE, "127.0.0.1", 8088);
		fds[i][1] = accept(i % 2 ? there : here, NULL, NULL);
	}
	sockets_note_active_opens(s, active_opens());
	scan(s);
	assert_int_equal(sockets_opens_seen(s), 20);
	assert_int_equal(totals_of(s).tcp_opened, 10);
	for (int i = 0; i < 20; i++)
		close_pair(fds[i][0], fds[i][1]);
	close(there);
	close(here);
	shut(s, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ipv4_bytes_are_exact_from_opening_to_end),
	    cmocka_unit_test(ipv6_bytes_are_exact_from_opening_to_end),
	    cmocka_unit_test(v4_mapped_bytes_are_exact_and_counted_as_ipv4),
	    cmocka_unit_test(five_thousand_short_connections_are_counted_exactly),
	    cmocka_unit_test(opens_lost_with_their_events_are_mended_from_active_opens),
	    cmocka_unit_test(a_socket_connected_anew_is_opened_anew),
	    cmocka_unit_test(what_is_seen_after_all_is_not_counted_twice),
	    cmocka_unit_test(loopback_that_is_late_with_others_is_not_counted),
	    cmocka_unit_test(
		late_reports_hide_a_socket_connected_anew_for_a_minute_at_most),
	    cmocka_unit_test(what_is_seen_before_it_is_counted_is_not_counted_twice),
	    cmocka_unit_test(a_connection_whose_end_was_lost_leaves_the_table),
	    cmocka_unit_test(what_was_there_before_the_monitor_is_no_traffic),
	    cmocka_unit_test(an_accepted_connection_is_not_an_opened_one),
	    cmocka_unit_test(a_short_accepted_connection_is_known_by_a_new_listener),
	    cmocka_unit_test(
		with_its_listener_gone_a_live_connection_still_counts_as_accepted),
	    cmocka_unit_test(a_listener_on_its_port_does_not_hide_an_opened_connection),
	    cmocka_unit_test(refused_attempts_count_as_opened_and_as_destinations),
	    cmocka_unit_test(a_socket_that_never_connects_counts_nowhere),
	    cmocka_unit_test(loopback_is_left_out),
	    cmocka_unit_test(the_monitors_own_traffic_is_left_out),
	    cmocka_unit_test(a_full_table_keeps_totals_exact),
	    cmocka_unit_test(connected_udp_sockets_show_where_they_point),
	    cmocka_unit_test(short_udp_sockets_show_where_they_pointed),
	    cmocka_unit_test(a_udp_peer_that_spoke_first_is_not_called_opened),
	    cmocka_unit_test(sent_segments_are_those_of_the_kernel),
	    cmocka_unit_test(opens_over_loopback_are_seen_but_not_counted),
	};
	return cmocka_run_group_tests(tests, up, down);
}
