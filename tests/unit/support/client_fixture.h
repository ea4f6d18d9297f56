/* SPDX-License-Identifier: Apache-2.0 */
/* client_fixture.h - clients of a server that runs in the same thread: its loop is
 * turned until a client has what it waits for. Nothing waits for a fixed time; what
 * never comes fails at the deadline. */
#ifndef TESTS_SUPPORT_CLIENT_FIXTURE_H
#define TESTS_SUPPORT_CLIENT_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/parse.h"

#define DEADLINE_S 20

/* One turn of the server's loop, at most `ms` long or until `fd` has `events`: whether
 * it has. Whoever includes this has it. */
bool turn(int fd, short events, int ms);

static inline int connect_once(const struct listen_address *to)
{
	int fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&to->address, to->length) == 0)
		return fd;
	const int why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* Whether another attempt may do. Whoever connects thousands of times a second may have
 * to wait for a port: those of loopback can be used again after a second
 * (tcp_tw_reuse). And a fuzzer's own alarm may come while connect() waits. */
static inline bool connects_later(int why)
{
	return why == EADDRNOTAVAIL || why == EINTR;
}

/* -1 with errno. */
static inline int connect_to(const char *address, uint16_t port)
{
	const double deadline = clock_monotonic() + DEADLINE_S;
	char text[64];
	struct listen_address to;
	int fd;

	snprintf(text, sizeof(text), "%s:%u", address, port);
	if (parse_listen(text, &to) < 0)
		abort();
	while ((fd = connect_once(&to)) < 0 && connects_later(errno) &&
	       clock_monotonic() < deadline)
		poll(NULL, 0, 10);
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

#endif
