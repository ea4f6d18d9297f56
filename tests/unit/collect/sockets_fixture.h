/* SPDX-License-Identifier: Apache-2.0 */
/* sockets_fixture.h - what the tests of the socket accounts share: the accounts opened
 * between two namespaces, scans at a clock of their own, events waited for. */
#ifndef TESTS_COLLECT_SOCKETS_FIXTURE_H
#define TESTS_COLLECT_SOCKETS_FIXTURE_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/testing.h"
#include "collect/sockets/sockets.h"
#include "network_fixture.h"

static const struct collect_options defaults = {.max_sockets = 4096,
						.max_destinations = 512};

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

static void scan(struct sockets *s)
{
	clock_at += 10;
	assert_true(sockets_scan(s, clock_at));
}

static void finish(pid_t child)
{
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
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

#endif
