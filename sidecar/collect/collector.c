/* SPDX-License-Identifier: Apache-2.0 */
/* collector.c - combines the three sources: when sockets are scanned, what a sample
 * contains, which source failed.
 *
 * A sample reads the links' counters and /proc/net/snmp, and also snmp6 when the
 * packets sent may be IPv6 datagrams. A socket scan adds snmp6 and the sockets. A scan
 * is made if collect_request asks for it, if more was sent than the pod's background,
 * if connections were opened that are not accounted for, or if the last scan was a
 * minute ago; with --allow, also if anything new may be sent to.
 */
#include <string.h>

#include "base/clock.h"
#include "collect/sockets/known_peers.h"
#include "collector_parts.h"

#define ADDRESSES_S 10 /* maximum age of addresses at a socket scan */
#define HEARTBEAT_S 60

/* How long addresses are learnt before one counts as new, if those of earlier runs are
 * not known: an hour, as --learn has it. */
#define SEEN_LEARN_S 3600

/* Of a link, with its header. A smaller packet cannot be several TCP segments that the
 * card will split, which a link counts as one. */
#define PACKET_BYTES 1514

/* Unaccounted connections that are allowed without a socket scan. */
#define OPENS_BACKGROUND 2

static const struct protocol_counters no_protocols;
static struct link_table no_links;

const struct link_table *collector_table(const struct collector *c)
{
	return c->links ? links_table(c->links) : &no_links;
}

const struct protocol_counters *collector_counters(const struct collector *c)
{
	return c->protocols ? protocols_counters(c->protocols) : &no_protocols;
}

void collector_note_sockets(struct collector *c)
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

/* Updates the totals that are signals. The sockets' own count of opened connections is
 * ahead of the signal, except for those that the kernel's counter added while sockets
 * could not be read. */
static void refresh_signal_totals(struct collector *c)
{
	uint64_t opened = c->signals.value[SIGNAL_TCP_NEW_SOCKETS];

	if (opened > c->totals.tcp_opened)
		c->totals.tcp_opened = opened;
	c->totals.udp_tx_packets = c->signals.value[SIGNAL_UDP_TX_PACKETS];
	c->totals.udp_tx_bytes = c->signals.value[SIGNAL_UDP_TX_BYTES];
	c->totals.unaccounted_tx_bytes = c->signals.value[SIGNAL_UNACCOUNTED_TX_BYTES];
	c->totals.tcp_failed = c->signals.value[SIGNAL_TCP_FAILED_CONNECTIONS];
}

void collector_refresh_totals(struct collector *c)
{
	memset(&c->totals, 0, sizeof(c->totals));
	if (c->links) {
		c->totals.dumps_interrupted = links_totals(c->links).dumps_interrupted;
		c->totals.receive_buffers_grown = links_totals(c->links).buffers_grown;
		c->totals.links_untracked = links_table(c->links)->untracked;
		c->totals.interfaces_matched = links_table(c->links)->count;
	}
	sockets_totals(c->sockets, &c->totals);
	refresh_signal_totals(c);
}

/* Reads the links' counters. Returns whether they could be read. */
static bool read_links(struct collector *c)
{
	struct error err, ignored;
	bool read;

	if (!c->links && clock_monotonic() >= c->links_retry_at)
		source_states_note(&c->sources, COLLECTOR_LINKS,
				   collector_open_links(c, &err), &err);
	if (!c->links)
		return false;
	read = links_read(c->links, &err) == 0;
	source_states_note(&c->sources, COLLECTOR_LINKS,
			   read && !links_lack(c->links, &err), &err);
	/* Without it changes are read at the next sample. */
	collector_watch_links(c, &ignored);
	return read;
}

/* Reads the traffic: from the links, else from the octets of IP. */
static void read_volume(struct collector *c)
{
	bool by_octets = !read_links(c);

	if (by_octets != c->by_octets)
		signals_volume_anew(&c->signals);
	c->by_octets = by_octets;
	if (!by_octets) {
		signals_from_links(&c->signals, &links_table(c->links)->flowed,
				   &c->totals.own);
	} else if (c->protocols) {
		protocols_read_netstat(c->protocols);
		protocols_read_ip6(c->protocols);
		signals_from_octets(&c->signals, protocols_counters(c->protocols),
				    &c->totals.own);
	}
}

/* Reads links and snmp, and sets the signals that need only these. Protocols are read
 * first, so that each datagram that they count is already in the link's counter. */
static void read_counters(struct collector *c)
{
	struct error err;

	/* Own traffic is read before the links, so that the links already count all
	 * that is subtracted from them. */
	c->totals.own = *sockets_own_traffic(c->sockets);
	if (c->protocols)
		source_states_note(&c->sources, COLLECTOR_PROTOCOLS,
				   protocols_read(c->protocols, &err) == 0, &err);
	read_volume(c);
	sockets_process_events(c->sockets);
}

/* Whether more connections were opened since the last socket scan than were seen to
 * end, by more than `background`. An attempt sends few bytes: thousands of them fit in
 * a pod's background. */
