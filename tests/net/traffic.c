/* SPDX-License-Identifier: Apache-2.0 */
/* traffic.c - sends exactly what it is told, and says what it sent.
 *
 *     traffic COMMAND ADDRESS PORT ...
 *
 *     connect ... COUNT BYTES PARALLEL   COUNT connections of BYTES each, PARALLEL at a
 *                        time; each is finished only when the other side has taken
 *                        everything and closed
 *     spread ... COUNT BYTES   the same one by one, each to the next IPv4 address
 *     datagrams ... COUNT BYTES          COUNT UDP datagrams of BYTES each
 *     stream ... BYTES_A_SECOND SECONDS  one connection, paced
 *     hold ...           one connection; each number on stdin sends as many bytes and
 * is answered by "sent TOTAL" when the other side has acknowledged them; ends with
 * stdin idle ... COUNT     COUNT connections that say nothing, until it is ended crowd
 * ... COUNT SECONDS   the same for so long, and another for each that is cut requests
 * ... PATH COUNT PER_SECOND COUNT HTTP requests, each on a connection of its own, paced
 *
 * ADDRESS may be link-local/IPV4: the IPv6 address that whoever has that IPv4 address
 * on this link has formed of its MAC (RFC 4862).
 *
 * The last line of stdout is
 *
 *     done COUNT BYTES SECONDS
 *
 * where COUNT is of connections, datagrams or answers with status 200. It exits with 1
 * if anything was refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PARALLEL_MAX 512

struct target {
	struct sockaddr_storage address;
	socklen_t length;
};

/* One connection of `connect`: sending until `left` is 0, then waiting for the end. */
struct slot {
	int fd;
	uint64_t left;
	bool finished;
};

struct sum {
	uint64_t count, bytes;
};

static char payload[64 * 1024];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void sleep_until(double when)
{
	double left = when - now_s();
	struct timespec t;

	if (left <= 0)
		return;
	t.tv_sec = (time_t)left;
	t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

static uint64_t number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*text == '\0' || *end != '\0') {
		fprintf(stderr, "traffic: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

static struct target resolve(const char *address, const char *port)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *info;
	struct target target;
	int result = getaddrinfo(address, port, &hints, &info);

	if (result != 0) {
		fprintf(stderr, "traffic: %s: %s\n", address, gai_strerror(result));
		exit(2);
	}
	memcpy(&target.address, info->ai_addr, info->ai_addrlen);
	target.length = info->ai_addrlen;
	freeaddrinfo(info);
	return target;
}

/* Cuts the next field off; "" when there is none. */
static char *next_field(char **rest)
{
	char *field = *rest + strspn(*rest, " \n");
	char *end = field + strcspn(field, " \n");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return field;
}

/* The MAC of a neighbour, as the kernel's table of them has it. Fills `link`, too. */
static bool find_neighbour(const char *ipv4, struct ether_addr *mac, char *link,
			   size_t link_size)
{
	char line[256], *fields[6];
	bool found = false;
	FILE *table = fopen("/proc/net/arp", "re");

	if (!table)
		die("/proc/net/arp");
	/* IP address, HW type, flags, HW address, mask, device */
	while (!found && fgets(line, sizeof(line), table)) {
		char *rest = line;
		for (int i = 0; i < 6; i++)
			fields[i] = next_field(&rest);
		if (strcmp(fields[0], ipv4) != 0 || !ether_aton_r(fields[3], mac))
			continue;
		snprintf(link, link_size, "%s", fields[5]);
		found = true;
	}
	fclose(table);
	return found;
}

/* The address that a neighbour has formed of its MAC; the kernel knows that once
 * something was sent there. */
static void link_local(const char *ipv4, const char *port, char *address, size_t size)
{
	const struct target to = resolve(ipv4, port);
	int fd = socket(to.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char link[IF_NAMESIZE];
	struct ether_addr mac;

	if (fd < 0 ||
	    sendto(fd, "", 1, 0, (const struct sockaddr *)&to.address, to.length) < 0)
		die("sendto");
	close(fd);
	sleep_until(now_s() + 0.5);
	if (!find_neighbour(ipv4, &mac, link, sizeof(link))) {
		fprintf(stderr, "traffic: %s is no neighbour\n", ipv4);
		exit(1);
	}
	const uint8_t *m = mac.ether_addr_octet;
	snprintf(address, size, "fe80::%02x%02x:%02xff:fe%02x:%02x%02x%%%s", m[0] ^ 2,
		 m[1], m[2], m[3], m[4], m[5], link);
}

static struct target find_target(const char *address, const char *port)
{
	static const char prefix[] = "link-local/";
	char found[64];

	if (strncmp(address, prefix, sizeof(prefix) - 1) != 0)
		return resolve(address, port);
	link_local(address + sizeof(prefix) - 1, port, found, sizeof(found));
	return resolve(found, port);
}

static int connected(const struct target *to, int type)
{
	int fd = socket(to->address.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    (connect(fd, (const struct sockaddr *)&to->address, to->length) < 0 &&
	     errno != EINPROGRESS))
		die("connect");
	return fd;
}

static void send_all(int fd, uint64_t bytes)
{
	while (bytes > 0) {
		size_t piece = bytes < sizeof(payload) ? bytes : sizeof(payload);
		ssize_t sent = send(fd, payload, piece, MSG_NOSIGNAL);

		if (sent < 0)
			die("send");
		bytes -= (uint64_t)sent;
	}
}

/* Until the other side has closed: then it has taken everything. Fills `head` with what
 * it said first. */
static void read_to_end(int fd, char *head, size_t head_size)
{
	static char buffer[64 * 1024];
	size_t filled = 0;
	ssize_t got;

	while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		size_t piece = (size_t)got;

		if (piece > head_size - filled)
			piece = head_size - filled;
		memcpy(head + filled, buffer, piece);
		filled += piece;
	}
	if (got < 0)
		die("recv");
}

static void slot_open(struct slot *slot, int epoll_fd, const struct target *to,
		      uint64_t bytes)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = slot};

	slot->fd = connected(to, SOCK_STREAM | SOCK_NONBLOCK);
	slot->left = bytes;
	slot->finished = false;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, slot->fd, &event) < 0)
		die("epoll_ctl");
}

