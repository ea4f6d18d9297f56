/* SPDX-License-Identifier: Apache-2.0 */
/* What the socket accounts say of real connections between two namespaces. */
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../sidecar/collect/socket_dumps.h"
#include "../../sidecar/collect/sockets.h"
#include "two_namespaces.h"

/* Last: it defines fail() as a macro. */
#include <cmocka.h>

static const struct collect_options defaults = {.max_sockets = 4096,
						.max_destinations = 512,
						.own_ports = {9477},
						.own_port_count = 1};

static struct sockets *open_with(const struct collect_options *options, unsigned buffer)
{
	struct error err;
	go(HERE);
	struct sockets *s = sockets_open(options, buffer, &err);
	if (!s)
		fail_msg("%s", err.text);
	assert_string_equal(sockets_failure(s, COLLECTOR_SOCKETS), "");
	assert_string_equal(sockets_failure(s, COLLECTOR_SOCKET_EVENTS), "");
	return s;
}

static struct collect_totals totals_of(const struct sockets *s)
{
	struct collect_totals t = {0};
	sockets_totals(s, &t);
	return t;
}

/* Destroy events come from a work queue: waits until as many as are expected are here.
 */
static void await_events(struct sockets *s, uint64_t events)
{
	for (int tries = 0; tries < 2000; tries++) {
		struct pollfd ready = {.fd = sockets_event_fd(s), .events = POLLIN};
		struct collect_totals t = totals_of(s);
		if (t.socket_events + t.socket_events_lost >= events)
			return;
		poll(&ready, 1, 10);
		sockets_process_events(s);
	}
	fail_msg("events did not come");
}

/* Closes when all the events of a test are here, so that none is left for the next. */
static void shut(struct sockets *s, uint64_t events)
{
	await_events(s, events);
	sockets_close(s);
}

static double clock_at = 1700000000;

static void look(struct sockets *s)
{
	clock_at += 10;
	assert_true(sockets_look(s, clock_at));
}

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
	look(s);
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
	look(s);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 100011);
	assert_int_equal(totals_of(s).sockets_tracked, 0);
	assert_int_equal(
	    sockets_flows_since(s, clock_at - 3600, (struct flow[4]){0}, 4), 1);
	close(listener);
	sockets_close(s);
}

static void ipv4_bytes_are_exact_from_opening_to_end(void **state)
{
	(void)state;
	sends(THERE4, THERE4);
}

static void ipv6_bytes_are_exact_from_opening_to_end(void **state)
{
	(void)state;
	sends(THERE6, THERE6);
}

static void v4_mapped_bytes_are_exact_and_counted_as_ipv4(void **state)
{
	(void)state;
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

static void look_mending(struct sockets *s)
{
	sockets_note_active_opens(s, active_opens());
	look(s);
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

static void finish(pid_t child)
{
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void five_thousand_short_connections_are_counted_exactly(void **state)
{
	(void)state;
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
	look(s);
	size_t count;
	const struct flow *flows = sockets_flows(s, &count);
	assert_int_equal(count, 1);
	assert_int_equal(flows[0].connections, t.tcp_opened);
	assert_int_equal(totals_of(s).destinations, 1);
	close(listener);
	sockets_close(s);
}

static void opens_lost_with_their_events_are_mended_from_active_opens(void **state)
{
	(void)state;
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 4096);
	look_mending(s);
	for (int i = 0; i < 500; i++) {
		int out = connect_from(HERE, THERE4, 5000);
		int in = accept(listener, NULL, NULL);
		send_bytes(out, 100);
		close_pair(out, in);
	}
	await_events(s, 500);
	assert_true(totals_of(s).socket_events_lost > 0);
	assert_true(totals_of(s).tcp_opened < 500);
	look_mending(s);
	look_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 500);

	int out = connect_from(HERE, THERE4, 5000);
	look_mending(s);
	assert_int_equal(totals_of(s).tcp_opened, 501);
	close(out);
	close(listener);
	shut(s, 501);
}

static void a_connection_whose_end_was_lost_leaves_the_table(void **state)
{
	(void)state;
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 4096);
	int out[100], in[100];
	for (int i = 0; i < 100; i++) {
		out[i] = connect_from(HERE, THERE4, 5000);
		in[i] = accept(listener, NULL, NULL);
		send_bytes(out[i], 10);
	}
	look(s);
	assert_int_equal(totals_of(s).sockets_tracked, 100);
	for (int i = 0; i < 100; i++)
		close_pair(out[i], in[i]);
	await_events(s, 100);
	assert_true(totals_of(s).socket_events_lost > 0);
	look(s);
	look(s);
	assert_int_equal(totals_of(s).sockets_tracked, 0);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 1000);
	close(listener);
	sockets_close(s);
}

