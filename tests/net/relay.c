/* SPDX-License-Identifier: Apache-2.0 */
/* relay.c - passes on what it is sent, as a hijacked pod does.
 *
 *     relay PORT ADDRESS ADDRESS_PORT
 *
 * Listens on PORT, passes each connection on to ADDRESS and back, one after the other.
 * It prints "ready" once it listens.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct addrinfo *resolve(const char *address, const char *port, int flags)
{
	const struct addrinfo hints = {.ai_flags = flags | AI_NUMERICSERV,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *info;
	int result = getaddrinfo(address, port, &hints, &info);

	if (result != 0) {
		fprintf(stderr, "relay: %s: %s\n", address ? address : port,
			gai_strerror(result));
		exit(2);
	}
	return info;
}

static int listening(const char *port)
{
	const struct addrinfo *where = resolve("0.0.0.0", port, AI_PASSIVE);
	int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, where->ai_addr, where->ai_addrlen) < 0 ||
	    listen(fd, 16) < 0)
		die("listen");
	return fd;
}

/* Passes on one piece; false at the end of the stream or of the connection. */
static bool pass(int from, int to)
{
	static char buffer[64 * 1024];
	ssize_t got = recv(from, buffer, sizeof(buffer), 0), sent = 0;

	if (got <= 0) {
		shutdown(to, SHUT_WR);
		return false;
	}
	while (sent < got) {
		ssize_t piece =
		    send(to, buffer + sent, (size_t)(got - sent), MSG_NOSIGNAL);
		if (piece < 0)
			return false;
		sent += piece;
	}
	return true;
}

static void pass_on(int near, int far)
{
	struct pollfd ends[] = {{.fd = near, .events = POLLIN},
				{.fd = far, .events = POLLIN}};

	while (ends[0].fd >= 0 || ends[1].fd >= 0) {
		if (poll(ends, 2, -1) < 0)
			die("poll");
		if (ends[0].fd >= 0 && ends[0].revents && !pass(near, far))
			ends[0].fd = -1;
		if (ends[1].fd >= 0 && ends[1].revents && !pass(far, near))
			ends[1].fd = -1;
	}
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: relay PORT ADDRESS ADDRESS_PORT\n");
		return 2;
	}
	const struct addrinfo *target = resolve(argv[2], argv[3], AI_NUMERICHOST);
	int listener = listening(argv[1]);

	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int near = accept(listener, NULL, NULL);
		int far = socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (near < 0 || far < 0 ||
		    connect(far, target->ai_addr, target->ai_addrlen) < 0)
			die("connect");
		pass_on(near, far);
		close(near);
		close(far);
	}
}
