/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - combines the dumps and the events of sockets.
 *
 * Order matters. A scan reads the pending events first and dumps after: a socket that
 * was destroyed before its event was read is in no later dump, so no socket is counted
 * twice. The kernel sends events from a work queue, so a socket may be missing in the
 * dump before its event arrives; it is kept until a second dump misses it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "accounting.h"
#include "base/clock.h"
#include "own_sockets.h"
#include "socket_dumps.h"
#include "socket_events.h"
#include "sockets.h"

#define EVENT_BUFFER_BYTES (4u << 20)

struct sockets {
	struct socket_accounting accounting;
	struct own_sockets own;
	struct socket_dumps dumps;
	struct socket_events events;

	/* For adding the opens that were not seen. */
	bool knows_active_opens, has_settled;
	uint64_t active_opens; /* as last noted */
	int64_t never_seen;    /* ActiveOpens minus the opens that were seen */
	/* The increase of never_seen, its minimum and maximum since `doubted_at`. */
	int64_t doubt_least, doubt_most;
	double doubted_at;
	uint64_t doubted_opens; /* active_opens at that time */
	/* At the last time without unseen opens. */
	uint64_t settled_lost, settled_opened, settled_anywhere;

	/* Unseen opens that were added recently and may still be seen; those of them
	 * that went to other hosts. */
	uint64_t mended, mended_others;
	double mended_at;
	uint64_t opened; /* as reported: never decreases */
};

/* How long an open must remain unseen before it is added, seconds: the report of a
 * connection's end may be late. Of those that are added too early the ones to other
 * hosts are taken back, but one over loopback cannot be told from a socket that was
 * connected again: so none is added while reports are known to be late. */
#define DOUBT_S 1.0

/* Estimates how many of the unseen connections went to other hosts. If events were
 * lost, the share is that of the connections seen since no open was missing; a few
 * loopback connections among many (such as requests to the monitor's own status) do not
 * reduce it. If no event was lost, a socket was connected again: all of them count,
 * otherwise loopback connections would hide them. */
static uint64_t share_of_others(const struct sockets *s, uint64_t unseen)
{
	if (s->events.ok && s->events.tcp.lost == s->settled_lost)
		return unseen;
	uint64_t anywhere = s->accounting.opened_anywhere - s->settled_anywhere;
	uint64_t others = s->accounting.opened - s->settled_opened;

	if (anywhere == 0 || (anywhere - others) * 20 < anywhere)
		return unseen;
	return (uint64_t)((double)unseen * (double)others / (double)anywhere + 0.5);
}

static int64_t never_seen_now(const struct sockets *s)
{
	return (int64_t)(s->active_opens - s->accounting.opened_anywhere);
}

/* How many of the added opens have been seen later. */
static uint64_t seen_after_all(const struct sockets *s)
{
	int64_t over = s->never_seen - never_seen_now(s);

	if (over <= 0)
		return 0;
	return (uint64_t)over < s->mended ? (uint64_t)over : s->mended;
}

static uint64_t others_of(const struct sockets *s, uint64_t mended)
{
	return mended == 0 ? 0 : mended * s->mended_others / s->mended;
}

static void tell_opened(struct sockets *s)
{
	uint64_t opened = s->accounting.opened - others_of(s, seen_after_all(s));

	s->opened = opened > s->opened ? opened : s->opened;
}

/* Subtracts the added opens that have been seen since. */
static void take_back(struct sockets *s, double time)
{
	uint64_t over = seen_after_all(s), others = others_of(s, over);

	s->accounting.opened -= others;
	s->accounting.opened_anywhere -= over;
	s->mended -= over;
	s->mended_others -= others;
	/* Shares use the increase since these values, which must not be negative. */
	s->settled_opened -= s->settled_opened < others ? s->settled_opened : others;
	s->settled_anywhere -= s->settled_anywhere < over ? s->settled_anywhere : over;
	if (time - s->mended_at > REPORT_LATE_S || time < s->mended_at)
		s->mended = s->mended_others = 0;
}

static void add_unseen(struct sockets *s, uint64_t unseen, double time)
{
	uint64_t others = share_of_others(s, unseen);

	accounting_add_opened(&s->accounting, others, unseen);
	s->mended += unseen;
	s->mended_others += others;
	s->mended_at = time;
}

static void begin_doubt(struct sockets *s, int64_t more, double time)
{
	s->doubt_least = s->doubt_most = more;
	s->doubted_at = time;
	s->doubted_opens = s->active_opens;
}