static void what_was_there_before_the_monitor_is_no_traffic(void **state)
{
	(void)state;
	int listener = listen_at(THERE, 5000);
	int out = connect_from(HERE, THERE4, 5000);
	int in = accept(listener, NULL, NULL);
	send_bytes(out, 5000);
	read_bytes(in, 5000);
	struct sockets *s = open_with(&defaults, 0);
	look(s);
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

static void an_accepted_connection_is_not_an_opened_one(void **state)
{
	(void)state;
	int listener = listen_at(HERE, 8080);
	struct sockets *s = open_with(&defaults, 0);
	int out = connect_from(THERE, HERE4, 8080);
	int in = accept(listener, NULL, NULL);
	send_bytes(in, 3000);
	read_bytes(out, 3000);
	look(s);
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

/* Born and dead between two looks, on a listener that is newer than the last. */
static void a_short_accepted_connection_is_known_by_a_new_listener(void **state)
{
	(void)state;
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
	look(s);
	assert_int_equal(totals_of(s).tcp_opened, 0);
	assert_int_equal(totals_of(s).tcp_initiated_tx_bytes, 0);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 400);
	close_pair(in, out);
	shut(s, 2);
}

/* An attacker's trick: listen on a port, and open connections from that very port. */
static void a_listener_on_its_port_does_not_hide_an_opened_connection(void **state)
{
	(void)state;
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
	look(s);
	assert_int_equal(totals_of(s).tcp_opened, 1);
	assert_int_equal(totals_of(s).tcp_initiated_tx_bytes, 900);
	close_pair(out, in);
	close(here);
	close(there);
	shut(s, 2);
}

static void refused_attempts_count_as_opened_and_as_destinations(void **state)
{
	(void)state;
	struct sockets *s = open_with(&defaults, 0);
	for (int i = 0; i < 5; i++) {
		char address[32];
		snprintf(address, sizeof(address), "10.77.1.%d", 10 + i);
		assert_int_equal(connect_from(HERE, address, 4444), -1);
	}
	assert_int_equal(connect_from(HERE, THERE6, 4444), -1);
	await_events(s, 6);
	assert_int_equal(totals_of(s).tcp_opened, 6);
	look(s);
	assert_int_equal(totals_of(s).destinations, 6);
	assert_int_equal(totals_of(s).tcp_opened, 6);
	look(s);
	assert_int_equal(totals_of(s).destinations, 0);
	sockets_close(s);
}

static void a_socket_that_never_connects_counts_nowhere(void **state)
{
	(void)state;
	struct sockets *s = open_with(&defaults, 0);
	close(socket(AF_INET, SOCK_STREAM, 0));
	close(socket(AF_INET6, SOCK_STREAM, 0));
	close(listen_at(HERE, 8084));
	assert_int_equal(connect_from(HERE, "203.0.113.1", 80), -1); /* no route */
	await_events(s, 4);
	look(s);
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
	look(s);
	assert_int_equal(totals_of(s).tcp_tx_bytes, 0);
	read_bytes(out, 1000);
	close_pair(out, in);
	close(listener);
}

static void loopback_is_left_out(void **state)
{
	(void)state;
	struct sockets *s = open_with(&defaults, 0);
	const char *addresses[] = {"127.0.0.1",        "127.9.9.9", "::1",
				   "::ffff:127.0.0.1", HERE4,       HERE6};
	for (int i = 0; i < 6; i++)
		converse_at_home(s, addresses[i], 8085);
	await_events(s, 18);
	look(s);
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

static void the_monitors_own_traffic_is_left_out(void **state)
{
	(void)state;
	int listener = listen_at(HERE, 9477);
	struct sockets *s = open_with(&defaults, 0);
	int kept = connect_from(THERE, HERE4, 9477);
	int kept_in = accept(listener, NULL, NULL);
	send_bytes(kept_in, 20000);
	for (int i = 0; i < 10; i++) {
		int out = connect_from(THERE, HERE6, 9477);
		int in = accept(listener, NULL, NULL);
		send_bytes(in, 2000);
		close_pair(out, in);
	}
	look(s);
	await_events(s, 10);
	look(s);
	size_t count;
	struct collect_totals t = totals_of(s);
	assert_int_equal(t.tcp_tx_bytes, 0);
	assert_int_equal(t.tcp_opened, 0);
	sockets_flows(s, &count);
	assert_int_equal(count, 0);
	close_pair(kept, kept_in);
	close(listener);
	shut(s, 12);
}

static void a_full_table_keeps_totals_exact(void **state)
{
	(void)state;
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
			look(s);
		for (int i = round * 20; i < round * 20 + 20; i++, ended++)
			close_pair(out[i], in[i]);
		await_events(s, ended);
		look(s);
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

static void connected_udp_sockets_show_where_they_point(void **state)
{
	(void)state;
	struct sockets *s = open_with(&defaults, 0);
	struct sockaddr_in6 to = end_of(THERE6, 53);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	for (int i = 0; i < 3; i++)
		look(s);
	size_t count;
	const struct flow *flows = sockets_flows(s, &count);
	assert_int_equal(count, 1);
	assert_int_equal(flows[0].protocol, IPPROTO_UDP);
	assert_int_equal(flows[0].port, 53);
	assert_int_equal(flows[0].connections, 1);
	assert_memory_equal(&flows[0].address, &to.sin6_addr, 16);
	assert_int_equal(totals_of(s).destinations, 1);
	struct flow hour[2];
	assert_int_equal(sockets_flows_since(s, clock_at - 3600, hour, 2), 1);
	assert_int_equal(hour[0].connections, 1);
	close(fd);
	look(s);
	sockets_flows(s, &count);
	assert_int_equal(count, 0);
	sockets_close(s);
}

static void sent_segments_are_those_of_the_kernel(void **state)
{
	(void)state;
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	int out = connect_from(HERE, THERE4, 5000);
	int in = accept(listener, NULL, NULL);
	send_bytes(out, 1);
	read_bytes(in, 1);
	look(s);
	/* SYN, the ACK that ends the handshake, one segment of data. */
	assert_int_equal(sockets_tcp_tx_packets(s), 3);
	close_pair(out, in);
	close(listener);
	shut(s, 1);
}

/* Opened, accepted, IPv4, IPv6, listening: a request a family sees what one for both
 * does. */
static void kernels_without_the_legacy_request_are_asked_by_family(void **state)
{
	(void)state;
	struct error err;
	struct ledger ledger;
	struct socket_dumps dumps;
	int there = listen_at(THERE, 5000), here = listen_at(HERE, 8087);
	int fds[3][2];

	assert_int_equal(ledger_init(&ledger, &defaults, 1, &err), 0);
	socket_dumps_init(&dumps, &ledger);
	dumps.request_retry_at[REQUEST_TCP] = 1e18;
	assert_int_equal(socket_dumps_look(&dumps, 10), DIAG_COMPLETE);
	for (int i = 0; i < 3; i++) {
		const char *to[] = {THERE4, THERE6, HERE4};
		fds[i][0] =
		    connect_from(i < 2 ? HERE : THERE, to[i], i < 2 ? 5000 : 8087);
		fds[i][1] = accept(i < 2 ? there : here, NULL, NULL);
		send_bytes(fds[i][i < 2 ? 0 : 1], 1000);
	}
	assert_int_equal(socket_dumps_look(&dumps, 20), DIAG_COMPLETE);
	assert_int_equal(ledger.tx_bytes, 3000);
	assert_int_equal(ledger.initiated_tx_bytes, 2000);
	assert_int_equal(ledger.opened, 2);
	assert_int_equal(ledger.table.count, 3);
	socket_dumps_release(&dumps);
	ledger_release(&ledger);
	for (int i = 0; i < 3; i++)
		close_pair(fds[i][0], fds[i][1]);
	close(there);
	close(here);
}

/* What a kernel or sandbox without sock_diag does. */
static void refuse_sock_diag(void)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_SOCK_DIAG, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(20);
}

static void a_kernel_that_refuses_sockets_is_reported_and_survived(void **state)
{
	(void)state;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct error err;
		refuse_sock_diag();
		struct sockets *s = sockets_open(&defaults, 0, &err);
		if (!s || sockets_event_fd(s) < 0)
			_exit(11);
		if (sockets_ok(s, COLLECTOR_SOCKETS) ||
		    sockets_ok(s, COLLECTOR_SOCKET_EVENTS))
			_exit(12);
		if (!*sockets_failure(s, COLLECTOR_SOCKETS) ||
		    !*sockets_failure(s, COLLECTOR_SOCKET_EVENTS))
			_exit(13);
		sockets_process_events(s);
		for (int i = 0; i < 2; i++) {
			sockets_note_active_opens(s, 1000 + (uint64_t)i * 50);
			if (sockets_look(s, clock_at + i))
				_exit(14);
		}
		_exit(totals_of(s).tcp_opened == 50 ? 0 : 15);
	}
	finish(child);
}

static void opens_over_loopback_are_seen_but_not_counted(void **state)
{
	(void)state;
	int there = listen_at(THERE, 5000), here = listen_at(HERE, 8088);
	struct sockets *s = open_with(&defaults, 0);
	int fds[20][2];
	look_mending(s);
	for (int i = 0; i < 20; i++) {
		fds[i][0] = i % 2 ? connect_from(HERE, THERE4, 5000)
				  : connect_from(HERE, "127.0.0.1", 8088);
		fds[i][1] = accept(i % 2 ? there : here, NULL, NULL);
	}
	sockets_note_active_opens(s, active_opens());
	look(s);
	assert_int_equal(sockets_opens_seen(s), 20);
	assert_int_equal(totals_of(s).tcp_opened, 10);
	for (int i = 0; i < 20; i++)
		close_pair(fds[i][0], fds[i][1]);
	close(there);
	close(here);
	shut(s, 31);
}

/* Where cgroup v2 is mounted; false where it is not. */
static bool find_cgroups(char *path, size_t size)
{
	char line[512];
	bool found = false;

	FILE *mounts = fopen("/proc/self/mounts", "r");
	while (!found && mounts && fgets(line, sizeof(line), mounts)) {
		char *where = strchr(line, ' ');
		char *type = where ? strchr(where + 1, ' ') : NULL;
		if (!type || strncmp(type, " cgroup2 ", 9) != 0)
			continue;
		*type = '\0';
		snprintf(path, size, "%s", where + 1);
		found = true;
	}
	if (mounts)
		fclose(mounts);
	return found;
}

/* Makes a cgroup and a process in it that sends, then waits to be killed. */
static pid_t send_in_cgroup(const char *path, size_t bytes)
{
	char file[512];
	int ready[2];

	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		snprintf(file, sizeof(file), "%s/cgroup.procs", path);
		FILE *procs = fopen(file, "w");
		if (!procs || fprintf(procs, "%d", (int)getpid()) < 0 ||
		    fclose(procs) != 0)
			_exit(1);
		send_bytes(connect_from(HERE, THERE4, 5000), bytes);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], file, 1), 1);
	close(ready[0]);
	return child;
}

