/* SPDX-License-Identifier: Apache-2.0 */
/* namespace_fixture.h - for tests that need the kernel: a network namespace of the
 * test's own, links in it, and what the kernel itself says of their counters. */
#ifndef TESTS_SUPPORT_NAMESPACE_FIXTURE_H
#define TESTS_SUPPORT_NAMESPACE_FIXTURE_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Moves this process into a new network namespace without IPv6 chatter. False when it
 * is not allowed to: then the test skips. */
static inline int own_namespace_enter(void)
{
	int fd;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: needs root to make a network namespace\n");
		return 0;
	}
	fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);
	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			perror("disable_ipv6");
		close(fd);
	}
	return 1;
}

/* Runs a shell command and returns its status. */
__attribute__((format(printf, 1, 2))) static inline int shell(const char *format, ...)
{
	char command[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return length < (int)sizeof(command) ? system(command) : -1;
}

/* Makes a veth pair that carries from its first frame on. An end that comes up before
 * its peer has no carrier yet, and is given its queue by the kernel's link watch some
 * time later: until then what it sends is dropped and called sent
 * (net/core/link_watch.c). True if both ends are up within ten seconds. */
static inline int make_veth(const char *name, const char *peer)
{
	return shell("ip link add name %s type veth peer name %s && "
		     "ip link set dev %s up && ip link set dev %s up && "
		     "for i in $(seq 500); do "
		     "ip -o link show dev %s | grep -q 'state UP' && exit 0; "
		     "sleep 0.02; done; exit 1",
		     name, peer, peer, name, peer) == 0;
}

/* The counters of one link as /proc/net/dev gives them. */
struct kernel_counters {
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

/* Returns 0, or -1 when there is no such link. */
static inline int kernel_counters(const char *name, struct kernel_counters *k)
{
	uint64_t field[16];
	char line[512];
	int found = -1;
	FILE *f = fopen("/proc/self/net/dev", "re");

	while (f && found < 0 && fgets(line, sizeof(line), f)) {
		char *at = line + strspn(line, " ");
		size_t length = strlen(name), i;

		if (strncmp(at, name, length) != 0 || at[length] != ':')
			continue;
		at += length + 1;
		for (i = 0; i < 16; i++)
			field[i] = strtoull(at, &at, 10);
		*k = (struct kernel_counters){field[0], field[1], field[2],  field[3],
					      field[8], field[9], field[10], field[11]};
		found = 0;
	}
	if (f)
		fclose(f);
	return found;
}

/* Sends `count` raw frames of `length` bytes, header included, out of that link. */
static inline int send_frames(const char *name, unsigned count, size_t length)
{
	static const unsigned char broadcast[6] = {255, 255, 255, 255, 255, 255};
	unsigned char frame[1514] = {0};
	struct sockaddr_ll to = {
	    .sll_family = AF_PACKET,
	    .sll_ifindex = (int)if_nametoindex(name),
	    .sll_halen = 6,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int result = fd < 0 ? -1 : 0;
	int yes = 1;

	/* A link that has just come up has no queue yet and drops without a word. */
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0)
		result = -1;
	memcpy(frame, broadcast, 6);
	frame[12] = 0x88; /* an Ethernet type for local experiments: IEEE 802 */
	frame[13] = 0xb5;
	while (result == 0 && count-- > 0)
		if (sendto(fd, frame, length, 0, (struct sockaddr *)&to, sizeof(to)) <
		    0)
			result = -1;
	if (fd >= 0)
		close(fd);
	return result;
}

#endif
