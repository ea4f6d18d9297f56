/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c - the other end of the tests' traffic.
 *
 *     sink PORT [BYTES]
 *
 * Listens on PORT over TCP and UDP, IPv4 and IPv6. Of each connection it reads all,
 * sends BYTES back (none by default) when the other side has finished, and closes. When
 * it is told to end (SIGTERM) it prints one line:
 *
 *     tcp CONNECTIONS BYTES udp DATAGRAMS BYTES
 *
 * It prints "ready" once it listens.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096

struct sink {
	int epoll_fd, listen_fd, udp_fd, signal_fd;
	uint64_t answer_bytes;
	uint64_t connections, tcp_bytes, datagrams, udp_bytes;
};

static char scratch[256 * 1024];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch(struct sink *s, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

/* A socket on the port for both families, or IPv4 alone where there is no IPv6. */
static int bound_socket(int type, uint16_t port)
{
	const struct sockaddr_in6 six = {.sin6_family = AF_INET6,
					 .sin6_port = htons(port)};
	const struct sockaddr_in four = {.sin_family = AF_INET,
					 .sin_port = htons(port)};
	int on = 1, off = 0;
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		if (bind(fd, (const struct sockaddr *)&six, sizeof(six)) == 0)
			return fd;
		close(fd);
	}
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&four, sizeof(four)) < 0)
		die("bind");
	return fd;
}

static void accept_all(struct sink *s)
{
	int fd;

	/* It does not know that accept4() takes no address. */
	/* cppcheck-suppress nullPointer */
	while ((fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		s->connections++;
		watch(s, fd);
	}
}

static void answer(struct sink *s, int fd)
{
	uint64_t left = s->answer_bytes;

	memset(scratch, 'a', sizeof(scratch));
	while (left > 0) {
		size_t piece = left < sizeof(scratch) ? left : sizeof(scratch);
		ssize_t sent = send(fd, scratch, piece, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		left -= (uint64_t)sent;
	}
}

/* Accepted sockets block when they are written to, and are read only when readable. */
static void read_connection(struct sink *s, int fd)
{
	ssize_t got = recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT);

	if (got > 0) {
		s->tcp_bytes += (uint64_t)got;
		return;
	}
	if (got < 0 && errno == EAGAIN)
		return;
	if (got == 0)
		answer(s, fd);
	close(fd);
}

static void read_datagrams(struct sink *s)
{
	ssize_t got;

	while ((got = recv(s->udp_fd, scratch, sizeof(scratch), 0)) >= 0) {
		s->datagrams++;
		s->udp_bytes += (uint64_t)got;
	}
}

static void open_sink(struct sink *s, uint16_t port)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	s->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->listen_fd = bound_socket(SOCK_STREAM, port);
	s->udp_fd = bound_socket(SOCK_DGRAM, port);
	if (s->signal_fd < 0 || s->epoll_fd < 0 || listen(s->listen_fd, BACKLOG) < 0)
		die("listening");
	watch(s, s->signal_fd);
	watch(s, s->listen_fd);
	watch(s, s->udp_fd);
}

/* Returns false when it is time to end. */
static bool turn(struct sink *s)
{
	struct epoll_event events[64];
	int count = epoll_wait(s->epoll_fd, events, 64, -1);
	bool go_on = true;

	for (int i = 0; i < count; i++) {
		int fd = events[i].data.fd;

		if (fd == s->signal_fd)
			go_on = false;
		else if (fd == s->listen_fd)
			accept_all(s);
		else if (fd == s->udp_fd)
			read_datagrams(s);
		else
			read_connection(s, fd);
	}
	return go_on;
}

int main(int argc, char **argv)
{
	struct sink s = {0};

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: sink PORT [BYTES]\n");
		return 2;
	}
	if (argc == 3)
		s.answer_bytes = strtoull(argv[2], NULL, 10);
	open_sink(&s, (uint16_t)strtoul(argv[1], NULL, 10));
	printf("ready\n");
	fflush(stdout);
	while (turn(&s))
		;
	printf("tcp %llu %llu udp %llu %llu\n", (unsigned long long)s.connections,
	       (unsigned long long)s.tcp_bytes, (unsigned long long)s.datagrams,
	       (unsigned long long)s.udp_bytes);
	return 0;
}
