/* SPDX-License-Identifier: Apache-2.0 */
/* peer_fixture.h - for tests that need real traffic: somebody to send to.
 *
 *   this process, its namespace          the peer, a child in its own
 *   eth0 10.77.0.1  ------ veth ------   eth0 10.77.0.2: discards TCP and UDP on port 9
 *
 * 10.77.0.3 belongs to nobody: packets to it leave and are lost. Neighbours are entered
 * by hand, so that no ARP disturbs the counting.
 */
#ifndef TESTS_COLLECT_PEER_FIXTURE_H
#define TESTS_COLLECT_PEER_FIXTURE_H

#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../support/namespace_fixture.h"

#define PORT 9
#define MAC  "02:00:00:00:00:0"

static pid_t peer;
static bool allowed; /* to make namespaces: else the tests that need them skip */

/* What the tests stand on: without it there is nothing to test. */
static inline void must(bool done, const char *what)
{
	if (!done) {
		perror(what);
		abort();
	}
}

static inline struct sockaddr_in address_of(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	inet_pton(AF_INET, text, &address.sin_addr);
	return address;
}

/* The peer: discards whatever comes, until it is killed. */
static inline void discard(int ready)
{
	struct sockaddr_in any = address_of("0.0.0.0");
	struct pollfd fds[64] = {{.events = POLLIN}, {.events = POLLIN}};
	static char buffer[65536];
	nfds_t count = 2, i;

	if (unshare(CLONE_NEWNET) < 0)
		_exit(1);
	fds[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
	fds[1].fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fds[0].fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    bind(fds[1].fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(fds[1].fd, 64) < 0 || write(ready, "", 1) != 1)
		_exit(1);
	while (poll(fds, count, -1) > 0) {
		for (i = 0; i < count; i++) {
			if (!fds[i].revents)
				continue;
			if (i == 1 && count < 64)
				fds[count++] =
				    (struct pollfd){.fd = accept(fds[1].fd, NULL, NULL),
						    .events = POLLIN};
			else if (i != 1 &&
				 read(fds[i].fd, buffer, sizeof(buffer)) <= 0 &&
				 i != 0) {
				close(fds[i].fd);
				fds[i--] = fds[--count];
			}
		}
	}
	_exit(1);
}

static inline bool make_peer(void)
{
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		return false;
	fflush(NULL);
	peer = fork();
	if (peer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		discard(ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return false;
	close(ready[0]);
	return shell(
		   "ip link set dev lo up && "
		   "ip link add name eth0 address " MAC "1 type veth "
		   "peer name eth0 address " MAC "2 netns %d && "
		   "ip address add 10.77.0.1/24 dev eth0 && ip link set dev eth0 up && "
		   "ip neighbour add 10.77.0.2 lladdr " MAC
		   "2 dev eth0 nud permanent && "
		   "ip neighbour add 10.77.0.3 lladdr " MAC
		   "3 dev eth0 nud permanent && "
		   "nsenter -t %d -n sh -c 'ip address add 10.77.0.2/24 dev eth0 && "
		   "ip neighbour add 10.77.0.1 lladdr " MAC
		   "1 dev eth0 nud permanent && "
		   "ip link set dev eth0 up'",
		   peer, peer) == 0;
}

static inline void send_udp(const char *to_text, unsigned count, size_t length)
{
	static const char payload[1400];
	struct sockaddr_in to = address_of(to_text);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (count-- > 0)
		must(sendto(fd, payload, length, 0, (struct sockaddr *)&to,
			    sizeof(to)) == (ssize_t)length,
		     "send a datagram");
	close(fd);
}

/* Waits until packets get through: a link that has just come up drops them. Without
 * TCP, so that no test hears of the end of a connection that is not its own. */
static inline bool link_carries(void)
{
	struct kernel_counters k = {0};
	int tries;

	for (tries = 0; tries < 200 && k.tx_packets == 0; tries++) {
		send_udp("10.77.0.3", 1, 10);
		poll(NULL, 0, 20);
		if (kernel_counters("eth0", &k) < 0)
			return false;
	}
	return k.tx_packets > 0;
}

static inline int connect_tcp(void)
{
	struct sockaddr_in to = address_of("10.77.0.2");
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
	return fd;
}

/* Sends, and waits until all is acknowledged. */
static inline void send_on(int fd, size_t length)
{
	static const char payload[65536];
	int queued = 1;

	while (length > 0) {
		size_t piece = length < sizeof(payload) ? length : sizeof(payload);

		must(send(fd, payload, piece, 0) == (ssize_t)piece, "send");
		length -= piece;
	}
	while (queued > 0)
		must(ioctl(fd, SIOCOUTQ, &queued) == 0, "ask what is queued");
}

/* Opens a connection, sends, waits until all is acknowledged, closes. */
static inline void send_tcp(size_t length)
{
	int fd = connect_tcp();
	char byte;

	send_on(fd, length);
	shutdown(fd, SHUT_WR);
	must(read(fd, &byte, 1) == 0, "read the end");
	close(fd);
}

static inline void end_peer(void)
{
	if (peer > 0) {
		kill(peer, SIGKILL);
		waitpid(peer, NULL, 0);
	}
}

/* For cmocka: the whole group's setup and teardown. */
static inline int peer_up(void **state)
{
	(void)state;
	allowed = own_namespace_enter();
	if (!allowed || (make_peer() && link_carries()))
		return 0;
	fprintf(stderr, "no peer to send to\n");
	end_peer();
	return -1;
}

static inline int peer_down(void **state)
{
	(void)state;
	end_peer();
	return 0;
}

#endif