/* Goes on with a connection that is ready; true when it has ended. */
static bool slot_turn(struct slot *slot, int epoll_fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = slot};
	ssize_t moved;

	while (slot->left > 0) {
		size_t piece =
		    slot->left < sizeof(payload) ? slot->left : sizeof(payload);

		moved = send(slot->fd, payload, piece, MSG_NOSIGNAL);
		if (moved < 0 && errno == EAGAIN)
			return false;
		if (moved < 0)
			die("send");
		slot->left -= (uint64_t)moved;
	}
	if (!slot->finished) {
		slot->finished = true;
		if (shutdown(slot->fd, SHUT_WR) < 0 ||
		    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, slot->fd, &event) < 0)
			die("shutdown");
		return false;
	}
	static char buffer[64 * 1024];
	while ((moved = recv(slot->fd, buffer, sizeof(buffer), 0)) > 0)
		;
	if (moved < 0 && errno == EAGAIN)
		return false;
	if (moved < 0)
		die("recv");
	close(slot->fd);
	return true;
}

static struct sum run_connect(const struct target *to, char **args)
{
	uint64_t count = number(args[0]), bytes = number(args[1]), opened = 0;
	uint64_t parallel = number(args[2]);
	static struct slot slots[PARALLEL_MAX];
	struct epoll_event events[64];
	struct sum sum = {0};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (parallel > PARALLEL_MAX)
		parallel = PARALLEL_MAX;
	for (; opened < parallel && opened < count; opened++)
		slot_open(&slots[opened], epoll_fd, to, bytes);
	while (sum.count < count) {
		int ready = epoll_wait(epoll_fd, events, 64, -1);

		for (int i = 0; i < ready; i++) {
			struct slot *slot = events[i].data.ptr;

			if (!slot_turn(slot, epoll_fd))
				continue;
			sum.count++;
			sum.bytes += bytes;
			if (opened < count) {
				slot_open(slot, epoll_fd, to, bytes);
				opened++;
			}
		}
	}
	close(epoll_fd);
	return sum;
}

static struct sum run_spread(const struct target *to, char **args)
{
	uint64_t count = number(args[0]), bytes = number(args[1]);
	struct target next = *to;
	struct sockaddr_in *in = (struct sockaddr_in *)&next.address;
	struct sum sum = {0};
	char head[1];

	for (; sum.count < count; sum.count++) {
		int fd = connected(&next, SOCK_STREAM);

		send_all(fd, bytes);
		shutdown(fd, SHUT_WR);
		read_to_end(fd, head, sizeof(head));
		close(fd);
		sum.bytes += bytes;
		in->sin_addr.s_addr = htonl(ntohl(in->sin_addr.s_addr) + 1);
	}
	return sum;
}

static struct sum run_datagrams(const struct target *to, char **args)
{
	uint64_t count = number(args[0]), bytes = number(args[1]);
	struct sum sum = {0};
	int fd = connected(to, SOCK_DGRAM);

	for (; sum.count < count; sum.count++) {
		if (send(fd, payload, bytes, 0) != (ssize_t)bytes)
			die("send");
		sum.bytes += bytes;
	}
	close(fd);
	return sum;
}

static struct sum run_stream(const struct target *to, char **args)
{
	double rate = (double)number(args[0]), seconds = (double)number(args[1]);
	double begin = now_s(), elapsed = 0;
	struct sum sum = {.count = 1};
	char head[1];
	int fd = connected(to, SOCK_STREAM);

