/* SPDX-License-Identifier: Apache-2.0 */
/* server_fixture.h - a server and its clients in one thread: the loop that the monitor
 * has, turned until a client has what it waits for. */
#ifndef TESTS_SUPPORT_SERVER_FIXTURE_H
#define TESTS_SUPPORT_SERVER_FIXTURE_H

#include <time.h>

#include "client_fixture.h"
#include "rooms_fixture.h"

static struct server *server;

static inline struct server *open_on(const char *open, const char *local,
				     struct error *err)
{
	struct listen_address addresses[2];

	if (parse_listen(open, &addresses[0]) < 0 ||
	    parse_listen(local, &addresses[1]) < 0)
		abort();
	return server_open(&addresses[0], &addresses[1], &fake_source, err);
}

bool turn(int fd, short events, int ms)
{
	struct pollfd fds[2] = {{server_fd(server), POLLIN, 0}, {fd, events, 0}};
	int timeout = server_timeout_ms(server);

	if (timeout < 0 || timeout > ms)
		timeout = ms;
	poll(fds, 2, timeout);
	server_process(server);
	server_report(server, &fake_stats);
	return fds[1].revents != 0;
}

/* For cmocka: a server on two free ports of loopback. */
static inline int start(void **state)
{
	struct error err = {""};

	(void)state;
	fake_quiet_pod();
	fake_stats.started_at = (double)time(NULL);
	server = open_on("127.0.0.1:0", "127.0.0.1:0", &err);
	if (!server)
		fprintf(stderr, "%s\n", err.text);
	return server ? 0 : -1;
}

/* For fuzzers: opens the server with a sample and two alerts. */
static inline void start_with_alerts(void)
{
	void *nothing = NULL;

	if (start(&nothing) < 0)
		abort();
	fake_stats.samples = 1;
	fake_stats.last_sample_at = (double)time(NULL);
	fake_alert(ALERT_EGRESS_VOLUME, 1.7e9, 0);
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
}

static inline int stop(void **state)
{
	(void)state;
	server_close(server);
	return 0;
}

static inline uint16_t open_port(void)
{
	return server_open_port(server);
}

static inline uint16_t local_port(void)
{
	return server_local_port(server);
}

#endif
