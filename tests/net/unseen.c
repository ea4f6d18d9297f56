/* SPDX-License-Identifier: Apache-2.0 */
/* unseen.c - sends in the ways that the kernel's socket counters do not tell, and in
 * those that try to pass for the monitor.
 *
 *     unseen resets ADDRESS PORT COUNT BYTES PER_SECOND
 *         COUNT connections of BYTES each, acknowledged, then reset
 *     unseen reuse ADDRESS PORT COUNT BYTES PER_SECOND
 *         the same over one socket, which is connected anew each time
 *     unseen pings ADDRESS COUNT BYTES PER_SECOND
 *         ICMP echo requests with BYTES of payload
 *     unseen raw ADDRESS PROTOCOL COUNT BYTES PER_SECOND
 *         IPv4 packets of that protocol
 *     unseen frames INTERFACE COUNT BYTES PER_SECOND
 *         frames of BYTES, header included, from a packet socket
 *     unseen udplite ADDRESS PORT COUNT BYTES PER_SECOND
 *         UDP-Lite datagrams
 *     unseen serve ADDRESS PORT BYTES
 *         listens there and sends BYTES to the first who connects
 *     unseen from SOURCE SOURCE_PORT ADDRESS PORT BYTES
 *         one connection from that address and port
 *     unseen take ADDRESS PORT PATH COUNT PER_SECOND MSS
 *         COUNT HTTP requests for PATH ("-": none, only reads), each on a connection of
 *         its own with that maximum segment size (0: the usual)
 *
 * PER_SECOND 0 is as fast as it goes. The last line of stdout is "done COUNT BYTES",
 * where BYTES is of payload sent, or for `take` received. It exits with 1 if anything
 * was refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char payload[64 * 1024];
static unsigned long long done_count, done_bytes;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "unseen: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Waits until the next of so many a second is due. */
static void pace(double begin, double per_second)
{
	double left = begin + (double)done_count / per_second - now_s();

	if (per_second > 0 && left > 0) {
		struct timespec t = {.tv_sec = (time_t)left};

		t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
		nanosleep(&t, NULL);
	}
}

static struct sockaddr_in address_of(const char *text, const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)strtoul(port, NULL, 10))};

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1) {
		errno = EINVAL;
		die(text);
	}
	return a;
}

static int new_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		die("socket");
	return fd;
}

static void connect_to(int fd, const struct sockaddr_in *to)
{
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connect");
}

/* Sends, and waits until the other side has acknowledged it all. */
static void send_acknowledged(int fd, size_t bytes)
{
	int queued = 1;

	done_bytes += bytes;
	while (bytes > 0) {
		ssize_t sent =
		    send(fd, payload, bytes < sizeof(payload) ? bytes : sizeof(payload),
			 MSG_NOSIGNAL);

		if (sent < 0)
			die("send");
		bytes -= (size_t)sent;
	}
	while (queued > 0) {
		struct timespec moment = {.tv_nsec = 50000};

		if (ioctl(fd, SIOCOUTQ, &queued) < 0)
			die("SIOCOUTQ");
		if (queued > 0)
			nanosleep(&moment, NULL);
	}
}

static void resets(const struct sockaddr_in *to, size_t bytes)
{
	const struct linger reset = {.l_onoff = 1};
	int fd = new_socket(AF_INET, SOCK_STREAM, 0);

	connect_to(fd, to);
	send_acknowledged(fd, bytes);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void reuse(const struct sockaddr_in *to, size_t bytes)
{
	static int fd = -1;
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	if (fd < 0)
		fd = new_socket(AF_INET, SOCK_STREAM, 0);
	connect_to(fd, to);
	send_acknowledged(fd, bytes);
	if (connect(fd, &nobody, sizeof(nobody)) < 0)
		die("disconnect");
}

static void send_datagram(int fd, const void *data, size_t bytes, const void *to,
			  socklen_t length)
{
	while (sendto(fd, data, bytes, 0, to, length) < 0)
		if (errno != ENOBUFS && errno != ECONNREFUSED)
			die("sendto");
	done_bytes += bytes;
}

static uint16_t checksum(const void *data, size_t length)
{
	const unsigned char *at = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	if (length & 1)
		sum += (uint32_t)at[length - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void ping(int fd, const struct sockaddr_in *to, size_t bytes)
{
	static char packet[64 * 1024];
	struct icmphdr head = {.type = ICMP_ECHO};

	head.un.echo.sequence = htons((uint16_t)done_count);
	memset(packet, 0, sizeof(head) + bytes);
	memcpy(packet, &head, sizeof(head));
	head.checksum = checksum(packet, sizeof(head) + bytes);
	memcpy(packet, &head, sizeof(head));
	send_datagram(fd, packet, sizeof(head) + bytes, to, sizeof(*to));
}

static void frame(int fd, const char *interface, size_t bytes)
{
	static const unsigned char broadcast[6] = {255, 255, 255, 255, 255, 255};
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(interface),
				 .sll_halen = 6};

	memcpy(to.sll_addr, broadcast, 6);
	memcpy(payload, broadcast, 6);
	payload[12] = (char)0x88; /* an Ethernet type for local experiments: IEEE 802 */
	payload[13] = (char)0xb5;
	send_datagram(fd, payload, bytes, &to, sizeof(to));
}

static void serve(const struct sockaddr_in *at, size_t bytes)
{
	int yes = 1, fd = new_socket(AF_INET, SOCK_STREAM, 0);
	char byte;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		die("bind");
	if (listen(fd, 1) < 0)
		die("listen");
	puts("ready");
	fflush(stdout);
	int client = accept(fd, NULL, NULL);
	if (client < 0)
		die("accept");
	send_acknowledged(client, bytes);
	shutdown(client, SHUT_WR);
	while (read(client, &byte, 1) > 0)
		;
	close(client);
	close(fd);
	done_count++;
}

static void send_from(const struct sockaddr_in *here, const struct sockaddr_in *to,
		      size_t bytes)
{
	int yes = 1, fd = new_socket(AF_INET, SOCK_STREAM, 0);
	char byte;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)here, sizeof(*here)) < 0)
		die("bind");
	connect_to(fd, to);
	send_acknowledged(fd, bytes);
	shutdown(fd, SHUT_WR);
	while (read(fd, &byte, 1) > 0)
		;
	close(fd);
	done_count++;
}

