/* SPDX-License-Identifier: Apache-2.0 */
/* socket_events.c - receives events of ended connections at a limited rate.
 *
 * While connections end faster than one in PACE_NS, events are collected for PAUSE_NS,
 * so that the monitor wakes at most 200 times a second. The smallest buffer of an
 * unprivileged process (net.core.rmem_max of 212,992) holds about 300 events.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "socket_dumps.h"
#include "socket_events.h"

#define PACE_NS  2000000
#define PAUSE_NS 5000000

/* After SILENT_NS without any event the source is tested; after PROVE_NS more it counts
 * as failed. */
#define SILENT_NS INT64_C(10000000000)
#define PROVE_NS  INT64_C(2000000000)

/* One client's events while they are read. */
struct reading {
	struct socket_events *events;
	struct event_source *source;
	void (*destroyed)(struct socket_accounting *l, const struct diag_socket *s);
	unsigned messages;
	bool overran;
	uint64_t lost; /* UINT64_MAX: nobody knows how many */
};

static void read_event(void *context, struct nlmsghdr *message)
{
	struct reading *r = context;
	struct diag_socket s;

	if (!diag_read(message, &s))
		return;
	r->messages++;
	r->destroyed(r->events->accounting, &s);
}

static void note_lost(void *context)
{
	((struct reading *)context)->overran = true;
}

/* Call it after all is read: an overrun is reported at its beginning, and the kernel
 * drops more events until the buffer is empty. Returns how many were lost since the
 * last call. */
static uint32_t count_lost(struct event_source *source)
{
	uint32_t drops = netlink_drops(&source->netlink);
	uint32_t more = drops - source->drops;

	source->lost += more;
	source->drops = drops;
	return more;
}

/* Closes the client if it fails. All events of a closed client are lost. */
static void read_events(struct reading *r, struct error *err)
{
	const struct netlink_events events = {read_event, note_lost, r};
	struct event_source *source = r->source;
	int failure;

	r->lost = UINT64_MAX;
	if (!netlink_is_open(&source->netlink))
		return;
	failure = netlink_read_events(&source->netlink, &events);
	source->read += r->messages;
	source->overran = r->overran || (source->overran && r->messages > 0);
	r->lost = source->overran ? count_lost(source) : 0;
	if (r->overran && r->lost == 0) /* one that was too long */
		r->lost = 1;
	if (failure == 0)
		return;
	fail_errno(err, failure, "sock_diag: receive events");
	netlink_close(&source->netlink);
	r->lost = UINT64_MAX;
}

unsigned socket_events_drain(struct socket_events *e)
{
	struct reading tcp = {
	    .events = e, .source = &e->tcp, .destroyed = accounting_destroyed};
	struct reading udp = {
	    .events = e, .source = &e->udp, .destroyed = accounting_udp_destroyed};
	struct error unused;

	accounting_begin_events(e->accounting);
	read_events(&tcp, &e->failure);
	if (tcp.lost > 0)
		accounting_events_lost(e->accounting, tcp.lost);
	read_events(&udp, &unused);
	if (udp.lost > 0)
		accounting_udp_events_lost(e->accounting);
	accounting_end_events(e->accounting);
	if (!netlink_is_open(&e->tcp.netlink))
		e->ok = false;
	return tcp.messages + udp.messages;
}

static int watch_source(struct socket_events *e, const struct event_source *source,
			int op, bool watch)
{
	struct epoll_event event = {.events = watch ? EPOLLIN : 0};

	return netlink_is_open(&source->netlink)
		   ? epoll_ctl(e->epoll_fd, op, source->netlink.fd, &event)
		   : 0;
}

static void watch_events(struct socket_events *e, bool watch)
{
	struct itimerspec pause = {.it_value.tv_nsec = watch ? 0 : PAUSE_NS};

	/* Setting the timer also clears its last expiry. */
	timerfd_settime(e->timer_fd, 0, &pause, NULL);
	if (e->is_paused == watch) {
		watch_source(e, &e->tcp, EPOLL_CTL_MOD, watch);
		watch_source(e, &e->udp, EPOLL_CTL_MOD, watch);
	}
	e->is_paused = !watch;
}