static void each_container_is_named_after_its_cgroup(void **state)
{
	(void)state;
	char top[128], path[2][200];
	if (!find_cgroups(top, sizeof(top)))
		skip();
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	pid_t child[2];
	for (int i = 0; i < 2; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/sockets-%d-%d", top,
			 (int)getpid(), i);
		child[i] = send_in_cgroup(path[i], 1000 * ((size_t)i + 1));
	}
	look(s);
	size_t count;
	const struct container_counters *containers = sockets_containers(s, &count);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < 2; i++) {
		struct stat cgroup;
		char name[32];
		assert_int_equal(stat(path[i], &cgroup), 0);
		snprintf(name, sizeof(name), "cgroup-%ju", (uintmax_t)cgroup.st_ino);
		size_t at = strcmp(containers[0].name, name) == 0 ? 0 : 1;
		assert_string_equal(containers[at].name, name);
		assert_int_equal(containers[at].cgroup_id, cgroup.st_ino);
		assert_int_equal(containers[at].tcp_tx_bytes, 1000 * (i + 1));
	}
	for (int i = 0; i < 2; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
		/* The last of a process leaves its cgroup a moment after it was waited
		 * for. */
		for (int tries = 0; rmdir(path[i]) < 0 && tries < 500; tries++)
			usleep(10000);
	}
	close(listener);
	shut(s, 2);
}