static void take(const struct sockaddr_in *from, const char *path, int mss)
{
	char request[256];
	int fd = new_socket(AF_INET, SOCK_STREAM, 0);
	ssize_t got;

	if (mss > 0 && setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss)) < 0)
		die("TCP_MAXSEG");
	connect_to(fd, from);
	if (strcmp(path, "-") != 0) {
		int length = snprintf(request, sizeof(request),
				      "GET %s HTTP/1.0\r\nHost: x\r\n\r\n", path);

		if (send(fd, request, (size_t)length, MSG_NOSIGNAL) != length)
			die("send");
	}
	while ((got = read(fd, payload, sizeof(payload))) > 0)
		done_bytes += (unsigned long long)got;
	close(fd);
}

/* What the words after the command are. */
struct task {
	struct sockaddr_in to;
	const char *interface, *path;
	unsigned long count;
	size_t bytes;
	double per_second;
	int fd, mss;
};

static void run(const char *command, const struct task *t)
{
	const double begin = now_s();

	for (; done_count < t->count; done_count++) {
		pace(begin, t->per_second);
		if (strcmp(command, "resets") == 0)
			resets(&t->to, t->bytes);
		else if (strcmp(command, "reuse") == 0)
			reuse(&t->to, t->bytes);
		else if (strcmp(command, "pings") == 0)
			ping(t->fd, &t->to, t->bytes);
		else if (strcmp(command, "frames") == 0)
			frame(t->fd, t->interface, t->bytes);
		else if (strcmp(command, "take") == 0)
			take(&t->to, t->path, t->mss);
		else
			send_datagram(t->fd, payload, t->bytes, &t->to, sizeof(t->to));
	}
}

static void set_pace(struct task *t, char **words)
{
	t->count = strtoul(words[0], NULL, 10);
	t->bytes = strtoul(words[1], NULL, 10);
	t->per_second = strtod(words[2], NULL);
}

static _Noreturn void usage(void)
{
	fputs("unseen: see the head of unseen.c for its commands\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	struct task t = {.fd = -1};

	if (argc == 7 && (!strcmp(command, "resets") || !strcmp(command, "reuse"))) {
		t.to = address_of(argv[2], argv[3]);
		set_pace(&t, argv + 4);
	} else if (argc == 6 && !strcmp(command, "pings")) {
		t.to = address_of(argv[2], "0");
		t.fd = new_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
		set_pace(&t, argv + 3);
	} else if (argc == 7 && !strcmp(command, "raw")) {
		t.to = address_of(argv[2], "0");
		t.fd = new_socket(AF_INET, SOCK_RAW, (int)strtol(argv[3], NULL, 10));
		set_pace(&t, argv + 4);
	} else if (argc == 6 && !strcmp(command, "frames")) {
		t.interface = argv[2];
		t.fd = new_socket(AF_PACKET, SOCK_RAW, 0);
		set_pace(&t, argv + 3);
	} else if (argc == 7 && !strcmp(command, "udplite")) {
		t.to = address_of(argv[2], argv[3]);
		t.fd = new_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
		set_pace(&t, argv + 4);
	} else if (argc == 8 && !strcmp(command, "take")) {
		t.to = address_of(argv[2], argv[3]);
		t.path = argv[4];
		t.count = strtoul(argv[5], NULL, 10);
		t.per_second = strtod(argv[6], NULL);
		t.mss = (int)strtol(argv[7], NULL, 10);
	} else if (argc == 5 && !strcmp(command, "serve")) {
		t.to = address_of(argv[2], argv[3]);
		serve(&t.to, strtoul(argv[4], NULL, 10));
	} else if (argc == 7 && !strcmp(command, "from")) {
		const struct sockaddr_in here = address_of(argv[2], argv[3]);

		t.to = address_of(argv[4], argv[5]);
		send_from(&here, &t.to, strtoul(argv[6], NULL, 10));
	} else {
		usage();
	}
	run(command, &t);
	printf("done %llu %llu\n", done_count, done_bytes);
	return 0;
}
