/* SPDX-License-Identifier: Apache-2.0 */
/* What the socket accounts say of real connections between two namespaces. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

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
	};
	return cmocka_run_group_tests(tests, up, down);
}