static bool opens_unexplained(const struct collector *c, unsigned background)
{
	const struct protocol_counters *p = collector_counters(c);
	uint64_t opened, seen = sockets_opens_seen(c->sockets);

	if (!protocol_has(p, TCP_ACTIVE_OPENS) || !c->opens.is_set)
		return false;
	if (sockets_opens_doubted(c->sockets))
		return true;
	opened = p->value[TCP_ACTIVE_OPENS] - c->opens.value;
	return opened > seen - c->opens_seen.value + background;
}

/* Whether the packets sent since the last sample, over links or loopback, are not all
 * TCP and IPv4 UDP. Then snmp6 gives the number of IPv6 UDP datagrams; reading it costs
 * as much as the rest of a quiet pod's sample. */
static bool packets_unexplained(struct collector *c)
{
	const struct protocol_counters *p = collector_counters(c);
	const struct link_table *links = collector_table(c);
	uint64_t packets = counter_moved(&c->sent_packets, links->flowed.tx_packets +
							       links->loopback_packets);
	uint64_t bytes = counter_moved(&c->sent_bytes, links->flowed.tx_bytes);
	uint64_t known = counter_moved(
	    &c->explained, p->value[TCP_OUT_SEGS] + p->value[UDP_OUT_DATAGRAMS] +
			       p->value[UDPLITE_OUT_DATAGRAMS]);

	return packets != known || bytes > PACKET_BYTES;
}

static uint64_t datagrams_sent(const struct collector *c)
{
	const struct protocol_counters *p = collector_counters(c);

	return p->value[UDP_OUT_DATAGRAMS] + p->value[UDPLITE_OUT_DATAGRAMS];
}

/* With --allow each new destination counts, however little goes there: whether there
 * may be one. Packets that nothing explains may be IPv6 datagrams. */
static bool may_be_elsewhere(const struct collector *c, bool packets_unexplained)
{
	return c->options.allow &&
	       (packets_unexplained || sockets_outside_waits(c->sockets) ||
		opens_unexplained(c, 0) || datagrams_sent(c) != c->datagrams.value);
}

/* Whether to scan the sockets now. After a scan caused by traffic the next sample scans
 * again, because the kernel reports the end of some connections a moment later. */
static bool scan_needed(struct collector *c, const struct collect_request *request,
			uint64_t sent_before, bool packets_unexplained)
{
	bool traffic = c->signals.value[SIGNAL_TX_BYTES] - sent_before >
			   request->background_bytes ||
		       opens_unexplained(c, OPENS_BACKGROUND) ||
		       may_be_elsewhere(c, packets_unexplained);
	bool again = c->scan_again;

	c->scan_again = traffic;
	return traffic || again || request->scan_sockets || !c->ever_scanned ||
	       clock_monotonic() - c->scanned_at >= HEARTBEAT_S;
}

/* The sockets' bytes are from some moment between two readings of the links: adds half
 * of the links' traffic between these readings to the signals that use both sources.
 * The next sample's link signals count all of it. */
static void read_links_again(struct collector *c)
{
	struct link_sums before = collector_table(c)->flowed;
	const struct link_sums *after = &collector_table(c)->flowed;
	struct error ignored; /* the next sample reports it */

	if (c->links)
		links_read(c->links, &ignored);
	c->until_sockets.tx_bytes = (after->tx_bytes - before.tx_bytes) / 2;
	c->until_sockets.tx_packets = (after->tx_packets - before.tx_packets) / 2;
}

/* Addresses appear late (IPv6's after a second or two) and change rarely. */
static void refresh_addresses(struct collector *c)
{
	double now = clock_monotonic();

	if (!c->links || (c->addresses_at > 0 && now - c->addresses_at < ADDRESSES_S))
		return;
	links_addresses(c->links, sockets_own_addresses(c->sockets));
	c->addresses_at = now;
}

/* Scans snmp6 and the sockets. */
static void scan_sockets(struct collector *c, const struct collect_request *request)
{
	const struct protocol_counters *p = collector_counters(c);

	if (c->protocols)
		protocols_read_ip6(c->protocols);
	if (protocol_has(p, TCP_ACTIVE_OPENS))
		sockets_note_active_opens(c->sockets, p->value[TCP_ACTIVE_OPENS]);
	refresh_addresses(c);
	c->scanned = sockets_scan(c->sockets, request->time);
	read_links_again(c);
	c->scanned_at = clock_monotonic();
	c->ever_scanned = true;
	if (protocol_has(p, TCP_ACTIVE_OPENS))
		counter_moved(&c->opens, p->value[TCP_ACTIVE_OPENS]);
	counter_moved(&c->opens_seen, sockets_opens_seen(c->sockets));
	counter_moved(&c->datagrams, datagrams_sent(c));
}

void collector_take_unaccounted(struct collector *c)
{
	unaccounted_take(&c->unaccounted_bases, collector_counters(c),
			 c->signals.value[SIGNAL_UNACCOUNTED_TX_BYTES],
			 collector_table(c)->flowed.tx_packets +
			     collector_table(c)->loopback_packets,
			 &c->unaccounted);
}

/* Sets tcp_failed_connections. netstat costs as much as the rest of a quiet pod's
 * sample; it is read only if the sockets' failed attempts do not explain the kernel's
 * count. */
