/* SPDX-License-Identifier: Apache-2.0 */
/* collector.c - the three sources together: when the sockets are scanned, what goes
 * into a sample, who failed.
 *
 * Each sample reads the links' counters and /proc/net/snmp, and snmp6 when packets
 * were sent that may be datagrams of IPv6. A scan of the sockets reads snmp6 as well,
 * and is taken when there is a reason: collect_request asks for it, more was sent than
 * the pod's background, connections were opened that nobody accounts for, or the last
 * one was a minute ago.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "collect/links/links.h"
#include "collect/protocols/protocols.h"
#include "collect/sockets/sockets.h"
#include "dormouse/collect.h"
#include "signals.h"
#include "source_states.h"
#include "unaccounted.h"

#define ADDRESSES_S 10 /* how old addresses may be at a scan */
#define HEARTBEAT_S 60

/* Of a link, with its header. Less than this cannot be several TCP segments that the
 * card is to cut up, which a link counts as one. */
#define PACKET_BYTES 1514

#define OPENS_TOLERATED 2 /* connections that may be unaccounted for without a scan */

struct collector {
	int epoll_fd;
	struct links *links;         /* NULL where the kernel refuses it */
	struct protocols *protocols; /* likewise */
	struct sockets *sockets;
	struct source_states sources;
	struct signals signals;
	struct unaccounted_marks unaccounted_marks;
	struct unaccounted unaccounted; /* between the last two scans */
	struct unaccounted_log unaccounted_log;
	struct collect_totals totals;
	struct mark opens, opens_seen;                   /* at the last scan */
	struct mark sent_packets, sent_bytes, explained; /* at the last sample */
	double scanned_at;   /* monotonic seconds; the last scan */
	double addresses_at; /* likewise, when addresses were last read */
	bool ever_scanned;
	struct link_sums until_sockets; /* see read_links_again() */
	bool by_octets;  /* the links' counters could not be read last time */
	bool scan_again; /* the last scan had a reason in the traffic */
	bool scanned;
	uint8_t boot_id[16];
};

static const struct protocol_counters no_protocols;
static struct link_table no_links;

static const struct link_table *book_of(const struct collector *c)
{
	return c->links ? links_book(c->links) : &no_links;
}

static const struct protocol_counters *counters_of(const struct collector *c)
{
	return c->protocols ? protocols_counters(c->protocols) : &no_protocols;
}

/* Takes over what the sockets say of themselves. */
static void note_sockets(struct collector *c)
{
	static const enum collector_source both[] = {COLLECTOR_SOCKETS,
						     COLLECTOR_SOCKET_EVENTS};
	size_t i;

	for (i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		bool ok = sockets_ok(c->sockets, both[i]);

		source_states_note(&c->sources, both[i], ok, NULL);
		if (!ok)
			fail(&c->sources.of[both[i]].reason, "%s",
			     sockets_failure(c->sockets, both[i]));
	}
}

/* The totals that are signals. Opens are the sockets' own count, which is ahead of the
 * signal, but for those that the kernel's counter told while sockets could not be read.
 */
static void refresh_signal_totals(struct collector *c)
{
	uint64_t opened = c->signals.value[SIGNAL_TCP_NEW_SOCKETS];

	if (opened > c->totals.tcp_opened)
		c->totals.tcp_opened = opened;
	c->totals.udp_tx_packets = c->signals.value[SIGNAL_UDP_TX_PACKETS];
	c->totals.udp_tx_bytes = c->signals.value[SIGNAL_UDP_TX_BYTES];
	c->totals.unaccounted_tx_bytes = c->signals.value[SIGNAL_UNACCOUNTED_TX_BYTES];
}

static void refresh_totals(struct collector *c)
{
	memset(&c->totals, 0, sizeof(c->totals));
	if (c->links) {
		c->totals.dumps_interrupted = links_totals(c->links)->dumps_interrupted;
		c->totals.receive_buffers_grown = links_totals(c->links)->buffers_grown;
		c->totals.links_untracked = links_book(c->links)->untracked;
		c->totals.interfaces_matched = links_book(c->links)->count;
	}
	sockets_totals(c->sockets, &c->totals);
	refresh_signal_totals(c);
}

/* Reads the links' counters. Returns whether they could be read. */
static bool read_links(struct collector *c)
{
	struct error err;
	bool read;

	if (!c->links)
		return false;
	read = links_read(c->links, &err) == 0;
	source_states_note(&c->sources, COLLECTOR_LINKS,
			   read && !links_lack(c->links, &err), &err);
	return read;
}

