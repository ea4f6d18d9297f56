/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - the two sources of socket accounts, and when each is asked.
 *
 * Order matters. A look drains the events first and dumps after: what was destroyed
 * before its event was read can be in no later dump, so nothing is met a second time.
 * The kernel sends events from a work queue, so a socket may be gone from the dump
 * before its event is here; it is kept until a second dump misses it.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"
#include "sock_diag.h"
#include "sockets.h"

#define EVENT_BUFFER_BYTES (4u << 20)
#define RETRY_SECONDS      300
#define DUMP_TRIES         3

/* While connections end faster than one in EVENT_PACE_NS, events are left to gather for
 * EVENT_PAUSE_NS, so that the monitor wakes at most 200 times a second. The smallest
 * buffer an unprivileged process gets (net.core.rmem_max of 212,992) holds about 300.
 */
#define EVENT_PACE_NS  2000000
#define EVENT_PAUSE_NS 5000000

#define TCP_STATES                                                                     \
	(1u << STATE_ESTABLISHED | 1u << STATE_SYN_SENT | 1u << STATE_FIN_WAIT1 |      \
	 1u << STATE_FIN_WAIT2 | 1u << STATE_CLOSE_WAIT | 1u << STATE_LAST_ACK |       \
	 1u << STATE_CLOSING)

/* A request that the kernel refuses is left alone for a while, since each refusal may
 * cost it a search for a module. */
enum { REQUEST_TCP, REQUEST_TCP4, REQUEST_TCP6, REQUEST_UDP4, REQUEST_UDP6, REQUESTS };

struct source {
	struct diag_channel channel;
	double retry_at;
	bool ok;
	struct error failure;
};

struct sockets {
	struct ledger ledger;
	struct source dumps, events;
	double retry_at[REQUESTS]; /* for requests that the kernel refused */
	int epoll_fd, timer_fd;
	bool is_paused; /* events gather until the timer */
	int64_t drained_ns;
	unsigned event_buffer_bytes;
	double time; /* of the last look */

	uint64_t dump_count, interrupted, grown;
	uint64_t event_count, lost;
	uint32_t drops; /* of the event channel, as last seen */

	/* For mending the opens that went with lost events: all as of the last look
	 * before which none was lost, or after which what was lost is mended. */
	bool knows_active_opens, has_settled;
	uint64_t active_opens; /* as last noted */
	int64_t never_seen;    /* ActiveOpens minus the opens that were seen */
	uint64_t settled_lost, settled_opened, settled_anywhere;
};

static const struct diag_query queries[REQUESTS] = {
    [REQUEST_TCP] = {.legacy = true,
		     .counters = true,
		     .states = TCP_STATES | 1u << STATE_LISTEN},
    [REQUEST_TCP4] = {.family = AF_INET,
		      .protocol = IPPROTO_TCP,
		      .counters = true,
		      .states = TCP_STATES | 1u << STATE_LISTEN},
    [REQUEST_TCP6] = {.family = AF_INET6,
		      .protocol = IPPROTO_TCP,
		      .counters = true,
		      .states = TCP_STATES | 1u << STATE_LISTEN},
    [REQUEST_UDP4] = {.family = AF_INET,
		      .protocol = IPPROTO_UDP,
		      .states = 1u << STATE_ESTABLISHED},
    [REQUEST_UDP6] = {.family = AF_INET6,
		      .protocol = IPPROTO_UDP,
		      .states = 1u << STATE_ESTABLISHED},
};

static int64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void source_failed(struct source *source, double retry_at)
{
	diag_close(&source->channel);
	source->ok = false;
	source->retry_at = retry_at;
}

static void visit_live(void *context, const struct diag_socket *socket)
{
	ledger_live(context, socket);
}

static void visit_udp(void *context, const struct diag_socket *socket)
{
	ledger_udp(context, socket);
}

static void visit_listener(void *context, const struct diag_socket *socket)
{
	ledger_listener(context, socket);
}

