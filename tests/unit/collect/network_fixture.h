/* SPDX-License-Identifier: Apache-2.0 */
/* network_fixture.h - a network of two namespaces for tests of what the kernel says:
 *
 *     here  10.77.0.1, fd77::1  ---veth---  10.77.0.2, fd77::2  there
 *
 * A socket stays in the namespace it was made in, so one thread can hold both ends.
 */
#ifndef TESTS_COLLECT_NETWORK_FIXTURE_H
#define TESTS_COLLECT_NETWORK_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HERE4  "10.77.0.1"
#define THERE4 "10.77.0.2"
#define HERE6  "fd77::1"
#define THERE6 "fd77::2"

enum place { HERE, THERE, OUTSIDE, PLACES };

static int place_fds[PLACES] = {-1, -1, -1};

static inline void go(enum place where)
{
	if (setns(place_fds[where], CLONE_NEWNET) < 0) {
		perror("setns");
		abort();
	}
}

static inline int run(const char *format, int pid)
{
	char command[512];
	snprintf(command, sizeof(command), "%s", "");
	char *at = command;
	size_t left = sizeof(command) - 1;
	for (const char *c = format; *c && left > 16; c++) {
		if (*c == '%') {
			int n = snprintf(at, left, "%d", pid);
			at += n;
			left -= (size_t)n;
		} else {
			*at++ = *c;
			left--;
		}
	}
	*at = '\0';
	return system(command);
}

static inline void namespaces_down(void)
{
	if (place_fds[OUTSIDE] >= 0)
		go(OUTSIDE);
	run("ip netns del sockets-%-here 2>/dev/null; ip netns del sockets-%-there "
	    "2>/dev/null",
	    (int)getpid());
}

/* Returns 0, or -1 when it cannot be done (not root). */
static inline int namespaces_up(void)
{
	if (geteuid() != 0)
		return -1;
	int pid = (int)getpid();
	place_fds[OUTSIDE] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	const char *steps[] = {
	    "ip netns add sockets-%-here && ip netns add sockets-%-there",
	    "ip -n sockets-%-here link add veth0 type veth peer name veth0 netns "
	    "sockets-%-there",
	    "ip -n sockets-%-here addr add " HERE4 "/24 dev veth0 && "
	    "ip -n sockets-%-here addr add " HERE6 "/64 dev veth0 nodad",
	    "ip -n sockets-%-there addr add " THERE4 "/24 dev veth0 && "
	    "ip -n sockets-%-there addr add " THERE6 "/64 dev veth0 nodad",
	    "ip -n sockets-%-here link set lo up && ip -n sockets-%-here link set "
	    "veth0 up",
	    "ip -n sockets-%-there link set lo up && ip -n sockets-%-there link set "
	    "veth0 "
	    "up",
	    "ip -n sockets-%-there addr add 10.77.1.0/24 dev lo && "
	    "ip -n sockets-%-here route add 10.77.1.0/24 via " THERE4,
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (run(steps[i], pid) != 0)
			return -1;
	char path[64];
	snprintf(path, sizeof(path), "/run/netns/sockets-%d-here", pid);
	place_fds[HERE] = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/run/netns/sockets-%d-there", pid);
	place_fds[THERE] = open(path, O_RDONLY | O_CLOEXEC);
	return place_fds[HERE] >= 0 && place_fds[THERE] >= 0 ? 0 : -1;
}

static inline struct sockaddr_in6 end_of(const char *address, uint16_t port)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	char mapped[64];
	if (!strchr(address, ':')) {
		snprintf(mapped, sizeof(mapped), "::ffff:%s", address);
		address = mapped;
	}
	inet_pton(AF_INET6, address, &to.sin6_addr);
	return to;
}

/* A dual-stack listener in that namespace. Port 0: any. */
static inline int listen_at(enum place where, uint16_t port)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int yes = 1, no = 0;

	go(where);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 4096) < 0) {
		perror("listen");
		abort();
	}
	go(HERE);
	return fd;
}

/* Connects from that namespace: an IPv4 socket for an IPv4 address, an IPv6 one for an
 * IPv6 address, v4-mapped included. Returns -1 when it is refused. */
static inline int connect_from(enum place where, const char *address, uint16_t port)
{
	struct sockaddr_in6 to6 = end_of(address, port);
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool v4 = !strchr(address, ':');

	go(where);
	int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(&to4.sin_addr, &to6.sin6_addr.s6_addr[12], 4);
	int code = v4 ? connect(fd, (struct sockaddr *)&to4, sizeof(to4))
		      : connect(fd, (struct sockaddr *)&to6, sizeof(to6));
	go(HERE);
	if (code < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline void send_bytes(int fd, size_t bytes)
{
	static const char zeros[65536];
	while (bytes > 0) {
		size_t piece = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
		ssize_t sent = send(fd, zeros, piece, MSG_NOSIGNAL);
		if (sent < 0) {
			perror("send");
			abort();
		}
		bytes -= (size_t)sent;
	}
}

/* Reads exactly that many, waiting for them. */
static inline void read_bytes(int fd, size_t bytes)
{
	static char sink[65536];
	while (bytes > 0) {
		size_t piece = bytes < sizeof(sink) ? bytes : sizeof(sink);
		ssize_t got = recv(fd, sink, piece, 0);
		if (got <= 0) {
			perror("recv");
			abort();
		}
		bytes -= (size_t)got;
	}
}

/* Closes that end first, then the other when it has seen the end. */
static inline void close_pair(int first, int second)
{
	char byte;
	close(first);
	while (recv(second, &byte, 1, 0) > 0)
		;
	close(second);
}

#endif
