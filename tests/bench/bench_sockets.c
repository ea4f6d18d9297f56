/* SPDX-License-Identifier: Apache-2.0 */
/* bench_sockets.c - what a close look at the sockets costs, against the bare dumps that
 * it makes: thread CPU time, medians. As root, in namespaces of its own.
 *
 *     bench_sockets [CONNECTIONS...]        default: 10 10000
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "../unit/collect/network_fixture.h"
#include "collect/sockets/sockets.h"

#define ROUNDS_MAX 301

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), by_value);
	return values[count / 2];
}

/* Sends one request and receives the answer, reading nothing but where it ends. */
static void bare_dump(int fd, uint16_t type, const void *body, size_t length)
{
	static _Alignas(8) char answer[32768];
	struct {
		struct nlmsghdr header;
		char body[128];
	} request = {.header = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	memcpy(request.body, body, length);
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		abort();
	for (;;) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);
		const struct nlmsghdr *h = (const void *)answer;
		if (got <= 0 || h->nlmsg_type == NLMSG_DONE ||
		    h->nlmsg_type == NLMSG_ERROR)
			return;
	}
}

#define ALL_STATES                                                                     \
	(1u << 1 | 1u << 2 | 1u << 4 | 1u << 5 | 1u << 8 | 1u << 9 | 1u << 10 |        \
	 1u << 11)

static void bare_legacy(int fd)
{
	struct inet_diag_req body = {.idiag_ext = 1u << (INET_DIAG_INFO - 1),
				     .idiag_states = ALL_STATES};
	bare_dump(fd, TCPDIAG_GETSOCK, &body, sizeof(body));
}

static void bare_v2(int fd, uint8_t family, uint8_t protocol, uint32_t states)
{
	struct inet_diag_req_v2 body = {.sdiag_family = family,
					.sdiag_protocol = protocol,
					.idiag_ext = 1u << (INET_DIAG_INFO - 1),
					.idiag_states = states};
	bare_dump(fd, SOCK_DIAG_BY_FAMILY, &body, sizeof(body));
}

static void bare_udp(int fd)
{
	bare_v2(fd, AF_INET, IPPROTO_UDP, 1u << 1);
	bare_v2(fd, AF_INET6, IPPROTO_UDP, 1u << 1);
}

/* A process of its own holds the other ends: both together have too many descriptors.
 */
static pid_t start_peer(int listener)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (accept(listener, NULL, NULL) >= 0)
		;
	pause();
	_exit(0);
}

static void measure(int connections)
{
	int rounds = connections > 1000 ? 41 : ROUNDS_MAX;
	int *out = calloc((size_t)connections, sizeof(*out));
	int listener = listen_at(THERE, 5000);
	double legacy[ROUNDS_MAX], v2[ROUNDS_MAX], idle[ROUNDS_MAX], busy[ROUNDS_MAX];
	struct error err;

	pid_t peer = start_peer(listener);
	for (int i = 0; i < connections; i++) {
		out[i] = connect_from(HERE, THERE4, 5000);
		if (out[i] < 0) {
			perror("bench_sockets: connect");
			abort();
		}
	}
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	struct collect_options options = {.max_sockets = 16384,
					  .max_destinations = 512};
	struct sockets *s = sockets_open(&options, 0, &err);
	for (int i = 0; i < rounds; i++) {
		double start = cpu_us();
		bare_v2(fd, AF_INET, IPPROTO_TCP, ALL_STATES);
		bare_v2(fd, AF_INET6, IPPROTO_TCP, ALL_STATES);
		bare_udp(fd);
		v2[i] = cpu_us() - start;
		start = cpu_us();
		bare_legacy(fd);
		bare_udp(fd);
		legacy[i] = cpu_us() - start;
		start = cpu_us();
		sockets_scan(s, i);
		idle[i] = cpu_us() - start;
		for (int j = 0; j < connections; j++)
			send_bytes(out[j], 1);
		start = cpu_us();
		sockets_scan(s, i);
		busy[i] = cpu_us() - start;
	}
	double bare = median(legacy, rounds), idle_us = median(idle, rounds),
	       busy_us = median(busy, rounds);
	printf(
	    "%6d connections: bare dumps %9.1f us (by family %9.1f), a look %9.1f us "
	    "(x%.2f), all having sent %9.1f us (x%.2f)\n",
	    connections, bare, median(v2, rounds), idle_us, idle_us / bare, busy_us,
	    busy_us / bare);
	sockets_close(s);
	close(fd);
	close(listener);
	for (int i = 0; i < connections; i++) {
		close(out[i]);
	}
	free(out);
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
}

int main(int argc, char **argv)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (namespaces_up() < 0) {
		fprintf(stderr, "bench_sockets: needs root and ip netns\n");
		namespaces_down();
		return 77;
	}
	go(HERE);
	if (argc < 2) {
		measure(10);
		measure(10000);
	}
	for (int i = 1; i < argc; i++)
		measure((int)strtol(argv[i], NULL, 10));
	namespaces_down();
	return 0;
}
