/* SPDX-License-Identifier: Apache-2.0 */
/* server_fixture.h - a server and its clients in one thread: the loop that the monitor
 * has, turned until a client has what it waits for. Nothing waits for a fixed time;
 * what never comes fails at the deadline. */
#ifndef TESTS_SUPPORT_SERVER_FIXTURE_H
#define TESTS_SUPPORT_SERVER_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/parse.h"
#include "rooms_fixture.h"

#define DEADLINE_S 20

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

/* One turn of the loop, at most `ms` long or until `fd` has `events`. */
static inline bool turn(int fd, short events, int ms)
{
	struct pollfd fds[2] = {{server_fd(server), POLLIN, 0}, {fd, events, 0}};
	int timeout = server_timeout_ms(server);

	if (timeout < 0 || timeout > ms)
		timeout = ms;
	poll(fds, 2, timeout);
	server_process(server);
	return fds[1].revents != 0;
}

static inline int connect_to(const char *address, uint16_t port)
{
	char text[64];
	struct listen_address to;

	snprintf(text, sizeof(text), "%s:%u", address, port);
	if (parse_listen(text, &to) < 0)
		abort();
	int fd = socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to.address, to.length) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Everything until the server closes, as a string; NULL at the deadline. */
static char received[2 * 1024 * 1024];
static inline char *receive(int fd)
{
	double deadline = clock_monotonic() + DEADLINE_S;
	size_t length = 0;

	while (clock_monotonic() < deadline) {
		if (!turn(fd, POLLIN, 1000))
			continue;
		ssize_t count = recv(fd, received + length,
				     sizeof(received) - 1 - length, MSG_DONTWAIT);
		if (count < 0 && errno == EAGAIN)
			continue;
		if (count > 0)
			length += (size_t)count;
		received[length] = '\0';
		if (count <= 0)
			return received;
	}
	return NULL;
}

/* Sends a request and returns everything until the server closes. */
static inline char *ask(uint16_t port, const char *request)
{
	int fd = connect_to("127.0.0.1", port);

	if (fd < 0 || send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return NULL;
	char *answer = receive(fd);
	close(fd);
	return answer;
}

/* GET with HTTP/1.0: the answer ends with the connection. */
static inline char *get(uint16_t port, const char *path)
{
	char request[512];

	snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", path);
	return ask(port, request);
}

static inline int status_of(const char *answer)
{
	return answer && strncmp(answer, "HTTP/1.", 7) == 0
		   ? (int)strtol(answer + 9, NULL, 10)
		   : -1;
}

static inline const char *body_of(const char *answer)
{
	const char *end = answer ? strstr(answer, "\r\n\r\n") : NULL;

	return end ? end + 4 : "";
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