static void visit_destroyed(void *context, const struct diag_socket *socket)
{
	ledger_destroyed(context, socket);
}

static bool is_due(const struct sockets *s, int request)
{
	return s->time >= s->retry_at[request];
}

static enum diag_outcome ask(struct sockets *s, int request, diag_visitor *visit,
			     struct error *err)
{
	int refusal;
	enum diag_outcome outcome = diag_dump(&s->dumps.channel, &queries[request],
					      visit, &s->ledger, &refusal, err);
	if (refusal != 0)
		s->retry_at[request] = s->time + RETRY_SECONDS;
	return outcome;
}

/* The legacy request walks the machine's connection table once for both families; where
 * it is refused, one request for each family does the same in two walks. */
static enum diag_outcome dump_tcp(struct sockets *s, struct error *err)
{
	if (is_due(s, REQUEST_TCP)) {
		enum diag_outcome outcome = ask(s, REQUEST_TCP, visit_live, err);
		if (outcome != DIAG_FAILED || is_due(s, REQUEST_TCP))
			return outcome;
	}
	enum diag_outcome v4 = ask(s, REQUEST_TCP4, visit_live, err);
	if (v4 == DIAG_FAILED || !is_due(s, REQUEST_TCP6))
		return v4;
	struct error unused; /* a kernel without IPv6 has no IPv6 sockets to miss */
	enum diag_outcome v6 = ask(s, REQUEST_TCP6, visit_live, &unused);
	return v6 == DIAG_PARTIAL ? v6 : v4;
}

/* A kernel without UDP dumps lacks the evidence of where UDP goes, nothing more. */
static void dump_udp(struct sockets *s)
{
	struct error unused;

	if (is_due(s, REQUEST_UDP4))
		ask(s, REQUEST_UDP4, visit_udp, &unused);
	if (is_due(s, REQUEST_UDP6))
		ask(s, REQUEST_UDP6, visit_udp, &unused);
}

static enum diag_outcome dump(struct sockets *s)
{
	struct source *source = &s->dumps;
	enum diag_outcome outcome = DIAG_PARTIAL;

	for (int tries = 0; tries < DUMP_TRIES && outcome == DIAG_PARTIAL; tries++) {
		ledger_begin_dump(&s->ledger);
		outcome = dump_tcp(s, &source->failure);
	}
	if (outcome != DIAG_FAILED)
		dump_udp(s);
	ledger_end_dump(&s->ledger, outcome == DIAG_COMPLETE, s->time);
	s->dump_count++;
	if (outcome == DIAG_PARTIAL)
		s->interrupted++;
	if (outcome == DIAG_FAILED) {
		bool refused = !is_due(s, REQUEST_TCP4);
		source_failed(source, refused ? s->time + RETRY_SECONDS : s->time);
	} else {
		source->ok = true;
	}
	return outcome;
}

/* Not while a dump is received: it is the same channel. */
static void refresh_listeners(void *context)
{
	struct sockets *s = context;
	struct diag_query query = queries[REQUEST_TCP];
	struct error unused;

	if (!s->dumps.ok)
		return;
	query.states = 1u << STATE_LISTEN;
	query.counters = false;
	query.legacy = is_due(s, REQUEST_TCP);
	query.protocol = IPPROTO_TCP;
	query.family = AF_INET;
	diag_dump(&s->dumps.channel, &query, visit_listener, &s->ledger, NULL, &unused);
	if (query.legacy)
		return;
	query.family = AF_INET6;
	diag_dump(&s->dumps.channel, &query, visit_listener, &s->ledger, NULL, &unused);
}

static void count_lost(struct sockets *s)
{
	uint32_t drops = diag_drops(&s->events.channel);
	s->lost += (uint32_t)(drops - s->drops);
	s->drops = drops;
	if (diag_grow(&s->events.channel))
		s->grown++;
}