void socket_events_process(struct socket_events *e)
{
	unsigned messages = socket_events_drain(e);
	int64_t now = clock_monotonic_ns();
	bool is_busy = messages > 0 && (e->is_paused || now - e->drained_ns < PACE_NS);

	if (is_busy)
		watch_events(e, false);
	else if (e->is_paused)
		watch_events(e, true);
	if (messages > 0)
		e->drained_ns = now;
}

/* Opens a client; it does not receive earlier events. */
static int open_source(struct socket_events *e, struct event_source *source,
		       uint8_t protocol, struct error *err)
{
	if (diag_open_events(&source->netlink, protocol, e->buffer_bytes, err) < 0)
		return -1;
	if (watch_source(e, source, EPOLL_CTL_ADD, !e->is_paused) < 0) {
		fail_errno(err, errno, "sock_diag: watch events");
		netlink_close(&source->netlink);
		return -1;
	}
	source->drops = 0;
	source->overran = false;
	return 0;
}

void socket_events_prove(struct socket_events *e)
{
	int64_t now = clock_monotonic_ns();
	int fd;

	if (!netlink_is_open(&e->tcp.netlink) || (e->tcp.read > 0 && e->ok))
		return;
	if (e->silent_ns == 0)
		e->silent_ns = now;
	e->ok = e->tcp.read > 0 || now - e->silent_ns < SILENT_NS + PROVE_NS;
	if (!e->ok) {
		fail(&e->failure, "sock_diag does not report closed sockets");
		accounting_events_lost(e->accounting, UINT64_MAX);
	}
	if (e->tcp.read > 0 || now - e->silent_ns < SILENT_NS)
		return;
	/* Closing an unused socket creates an event like any other. */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		close(fd);
	else
		e->silent_ns = now;
}

void socket_events_open(struct socket_events *e, double time)
{
	struct error unused;

	if ((netlink_is_open(&e->tcp.netlink) && netlink_is_open(&e->udp.netlink)) ||
	    time < e->retry_at)
		return;
	e->retry_at = time + SOURCE_RETRY_SECONDS;
	if (!netlink_is_open(&e->tcp.netlink)) {
		e->ok = open_source(e, &e->tcp, IPPROTO_TCP, &e->failure) == 0;
		e->silent_ns = 0;
		accounting_events_lost(e->accounting, UINT64_MAX);
	}
	if (!netlink_is_open(&e->udp.netlink)) {
		open_source(e, &e->udp, IPPROTO_UDP, &unused);
		accounting_udp_events_lost(e->accounting);
	}
}

int socket_events_init(struct socket_events *e, struct socket_accounting *accounting,
		       unsigned buffer_bytes, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN};

	*e = (struct socket_events){.accounting = accounting,
				    .tcp.netlink = NETLINK_CLOSED,
				    .udp.netlink = NETLINK_CLOSED,
				    .buffer_bytes = buffer_bytes,
				    .timer_fd = -1};
	e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (e->epoll_fd < 0)
		return fail_errno(err, errno, "sockets: epoll");
	e->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (e->timer_fd < 0)
		return fail_errno(err, errno, "sockets: timer");
	if (epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->timer_fd, &event) < 0)
		return fail_errno(err, errno, "sockets: watch the timer");
	return 0;
}

uint64_t socket_events_grown(const struct socket_events *e)
{
	return e->tcp.netlink.grown + e->udp.netlink.grown;
}

void socket_events_release(struct socket_events *e)
{
	netlink_close(&e->tcp.netlink);
	netlink_close(&e->udp.netlink);
	if (e->timer_fd >= 0)
		close(e->timer_fd);
	if (e->epoll_fd >= 0)
		close(e->epoll_fd);
	e->timer_fd = e->epoll_fd = -1;
}