/* Kernel source: tcp_connect() counts ActiveOpens when it sends the SYN. An open that
 * the kernel counted and several scans did not see is an open whose event was lost, or
 * a socket that was connected again (to AF_UNSPEC and then elsewhere), which keeps its
 * inode and cookie. Without any source it is every open. The counter is read before the
 * sockets are scanned, so for a moment more opens can be seen than it counts. */
static void mend_opens(struct sockets *s, double time)
{
	struct socket_accounting *a = &s->accounting;

	if (!s->knows_active_opens)
		return;
	take_back(s, time);
	if (!s->has_settled)
		s->never_seen = never_seen_now(s);
	int64_t more = never_seen_now(s) - s->never_seen;
	if (!s->has_settled || time < s->doubted_at)
		begin_doubt(s, more, time);
	else if (!s->dumps.ok && !s->events.ok) /* no source can see them */
		begin_doubt(s, more, time - DOUBT_S);
	s->has_settled = true;
	s->doubt_least = more < s->doubt_least ? more : s->doubt_least;
	s->doubt_most = more > s->doubt_most ? more : s->doubt_most;
	if (time - s->doubted_at < DOUBT_S || accounting_awaits_reports(a))
		return;
	/* The scans may not have seen the most recent opens yet. */
	int64_t recent = (int64_t)(s->active_opens - s->doubted_opens);
	int64_t unseen =
	    more - recent < s->doubt_least ? more - recent : s->doubt_least;
	if (unseen > 0) {
		add_unseen(s, (uint64_t)unseen, time);
		more -= unseen;
	} else if (s->doubt_most < 0 && s->active_opens == s->doubted_opens) {
		/* The scan is not ahead of the counter: nothing was opened
		 * meanwhile. */
		s->never_seen += s->doubt_most;
		more -= s->doubt_most;
	}
	if (unseen > 0 || more <= 0) {
		s->settled_lost = s->events.tcp.lost;
		s->settled_opened = a->opened;
		s->settled_anywhere = a->opened_anywhere;
	}
	begin_doubt(s, more, time);
}

bool sockets_opens_doubted(const struct sockets *s)
{
	return s->has_settled && s->doubt_most > 0;
}

bool sockets_reports_late(const struct sockets *s)
{
	return s->accounting.due > 0 || accounting_awaits_reports(&s->accounting);
}

void sockets_note_active_opens(struct sockets *s, uint64_t active_opens)
{
	s->active_opens = active_opens;
	s->knows_active_opens = true;
}

bool sockets_scan(struct sockets *s, double time)
{
	socket_events_open(&s->events, time);
	socket_events_drain(&s->events);
	socket_events_prove(&s->events);
	enum dump_end outcome = socket_dumps_scan(&s->dumps, time);
	/* The next dump may show connections that this one missed; without any source
	 * it cannot. */
	if (outcome == DUMP_DONE || (!s->dumps.ok && !s->events.ok))
		mend_opens(s, time);
	tell_opened(s);
	return outcome != DUMP_FAILED || s->dumps.standing_in;
}

/* Reads the ephemeral port range of this namespace; leaves `ports` unchanged if it
 * cannot be read. */
static void read_ephemeral_ports(uint16_t ports[2])
{
	char text[32];
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	char *second, *end;
	unsigned long from = strtoul(text, &second, 10), to = strtoul(second, &end, 10);
	if (end == second || from > to || to > UINT16_MAX)
		return;
	ports[0] = (uint16_t)from;
	ports[1] = (uint16_t)to;
}

/* A hash seed that is hard to guess. */
static uint64_t random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == (ssize_t)sizeof(seed))
		return seed;
	return (uint64_t)clock_monotonic_ns();
}

struct sockets *sockets_open(const struct collect_options *options,
			     unsigned event_buffer_bytes, struct error *err)
{
	struct sockets *s = calloc(1, sizeof(*s));
	if (!s) {
		fail_memory(err, "sockets");
		return NULL;
	}
	if (event_buffer_bytes == 0)
		event_buffer_bytes = EVENT_BUFFER_BYTES;
	int code =
	    socket_events_init(&s->events, &s->accounting, event_buffer_bytes, err);
	if (code == 0)
		code = accounting_init(&s->accounting, options, random_seed(), err);
	read_ephemeral_ports(s->accounting.ephemeral);
	socket_dumps_init(&s->dumps, &s->accounting);
	own_sockets_init(&s->own, &s->accounting);
	if (code < 0) {
		sockets_close(s);
		return NULL;
	}
	sockets_scan(s, 0);
	return s;
}

void sockets_close(struct sockets *s)
{
	if (!s)
		return;
	socket_events_release(&s->events);
	socket_dumps_release(&s->dumps);
	accounting_release(&s->accounting);
	free(s);
}

