/* SPDX-License-Identifier: Apache-2.0 */
/* collector_open.c - opens the sources and sets the bases of their counters. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "collector_parts.h"

/* Until links that could not be opened at all are tried again. */
#define LINKS_RETRY_S 10

/* Reads "0123abcd-..." as 16 bytes. Zeros if it cannot be read. */
static void read_boot_id(uint8_t id[16])
{
	char text[64];
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	unsigned nibbles = 0;
	ssize_t i;

	memset(id, 0, 16);
	for (i = 0; i < length && nibbles < 32; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			continue;
		id[nibbles / 2] = (uint8_t)(id[nibbles / 2] << 4 | (digit - digits));
		nibbles++;
	}
	if (fd >= 0)
		close(fd);
}

int collector_watch_links(struct collector *c, struct error *err)
{
	const int fd = c->links ? links_fd(c->links) : -1;

	if (fd == c->watched_fd || fd < 0)
		return 0;
	if (wake_on(c->epoll_fd, fd, err) < 0)
		return -1;
	c->watched_fd = fd;
	return 0;
}

bool collector_open_links(struct collector *c, struct error *err)
{
	c->links_retry_at = clock_monotonic() + LINKS_RETRY_S;
	c->links = links_open(c->options.interfaces, err);
	return c->links && !links_lack(c->links, err);
}

/* Sets the base of every counter. */
static void begin(struct collector *c)
{
	const struct own_traffic nothing = {0};
	const struct tcp_payload tcp = {c->totals.tcp_tx_bytes,
					sockets_tcp_tx_again(c->sockets),
					sockets_reports_late(c->sockets)};
	const struct failed_attempts failed = sockets_failed_attempts(c->sockets);
	const struct protocol_counters *p = collector_counters(c);
	struct error err;

	if (c->protocols) {
		source_states_note(&c->sources, COLLECTOR_PROTOCOLS,
				   protocols_read(c->protocols, &err) == 0, &err);
		protocols_read_ip6(c->protocols);
		protocols_read_netstat(c->protocols);
		c->by_octets = !c->links;
	}
	signals_from_links(&c->signals, &collector_table(c)->flowed, &nothing);
	signals_from_octets(&c->signals, p, &nothing);
	signals_from_sockets(&c->signals, &c->totals,
			     sockets_tcp_tx_packets(c->sockets), p, &nothing);
	signals_from_failed(&c->signals, &failed, p);
	signals_udp_packets(&c->signals, p, collector_table(c)->flowed.tx_packets,
			    collector_table(c)->loopback_packets);
	signals_from_span(&c->signals, p, &tcp, &c->until_sockets, clock_monotonic());
	collector_take_unaccounted(c);
	signals_begin(&c->signals);
	if (protocol_has(p, TCP_ACTIVE_OPENS))
		counter_moved(&c->opens, p->value[TCP_ACTIVE_OPENS]);
	counter_moved(&c->opens_seen, sockets_opens_seen(c->sockets));
}

/* Opens the sources and notes those that the kernel refuses. */
static int open_sources(struct collector *c, const struct collect_options *options,
			struct error *err)
{
	struct error reason;

	source_states_note(&c->sources, COLLECTOR_LINKS,
			   collector_open_links(c, &reason), &reason);
	c->protocols = protocols_open(&reason);
	source_states_note(&c->sources, COLLECTOR_PROTOCOLS,
			   c->protocols && protocols_read(c->protocols, &reason) == 0,
			   &reason);
	c->sockets = sockets_open(options, 0, err);
	if (!c->sockets)
		return -1;
	collector_note_sockets(c);
	if (!c->links && c->sources.of[COLLECTOR_PROTOCOLS].failed &&
	    c->sources.of[COLLECTOR_SOCKETS].failed)
		return fail(err, "cannot read any network counters: %s",
			    c->sources.of[COLLECTOR_LINKS].reason.text);
	return 0;
}

struct collector *collector_open(const struct collect_options *options,
				 struct error *err)
{
	struct collector *c = calloc(1, sizeof(*c));

	if (!c) {
		fail_memory(err, "the collector");
		return NULL;
	}
	c->options = *options;
	c->watched_fd = -1;
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll_fd < 0) {
		fail_errno(err, errno, "create an epoll descriptor");
		goto failed;
	}
	if (open_sources(c, options, err) < 0)
		goto failed;
	if (collector_watch_links(c, err) < 0 ||
	    wake_on(c->epoll_fd, sockets_event_fd(c->sockets), err) < 0)
		goto failed;
	begin(c);
	collector_refresh_totals(c);
	return c;
failed:
	collector_close(c);
	return NULL;
}

void collector_close(struct collector *c)
{
	if (!c)
		return;
	sockets_close(c->sockets);
	protocols_close(c->protocols);
	links_close(c->links);
	if (c->epoll_fd >= 0)
		close(c->epoll_fd);
	free(c);
}

static bool is_zero(const uint8_t id[16])
{
	static const uint8_t zeros[16];

	return memcmp(id, zeros, sizeof(zeros)) == 0;
}

bool collector_epoch(struct collector *c, struct collect_epoch *epoch)
{
	struct stat about;

	memset(epoch, 0, sizeof(*epoch));
	if (stat("/proc/self/ns/net", &about) == 0)
		epoch->netns_inode = about.st_ino;
	if (is_zero(c->boot_id))
		read_boot_id(c->boot_id);
	memcpy(epoch->boot_id, c->boot_id, sizeof(epoch->boot_id));
	epoch->link_identity = link_table_identity(collector_table(c));
	return epoch->netns_inode != 0 && !is_zero(c->boot_id) &&
	       collector_ok(c, COLLECTOR_LINKS);
}