static void add_failed(struct collector *c)
{
	const struct protocol_counters *p = collector_counters(c);
	struct failed_attempts seen = sockets_failed_attempts(c->sockets);

	if (signals_failed_unexplained(&c->signals, &seen, p))
		protocols_read_netstat(c->protocols);
	if (protocol_has(p, TCP_ATTEMPT_FAILS) ||
	    sockets_ok(c->sockets, COLLECTOR_SOCKET_EVENTS))
		signals_from_failed(&c->signals, &seen, p);
}

/* Addresses of before the start are not known: those of the first hour are learnt, and
 * new_destinations is absent meanwhile. */
static void leave_out_destinations(struct collector *c)
{
	if (c->destinations_known_at == 0)
		return;
	if (clock_monotonic() < c->destinations_known_at) {
		c->signals.present &= ~(1u << SIGNAL_NEW_DESTINATIONS);
		return;
	}
	c->destinations_known_at = 0;
	sockets_seen_known(c->sockets);
}

/* Adds the signals of TCP and UDP that this sample's sources allow. */
static void add_transports(struct collector *c, bool scan, double time)
{
	const struct protocol_counters *p = collector_counters(c);
	const struct tcp_payload tcp = {c->totals.tcp_tx_bytes,
					sockets_tcp_tx_again(c->sockets),
					sockets_reports_late(c->sockets)};
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
	leave_out_destinations(c);
	add_failed(c);
	if (counted)
		signals_udp_packets(&c->signals, p,
				    collector_table(c)->flowed.tx_packets,
				    collector_table(c)->loopback_packets);
	if (!scan)
		return;
	signals_from_span(&c->signals, p, bytes ? &tcp : NULL, &c->until_sockets,
			  clock_monotonic());
	collector_take_unaccounted(c);
	unaccounted_note(&c->unaccounted_log, time, &c->unaccounted);
}

void collector_sample(struct collector *c, const struct collect_request *request,
		      struct sample *sample)
{
	uint64_t sent_before = c->signals.value[SIGNAL_TX_BYTES];
	bool scan, unexplained;

	signals_begin(&c->signals);
	c->scanned = false;
	read_counters(c);
	unexplained = packets_unexplained(c);
	scan = scan_needed(c, request, sent_before, unexplained);
	if (scan)
		scan_sockets(c, request);
	else if (unexplained && c->protocols)
		protocols_read_ip6(c->protocols);
	collector_note_sockets(c);
	collector_refresh_totals(c);
	add_transports(c, scan, request->time);
	refresh_signal_totals(c);

	sample->time = request->time;
	sample->present = c->signals.present;
	memcpy(sample->value, c->signals.value, sizeof(sample->value));
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
	collector_note_sockets(c);
	collector_refresh_totals(c);
}

void collector_own_socket(struct collector *c, int fd, bool closing)
{
	sockets_own(c->sockets, fd, closing);
}

const void *collector_seen_addresses(const struct collector *c, size_t *bytes)
{
	return sockets_seen_addresses(c->sockets, bytes);
}

bool collector_restore_seen_addresses(struct collector *c, const void *block,
				      size_t bytes)
{
	const bool taken = sockets_restore_seen_addresses(c->sockets, block, bytes);

	c->destinations_known_at = taken ? 0 : clock_monotonic() + SEEN_LEARN_S;
	return taken;
}

struct peers_noted collector_peers_noted(const struct collector *c)
{
	const struct known_peers *k = sockets_peers(c->sockets);

	return (struct peers_noted){k->kept.began, k->displaced};
}

size_t collector_peers(const struct collector *c, uint32_t numbers[PEERS_KNOWN_MAX])
{
	return known_peers_list(sockets_peers(c->sockets), numbers);
}

bool collector_peer(const struct collector *c, uint32_t number, struct known_peer *peer)
{
	return known_peers_get(sockets_peers(c->sockets), number, peer);
}

size_t collector_peer_prefixes(const struct collector *c, struct peer_prefix *out,
			       size_t max)
{
	return known_peers_prefixes(sockets_peers(c->sockets), out, max);
}

const void *collector_peers_block(const struct collector *c, size_t *bytes)
{
	const struct known_peers *k = sockets_peers(c->sockets);

	*bytes = sizeof(k->kept);
	return &k->kept;
}

bool collector_restore_peers(struct collector *c, const void *block, size_t bytes)
{
	return known_peers_restore(sockets_peers(c->sockets), block, bytes);
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
	*count = link_table_shown(collector_table(c));
	return collector_table(c)->links;
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
	view->outside.flows = sockets_outside(c->sockets, &view->outside.flow_count);
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

void collector_outside_since(const struct collector *c, double since, double seen_until,
			     struct flow *flows, size_t max, struct traffic_span *moved)
{
	*moved = (struct traffic_span){.flows = flows};
	moved->flow_count =
	    sockets_outside_since(c->sockets, since, seen_until, flows, max);
}

void collector_link_sums(const struct collector *c, struct link_sums *sums)
{
	link_table_sums(collector_table(c), sums);
}