/* Everything above holds for the user that the sidecar runs as. */
static void no_privilege_is_needed(void **state)
{
	(void)state;
	int listener = listen_at(THERE, 5000);
	int out = connect_from(HERE, THERE4, 5000);
	int in = accept(listener, NULL, NULL);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct error err;
		go(HERE);
		if (setgid(65532) < 0 || setuid(65532) < 0)
			_exit(10);
		struct sockets *s = sockets_open(&defaults, 0, &err);
		if (!s || !sockets_ok(s, COLLECTOR_SOCKETS) ||
		    !sockets_ok(s, COLLECTOR_SOCKET_EVENTS))
			_exit(11);
		send_bytes(out, 1234);
		read_bytes(in, 1234);
		if (!sockets_look(s, 1) || totals_of(s).tcp_tx_bytes != 1234)
			_exit(12);
		struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1)};
		inet_pton(AF_INET, THERE4, &to.sin_addr);
		int refused = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(refused, (struct sockaddr *)&to, sizeof(to)) == 0)
			_exit(13);
		close(refused);
		await_events(s, 1);
		_exit(totals_of(s).tcp_opened == 1 ? 0 : 14);
	}
	finish(child);
	close_pair(out, in);
	close(listener);
}

static int up(void **state)
{
	(void)state;
	if (namespaces_up() < 0) {
		print_message("skipped: needs root and ip netns\n");
		exit(0);
	}
	return 0;
}

static int down(void **state)
{
	(void)state;
	namespaces_down();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ipv4_bytes_are_exact_from_opening_to_end),
	    cmocka_unit_test(ipv6_bytes_are_exact_from_opening_to_end),
	    cmocka_unit_test(v4_mapped_bytes_are_exact_and_counted_as_ipv4),
	    cmocka_unit_test(five_thousand_short_connections_are_counted_exactly),
	    cmocka_unit_test(opens_lost_with_their_events_are_mended_from_active_opens),
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
	    cmocka_unit_test(sent_segments_are_those_of_the_kernel),
	    cmocka_unit_test(kernels_without_the_legacy_request_are_asked_by_family),
	    cmocka_unit_test(a_kernel_that_refuses_sockets_is_reported_and_survived),
	    cmocka_unit_test(opens_over_loopback_are_seen_but_not_counted),
	    cmocka_unit_test(each_container_is_named_after_its_cgroup),
	    cmocka_unit_test(no_privilege_is_needed),
	};
	return cmocka_run_group_tests(tests, up, down);
}