int sockets_event_fd(const struct sockets *s)
{
	return s->events.epoll_fd;
}

void sockets_process_events(struct sockets *s)
{
	socket_events_process(&s->events);
	tell_opened(s);
}

struct address_set *sockets_own_addresses(struct sockets *s)
{
	return &s->accounting.own_addresses;
}

void sockets_own(struct sockets *s, int fd, bool closing)
{
	if (closing)
		own_sockets_closing(&s->own, fd);
	else
		own_sockets_note(&s->own, fd);
}

const struct own_traffic *sockets_own_traffic(struct sockets *s)
{
	own_sockets_refresh(&s->own);
	return &s->accounting.own;
}

void sockets_totals(const struct sockets *s, struct collect_totals *totals)
{
	const struct socket_accounting *a = &s->accounting;

	totals->tcp_tx_bytes = a->tx_bytes;
	totals->tcp_initiated_tx_bytes = a->initiated_tx_bytes;
	totals->tcp_opened = s->opened;
	totals->destinations = a->destination_count;
	totals->new_destinations = a->new_destinations;
	totals->own = a->own;
	totals->sockets_tracked = a->table.count;
	totals->sockets_untracked = a->untracked;
	totals->destinations_untracked = flows_untracked(a->flows);
	totals->socket_events = s->events.tcp.read;
	totals->socket_events_lost = s->events.tcp.lost;
	totals->udp_events_lost = s->events.udp.lost;
	totals->dumps = s->dumps.made;
	totals->dumps_interrupted += s->dumps.interrupted;
	totals->receive_buffers_grown +=
	    socket_events_grown(&s->events) + s->dumps.netlink.grown;
}

uint64_t sockets_tcp_tx_packets(const struct sockets *s)
{
	return s->accounting.tx_segments;
}

uint64_t sockets_tcp_tx_again(const struct sockets *s)
{
	return s->accounting.tx_again;
}

uint64_t sockets_opens_seen(const struct sockets *s)
{
	/* Loopback connections are counted at dumps. Until the next dump, those that
	 * ended are added, less those that the last dump saw alive, because they may be
	 * the same. */
	const struct socket_accounting *a = &s->accounting;
	int64_t loopback = a->loopback_ended - a->loopback_before;
	return a->opened_anywhere + (loopback > 0 ? (uint64_t)loopback : 0);
}

struct failed_attempts sockets_failed_attempts(const struct sockets *s)
{
	return (struct failed_attempts){s->accounting.failed,
					s->accounting.failed_loopback};
}

const void *sockets_seen_addresses(const struct sockets *s, size_t *bytes)
{
	*bytes = sizeof(s->accounting.seen);
	return &s->accounting.seen;
}

bool sockets_restore_seen_addresses(struct sockets *s, const void *block, size_t bytes)
{
	bool restored = seen_addresses_restore(&s->accounting.seen, block, bytes);

	s->accounting.seen_unknown = !restored;
	return restored;
}

void sockets_seen_known(struct sockets *s)
{
	s->accounting.seen_unknown = false;
}

struct known_peers *sockets_peers(struct sockets *s)
{
	return &s->accounting.peers;
}

bool sockets_ok(const struct sockets *s, enum collector_source source)
{
	return source == COLLECTOR_SOCKET_EVENTS ? s->events.ok : s->dumps.ok;
}

const char *sockets_failure(const struct sockets *s, enum collector_source source)
{
	if (sockets_ok(s, source))
		return "";
	return source == COLLECTOR_SOCKET_EVENTS ? s->events.failure.text
						 : s->dumps.failure.text;
}

const struct flow *sockets_flows(const struct sockets *s, size_t *count)
{
	return flows_last(s->accounting.flows, count);
}

size_t sockets_flows_since(const struct sockets *s, double since, double seen_until,
			   struct flow *flows, size_t max)
{
	return flows_since(s->accounting.flows, since, seen_until, flows, max);
}

const struct flow *sockets_outside(const struct sockets *s, size_t *count)
{
	*count = 0;
	return s->accounting.outside ? flows_last(s->accounting.outside, count) : NULL;
}

size_t sockets_outside_since(const struct sockets *s, double since, double seen_until,
			     struct flow *flows, size_t max)
{
	return s->accounting.outside
		   ? flows_since(s->accounting.outside, since, seen_until, flows, max)
		   : 0;
}

bool sockets_outside_waits(const struct sockets *s)
{
	return s->accounting.outside_waits;
}

const struct container_counters *sockets_containers(const struct sockets *s,
						    size_t *count)
{
	*count = s->accounting.containers.count;
	return s->accounting.containers.known;
}