/* What was sent and received: by the links, else by the octets of IP. */
static void read_volume(struct collector *c)
{
	bool by_octets = !read_links(c);

	if (by_octets != c->by_octets)
		signals_volume_anew(&c->signals);
	c->by_octets = by_octets;
	if (!by_octets) {
		signals_from_links(&c->signals, &links_book(c->links)->flowed,
				   &c->totals.own);
	} else if (c->protocols) {
		protocols_read_ip(c->protocols);
		protocols_read_ip6(c->protocols);
		signals_from_octets(&c->signals, protocols_counters(c->protocols),
				    &c->totals.own);
	}
}

/* Links and snmp, and the signals that they alone make. Protocols are read first, so
 * that a datagram that they count is on its link by the time that is read. */
static void read_counters(struct collector *c)
{
	struct error err;

	/* Before the links: what they are behind by is not taken off them. */
	c->totals.own = *sockets_own_traffic(c->sockets);
	if (c->protocols)
		source_states_note(&c->sources, COLLECTOR_PROTOCOLS,
				   protocols_read(c->protocols, &err) == 0, &err);
	read_volume(c);
	sockets_process_events(c->sockets);
}

/* Whether more connections were opened since the last scan than have been seen to
 * end. An attempt carries few bytes: thousands of them hide in a pod's background. */
static bool opens_unexplained(const struct collector *c)
{
	const struct protocol_counters *p = counters_of(c);
	uint64_t opened, seen = sockets_opens_seen(c->sockets);

	if (!protocol_has(p, TCP_ACTIVE_OPENS) || !c->opens.made)
		return false;
	if (sockets_opens_doubted(c->sockets))
		return true;
	opened = p->value[TCP_ACTIVE_OPENS] - c->opens.at;
	return opened > seen - c->opens_seen.at + OPENS_TOLERATED;
}

/* Whether packets were sent since the last sample, over links or loopback, that are not
 * all TCP's and IPv4's UDP. Then snmp6 tells how many were IPv6's UDP; reading it costs
 * as much as all the rest of a quiet pod's sample. */
static bool packets_unexplained(struct collector *c)
{
	const struct protocol_counters *p = counters_of(c);
	const struct link_table *links = book_of(c);
	uint64_t packets = mark_move(&c->sent_packets, links->flowed.tx_packets +
							   links->loopback_packets);
	uint64_t bytes = mark_move(&c->sent_bytes, links->flowed.tx_bytes);
	uint64_t known = mark_move(&c->explained, p->value[TCP_OUT_SEGS] +
						      p->value[UDP_OUT_DATAGRAMS] +
						      p->value[UDPLITE_OUT_DATAGRAMS]);

	return packets != known || bytes > PACKET_BYTES;
}

/* Whether to scan the sockets now. Traffic that was a reason is so once more at the
 * sample after it, for the connections whose end the kernel tells a moment later. */
static bool scan_needed(struct collector *c, const struct collect_request *request,
			uint64_t sent_before)
{
	bool traffic = c->signals.value[SIGNAL_TX_BYTES] - sent_before >
			   request->background_bytes ||
		       opens_unexplained(c);
	bool again = c->scan_again;

	c->scan_again = traffic;
	return traffic || again || request->scan_sockets || !c->ever_scanned ||
	       clock_monotonic() - c->scanned_at >= HEARTBEAT_S;
}

/* The sockets' bytes are from some moment between two readings of the links: takes what
 * flowed up to the middle, for what is made of both. What flowed since goes into the
 * next sample. */
static void read_links_again(struct collector *c)
{
	struct link_sums before = book_of(c)->flowed;
	const struct link_sums *after = &book_of(c)->flowed;
	struct error ignored; /* the next sample's reading tells */

	if (c->links)
		links_read(c->links, &ignored);
	c->until_sockets.tx_bytes = (after->tx_bytes - before.tx_bytes) / 2;
	c->until_sockets.tx_packets = (after->tx_packets - before.tx_packets) / 2;
}

/* Addresses come late (IPv6's after a second or two) and seldom. */
static void refresh_addresses(struct collector *c)
{
	double now = clock_monotonic();

	if (!c->links || (c->addresses_at > 0 && now - c->addresses_at < ADDRESSES_S))
		return;
	links_addresses(c->links, sockets_own_addresses(c->sockets));
	c->addresses_at = now;
}