/* Returns how many events there were. */
static unsigned drain(struct sockets *s)
{
	struct source *source = &s->events;
	struct diag_drained drained;

	if (!source->channel.netlink)
		return 0;
	ledger_begin_events(&s->ledger);
	int code = diag_drain(&source->channel, visit_destroyed, &s->ledger, &drained,
			      &source->failure);
	ledger_end_events(&s->ledger);
	s->event_count += drained.messages;
	if (drained.overrun)
		count_lost(s);
	if (code < 0)
		source_failed(source, s->time);
	return drained.messages;
}

static void watch_events(struct sockets *s, bool watch)
{
	struct epoll_event event = {.events = watch ? EPOLLIN : 0};
	struct itimerspec pause = {.it_value.tv_nsec = watch ? 0 : EVENT_PAUSE_NS};

	/* Setting the timer also takes back its last expiry. */
	timerfd_settime(s->timer_fd, 0, &pause, NULL);
	if (s->is_paused == watch && s->events.channel.netlink)
		epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, s->events.channel.fd, &event);
	s->is_paused = !watch;
}

void sockets_process_events(struct sockets *s)
{
	unsigned messages = drain(s);
	int64_t now = monotonic_ns();
	bool is_busy =
	    messages > 0 && (s->is_paused || now - s->drained_ns < EVENT_PACE_NS);

	if (is_busy)
		watch_events(s, false);
	else if (s->is_paused)
		watch_events(s, true);
	if (messages > 0)
		s->drained_ns = now;
}

static void open_events(struct sockets *s)
{
	struct source *source = &s->events;
	struct epoll_event event = {.events = EPOLLIN};

	source->ok = false;
	source->retry_at = s->time + RETRY_SECONDS;
	if (diag_open_events(&source->channel, s->event_buffer_bytes,
			     &source->failure) < 0)
		return;
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, source->channel.fd, &event) < 0) {
		fail_errno(&source->failure, errno, "sock_diag: watch events");
		diag_close(&source->channel);
		return;
	}
	s->is_paused = false;
	s->drops = 0;
	source->ok = true;
}

static void open_dumps(struct sockets *s)
{
	struct source *source = &s->dumps;

	if (diag_open(&source->channel, &source->failure) < 0)
		source_failed(source, s->time + RETRY_SECONDS);
}

/* Kernel source: tcp_connect() counts ActiveOpens when it sends the SYN. What it
 * counted and nobody saw is, beyond what was never seen when all went well, the opens
 * whose events were lost; loopback has the share in them that it has in those seen. */
static void mend_opens(struct sockets *s)
{
	struct ledger *l = &s->ledger;

	if (!s->knows_active_opens)
		return;
	int64_t difference = (int64_t)(s->active_opens - l->opened_anywhere);
	bool lost = s->lost != s->settled_lost || !s->events.ok;
	if (s->has_settled && lost && difference > s->never_seen) {
		uint64_t missing = (uint64_t)(difference - s->never_seen);
		uint64_t anywhere = l->opened_anywhere - s->settled_anywhere;
		double share = 1;
		if (anywhere > 0)
			share =
			    (double)(l->opened - s->settled_opened) / (double)anywhere;
		ledger_add_opened(l, (uint64_t)((double)missing * share + 0.5),
				  missing);
	} else if (!s->has_settled || !lost) {
		s->never_seen = difference;
	}
	s->has_settled = true;
	s->settled_lost = s->lost;
	s->settled_opened = l->opened;
	s->settled_anywhere = l->opened_anywhere;
}

void sockets_note_active_opens(struct sockets *s, uint64_t active_opens)
{
	s->active_opens = active_opens;
	s->knows_active_opens = true;
}

bool sockets_look(struct sockets *s, double time)
{
	if (time > s->time)
		s->time = time;
	if (!s->events.channel.netlink && s->time >= s->events.retry_at)
		open_events(s);
	if (!s->dumps.channel.netlink && s->time >= s->dumps.retry_at)
		open_dumps(s);
	drain(s);
	if (!s->dumps.channel.netlink)
		return false;
	enum diag_outcome outcome = dump(s);
	if (outcome == DIAG_COMPLETE)
		mend_opens(s);
	return outcome != DIAG_FAILED;
}