	while (elapsed < seconds) {
		uint64_t due = (uint64_t)(rate * elapsed);

		if (due > sum.bytes) {
			send_all(fd, due - sum.bytes);
			sum.bytes = due;
		}
		sleep_until(begin + elapsed + 0.02);
		elapsed = now_s() - begin;
	}
	shutdown(fd, SHUT_WR);
	read_to_end(fd, head, sizeof(head));
	close(fd);
	return sum;
}

static void wait_acknowledged(int fd)
{
	int left = 1;

	while (left > 0) {
		if (ioctl(fd, TIOCOUTQ, &left) < 0)
			die("TIOCOUTQ");
		if (left > 0)
			sleep_until(now_s() + 0.001);
	}
}

static struct sum run_hold(const struct target *to, char **args)
{
	struct sum sum = {.count = 1};
	char line[32], head[1];
	int fd = connected(to, SOCK_STREAM);

	(void)args;
	printf("connected\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		uint64_t bytes = number(line);

		send_all(fd, bytes);
		wait_acknowledged(fd);
		sum.bytes += bytes;
		printf("sent %llu\n", (unsigned long long)sum.bytes);
		fflush(stdout);
	}
	shutdown(fd, SHUT_WR);
	read_to_end(fd, head, sizeof(head));
	close(fd);
	return sum;
}

static struct sum run_idle(const struct target *to, char **args)
{
	struct sum sum = {0};

	for (uint64_t count = number(args[0]); sum.count < count; sum.count++)
		/* Left open, until this process ends. */
		/* cppcheck-suppress leakReturnValNotUsed */
		(void)connected(to, SOCK_STREAM);
	printf("connected\n");
	fflush(stdout);
	pause();
	return sum;
}

/* Opens another connection of the crowd; when there is no port or no buffer for it, the
 * next turn tries again. */
static bool knock(int epoll_fd, const struct target *to)
{
	int fd = socket(to->address.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};

	if (fd < 0)
		return false;
	if ((connect(fd, (const struct sockaddr *)&to->address, to->length) < 0 &&
	     errno != EINPROGRESS) ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		return false;
	}
	return true;
}

static struct sum run_crowd(const struct target *to, char **args)
{
	const uint64_t count = number(args[0]);
	const double end = now_s() + (double)number(args[1]);
	struct epoll_event events[64];
	struct sum sum = {0};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	bool is_told = false;

	for (uint64_t open = 0; now_s() < end;) {
		for (; open < count && knock(epoll_fd, to); open++)
			sum.count++;
		if (open == count && !is_told) {
			printf("crowding\n");
			fflush(stdout);
			is_told = true;
		}
		int ready = epoll_wait(epoll_fd, events, 64, 50);
		/* Cut: a closed descriptor is no longer watched. */
		for (int i = 0; i < ready; i++, open--)
			close(events[i].data.fd);
	}
	close(epoll_fd);
	return sum;
}

static struct sum run_requests(const struct target *to, char **args)
{
	uint64_t count = number(args[1]);
	double pause = 1.0 / (double)number(args[2]), begin = now_s();
	char request[256], head[12];
	struct sum sum = {0};
	int length = snprintf(
	    request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", args[0]);

	for (uint64_t i = 0; i < count; i++) {
		int fd = connected(to, SOCK_STREAM);

		if (send(fd, request, (size_t)length, MSG_NOSIGNAL) != length)
			die("send");
		memset(head, 0, sizeof(head));
		read_to_end(fd, head, sizeof(head));
		close(fd);
		sum.count += memcmp(head, "HTTP/1.1 200", sizeof(head)) == 0;
		sum.bytes += (uint64_t)length;
		sleep_until(begin + (double)(i + 1) * pause);
	}
	return sum;
}

static const struct command {
	const char *name;
	int arguments; /* after ADDRESS PORT */
	struct sum (*run)(const struct target *to, char **args);
} commands[] = {
    {"spread", 2, run_spread},       {"connect", 3, run_connect},
    {"datagrams", 2, run_datagrams}, {"stream", 2, run_stream},
    {"hold", 0, run_hold},           {"idle", 1, run_idle},
    {"requests", 3, run_requests},   {"crowd", 2, run_crowd},
};

int main(int argc, char **argv)
{
	memset(payload, 'x', sizeof(payload));
	for (size_t i = 0; argc > 3 && i < sizeof(commands) / sizeof(commands[0]);
	     i++) {
		const struct command *c = &commands[i];

		if (strcmp(argv[1], c->name) != 0 || argc != 4 + c->arguments)
			continue;
		const struct target to = find_target(argv[2], argv[3]);
		double begin = now_s();
		struct sum sum = c->run(&to, argv + 4);
		printf("done %llu %llu %.3f\n", (unsigned long long)sum.count,
		       (unsigned long long)sum.bytes, now_s() - begin);
		return 0;
	}
	fprintf(stderr, "usage: traffic COMMAND ADDRESS PORT ...; see the source\n");
	return 2;
}