/* snmp6 and the sockets. */
static void scan_sockets(struct collector *c, const struct collect_request *request)
{
	const struct protocol_counters *p = counters_of(c);

	if (c->protocols)
		protocols_read_ip6(c->protocols);
	if (protocol_has(p, TCP_ACTIVE_OPENS))
		sockets_note_active_opens(c->sockets, p->value[TCP_ACTIVE_OPENS]);
	refresh_addresses(c);
	c->scanned = sockets_look(c->sockets, request->time);
	read_links_again(c);
	c->scanned_at = clock_monotonic();
	c->ever_scanned = true;
	if (protocol_has(p, TCP_ACTIVE_OPENS))
		mark_move(&c->opens, p->value[TCP_ACTIVE_OPENS]);
	mark_move(&c->opens_seen, sockets_opens_seen(c->sockets));
}

static void take_unaccounted(struct collector *c)
{
	unaccounted_take(&c->unaccounted_marks, counters_of(c),
			 c->signals.value[SIGNAL_UNACCOUNTED_TX_BYTES],
			 book_of(c)->flowed.tx_packets + book_of(c)->loopback_packets,
			 &c->unaccounted);
}

/* The signals of TCP and UDP, as far as this sample went. */
static void add_transports(struct collector *c, bool scans, double time)
{
	const struct protocol_counters *p = counters_of(c);
	const struct tcp_payload tcp = {c->totals.tcp_tx_bytes,
					sockets_tcp_tx_again(c->sockets)};
	bool counted = c->protocols && !c->sources.of[COLLECTOR_PROTOCOLS].failed;
	bool bytes = c->scanned && !c->sources.of[COLLECTOR_SOCKETS].failed;

	if (bytes)
		signals_from_sockets(&c->signals, &c->totals,
				     sockets_tcp_tx_packets(c->sockets), p,
				     &c->totals.own);
	else if (c->sources.of[COLLECTOR_SOCKETS].failed && counted)
		signals_from_snmp(&c->signals, p, &c->totals.own);
	if (c->scanned && !bytes)
		signals_from_table(&c->signals, &c->totals, p);
	if (counted)
		signals_udp_packets(&c->signals, p, book_of(c)->flowed.tx_packets,
				    book_of(c)->loopback_packets);
	if (!scans)
		return;
	signals_from_span(&c->signals, p, bytes ? &tcp : NULL, &c->until_sockets,
			  clock_monotonic());
	take_unaccounted(c);
	unaccounted_note(&c->unaccounted_log, time, &c->unaccounted);
}

void collector_sample(struct collector *c, const struct collect_request *request,
		      struct sample *sample)
{
	uint64_t sent_before = c->signals.value[SIGNAL_TX_BYTES];
	bool scans, unexplained;

	signals_begin(&c->signals);
	c->scanned = false;
	read_counters(c);
	scans = scan_needed(c, request, sent_before);
	unexplained = packets_unexplained(c);
	if (scans)
		scan_sockets(c, request);
	else if (unexplained && c->protocols)
		protocols_read_ip6(c->protocols);
	note_sockets(c);
	refresh_totals(c);
	add_transports(c, scans, request->time);
	refresh_signal_totals(c);

	sample->time = request->time;
	sample->present = c->signals.present;
	memcpy(sample->value, c->signals.value, sizeof(sample->value));
}

/* "0123abcd-..." as 16 bytes. Zeros where it cannot be read. */
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

static int wake_on_netlink(struct collector *c, int fd, struct error *err)
{
	return fd < 0 ? 0 : wake_on(c->epoll_fd, fd, err);
}

/* Makes the marks from which everything counts. */
static void begin(struct collector *c)
{
	const struct own_traffic nothing = {0};
	const struct tcp_payload tcp = {c->totals.tcp_tx_bytes,
					sockets_tcp_tx_again(c->sockets)};
	const struct protocol_counters *p = counters_of(c);
	struct error err;

	if (c->protocols) {
		source_states_note(&c->sources, COLLECTOR_PROTOCOLS,
				   protocols_read(c->protocols, &err) == 0, &err);
		protocols_read_ip6(c->protocols);
		if (!c->links)
			protocols_read_ip(c->protocols);
		c->by_octets = !c->links;
	}
	signals_from_links(&c->signals, &book_of(c)->flowed, &nothing);
	signals_from_octets(&c->signals, p, &nothing);
	signals_from_sockets(&c->signals, &c->totals,
			     sockets_tcp_tx_packets(c->sockets), p, &nothing);
	signals_udp_packets(&c->signals, p, book_of(c)->flowed.tx_packets,
			    book_of(c)->loopback_packets);
	signals_from_span(&c->signals, p, &tcp, &c->until_sockets, clock_monotonic());
	take_unaccounted(c);
	signals_begin(&c->signals);
	if (protocol_has(p, TCP_ACTIVE_OPENS))
		mark_move(&c->opens, p->value[TCP_ACTIVE_OPENS]);
	mark_move(&c->opens_seen, sockets_opens_seen(c->sockets));
}