static uint64_t random_seed(void)
{
	uint64_t seed;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = (uint64_t)monotonic_ns();
	return seed;
}

static int open_descriptors(struct sockets *s, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN};

	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return fail_errno(err, errno, "sockets: epoll");
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->timer_fd < 0)
		return fail_errno(err, errno, "sockets: timer");
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->timer_fd, &event) < 0)
		return fail_errno(err, errno, "sockets: watch the timer");
	return 0;
}

struct sockets *sockets_open(const struct collect_options *options,
			     unsigned event_buffer_bytes, struct error *err)
{
	struct sockets *s = calloc(1, sizeof(*s));
	if (!s) {
		fail(err, "sockets: out of memory");
		return NULL;
	}
	s->epoll_fd = s->timer_fd = -1;
	s->dumps.channel.fd = s->events.channel.fd = -1;
	s->event_buffer_bytes =
	    event_buffer_bytes ? event_buffer_bytes : EVENT_BUFFER_BYTES;
	if (ledger_init(&s->ledger, options, random_seed(), err) < 0 ||
	    open_descriptors(s, err) < 0) {
		sockets_close(s);
		return NULL;
	}
	s->ledger.refresh_listeners = refresh_listeners;
	s->ledger.refresh_context = s;
	sockets_look(s, 0);
	return s;
}

void sockets_close(struct sockets *s)
{
	if (!s)
		return;
	diag_close(&s->events.channel);
	diag_close(&s->dumps.channel);
	if (s->timer_fd >= 0)
		close(s->timer_fd);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	ledger_release(&s->ledger);
	free(s);
}

int sockets_event_fd(const struct sockets *s)
{
	return s->epoll_fd;
}

void sockets_totals(const struct sockets *s, struct collect_totals *totals)
{
	const struct ledger *l = &s->ledger;

	totals->tcp_tx_bytes = l->tx_bytes;
	totals->tcp_initiated_tx_bytes = l->initiated_tx_bytes;
	totals->tcp_opened = l->opened;
	totals->destinations = l->destinations;
	totals->sockets_tracked = l->table.count;
	totals->sockets_untracked = l->untracked;
	totals->destinations_untracked = flows_untracked(l->flows);
	totals->socket_events = s->event_count;
	totals->socket_events_lost = s->lost;
	totals->dumps = s->dump_count;
	totals->dumps_interrupted += s->interrupted;
	totals->receive_buffers_grown += s->grown;
}

uint64_t sockets_tcp_tx_packets(const struct sockets *s)
{
	return s->ledger.tx_segments;
}

uint64_t sockets_opens_seen(const struct sockets *s)
{
	/* Loopback is settled by dumps. Until the next, those that ended are seen, less
	 * those that the last dump saw alive, which may be the same. */
	const struct ledger *l = &s->ledger;
	int64_t loopback = l->loopback_ended - l->loopback_before;
	return l->opened_anywhere + (loopback > 0 ? (uint64_t)loopback : 0);
}

static const struct source *source_of(const struct sockets *s,
				      enum collector_source which)
{
	return which == COLLECTOR_SOCKET_EVENTS ? &s->events : &s->dumps;
}

bool sockets_ok(const struct sockets *s, enum collector_source source)
{
	return source_of(s, source)->ok;
}

const char *sockets_failure(const struct sockets *s, enum collector_source source)
{
	const struct source *at = source_of(s, source);
	return at->ok ? "" : at->failure.text;
}

const struct flow *sockets_flows(const struct sockets *s, size_t *count)
{
	return flows_last(s->ledger.flows, count);
}

size_t sockets_flows_since(const struct sockets *s, double since, struct flow *flows,
			   size_t max)
{
	return flows_since(s->ledger.flows, since, flows, max);
}

const struct container_counters *sockets_containers(const struct sockets *s,
						    size_t *count)
{
	*count = s->ledger.containers.count;
	return s->ledger.containers.known;
}