/* Opens the sources; those that the kernel refuses are noted. */
static int open_sources(struct collector *c, const struct collect_options *options,
			struct error *err)
{
	struct error reason;

	c->links = links_open(options->interfaces, &reason);
	source_states_note(&c->sources, COLLECTOR_LINKS,
			   c->links && !links_lack(c->links, &reason), &reason);
	c->protocols = protocols_open(&reason);
	source_states_note(&c->sources, COLLECTOR_PROTOCOLS, c->protocols != NULL,
			   &reason);
	c->sockets = sockets_open(options, 0, err);
	if (!c->sockets)
		return -1;
	note_sockets(c);
	if (!c->links && !c->protocols && c->sources.of[COLLECTOR_SOCKETS].failed)
		return fail(err, "nothing of the network can be read: %s",
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
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll_fd < 0) {
		fail_errno(err, errno, "make an epoll descriptor");
		goto failed;
	}
	if (open_sources(c, options, err) < 0)
		goto failed;
	if ((c->links && wake_on_netlink(c, links_fd(c->links), err) < 0) ||
	    wake_on_netlink(c, sockets_event_fd(c->sockets), err) < 0)
		goto failed;
	read_boot_id(c->boot_id);
	begin(c);
	refresh_totals(c);
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

int collector_fd(const struct collector *c)
{
	return c->epoll_fd;
}

void collector_process(struct collector *c)
{
	if (c->links)
		links_process(c->links);
	sockets_process_events(c->sockets);
	note_sockets(c);
	refresh_totals(c);
}

void collector_own_socket(struct collector *c, int fd, bool closing)
{
	sockets_own(c->sockets, fd, closing);
}

bool collector_ok(const struct collector *c, enum collector_source source)
{
	return !c->sources.of[source].failed;
}

bool collector_complaint(struct collector *c, struct error *complaint)
{
	return source_states_complaint(&c->sources, complaint) ||
	       (c->links && links_complaint(c->links, complaint));
}

const struct collect_totals *collector_totals(const struct collector *c)
{
	return &c->totals;
}

const struct link_counters *collector_links(const struct collector *c, size_t *count)
{
	*count = link_book_shown(book_of(c));
	return book_of(c)->links;
}

const struct container_counters *collector_containers(const struct collector *c,
						      size_t *count)
{
	return sockets_containers(c->sockets, count);
}

void collector_traffic(struct collector *c, struct traffic_view *view)
{
	*view = (struct traffic_view){.scanned = c->scanned};
	view->links = collector_links(c, &view->link_count);
	view->containers = collector_containers(c, &view->container_count);
	if (!view->scanned)
		return;
	view->scan.flows = sockets_flows(c->sockets, &view->scan.flow_count);
	view->scan.unaccounted = c->unaccounted;
}

void collector_moved_since(const struct collector *c, double since, double seen_until,
			   struct flow *flows, size_t max, struct traffic_span *moved)
{
	moved->flows = flows;
	moved->flow_count =
	    sockets_flows_since(c->sockets, since, seen_until, flows, max);
	moved->unaccounted = unaccounted_since(&c->unaccounted_log,
					       since > seen_until ? since : seen_until);
}

void collector_epoch(const struct collector *c, struct collect_epoch *epoch)
{
	struct stat about;

	memset(epoch, 0, sizeof(*epoch));
	if (stat("/proc/self/ns/net", &about) == 0)
		epoch->netns_inode = about.st_ino;
	memcpy(epoch->boot_id, c->boot_id, sizeof(epoch->boot_id));
	epoch->link_identity = link_book_identity(book_of(c));
}

void collector_link_sums(const struct collector *c, struct link_sums *sums)
{
	link_book_sums(book_of(c), sums);
}
