/* SPDX-License-Identifier: Apache-2.0 */
/* socket_events.c - hearing of ended connections, at a pace.
 *
 * While connections end faster than one in PACE_NS, events are left to gather for
 * PAUSE_NS, so that the monitor wakes at most 200 times a second. The smallest buffer
 * that an unprivileged process gets (net.core.rmem_max of 212,992) holds about 300.
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

/* Silence for so long is tried out, and for so much longer it is none. */
#define SILENT_NS INT64_C(10000000000)
#define PROVE_NS  INT64_C(2000000000)

static void visit_destroyed(void *context, const struct diag_socket *socket)
{
	ledger_destroyed(context, socket);
}

static void visit_udp_destroyed(void *context, const struct diag_socket *socket)
{
	ledger_udp_destroyed(context, socket);
}

static void count_lost(struct socket_events *e, struct event_channel *c)
{
	uint32_t drops = diag_drops(&c->channel);
	c->lost += (uint32_t)(drops - c->drops);
	c->drops = drops;
	if (diag_grow(&c->channel))
		e->grown++;
}

/* Returns how many events were read. A channel that is broken is closed. */
static unsigned drain(struct socket_events *e, struct event_channel *c,
		      diag_visitor *visit, bool *lost, struct error *err)
{
	struct diag_drained drained;

	*lost = false;
	if (!c->channel.netlink)
		return 0;
	int code = diag_drain(&c->channel, visit, e->ledger, &drained, err);
	c->read += drained.messages;
	if (drained.overrun)
		count_lost(e, c);
	if (code < 0)
		diag_close(&c->channel);
	*lost = drained.overrun || code < 0;
	return drained.messages;
}

unsigned socket_events_drain(struct socket_events *e)
{
	struct error unused;
	bool lost;

	ledger_begin_events(e->ledger);
	unsigned messages = drain(e, &e->tcp, visit_destroyed, &lost, &e->failure);
	if (lost)
		ledger_events_lost(e->ledger);
	messages += drain(e, &e->udp, visit_udp_destroyed, &lost, &unused);
	if (lost)
		ledger_udp_events_lost(e->ledger);
	ledger_end_events(e->ledger);
	if (!e->tcp.channel.netlink)
		e->ok = false;
	return messages;
}

static int watch_channel(struct socket_events *e, const struct event_channel *c, int op,
			 bool watch)
{
	struct epoll_event event = {.events = watch ? EPOLLIN : 0};

	return c->channel.netlink ? epoll_ctl(e->epoll_fd, op, c->channel.fd, &event)
				  : 0;
}

static void watch_events(struct socket_events *e, bool watch)
{
	struct itimerspec pause = {.it_value.tv_nsec = watch ? 0 : PAUSE_NS};

	/* Setting the timer also takes back its last expiry. */
	timerfd_settime(e->timer_fd, 0, &pause, NULL);
	if (e->is_paused == watch) {
		watch_channel(e, &e->tcp, EPOLL_CTL_MOD, watch);
		watch_channel(e, &e->udp, EPOLL_CTL_MOD, watch);
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

/* Opens a channel; what ended before is not told. */
static int open_channel(struct socket_events *e, struct event_channel *c,
			uint8_t protocol, struct error *err)
{
	if (diag_open_events(&c->channel, protocol, e->buffer_bytes, err) < 0)
		return -1;
	if (watch_channel(e, c, EPOLL_CTL_ADD, !e->is_paused) < 0) {
		fail_errno(err, errno, "sock_diag: watch events");
		diag_close(&c->channel);
		return -1;
	}
	c->drops = 0;
	return 0;
}

void socket_events_prove(struct socket_events *e)
{
	int64_t now = clock_monotonic_ns();
	int fd;

	if (!e->tcp.channel.netlink || (e->tcp.read > 0 && e->ok))
		return;
	if (e->silent_ns == 0)
		e->silent_ns = now;
	e->ok = e->tcp.read > 0 || now - e->silent_ns < SILENT_NS + PROVE_NS;
	if (!e->ok)
		fail(&e->failure, "sock_diag does not tell when sockets end");
	if (e->tcp.read > 0 || now - e->silent_ns < SILENT_NS)
		return;
	/* A socket that never did anything has an end like any other. */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		close(fd);
	else
		e->silent_ns = now;
}

void socket_events_open(struct socket_events *e, double time)
{
	struct error unused;

	if ((e->tcp.channel.netlink && e->udp.channel.netlink) || time < e->retry_at)
		return;
	e->retry_at = time + SOURCE_RETRY_SECONDS;
	if (!e->tcp.channel.netlink) {
		e->ok = open_channel(e, &e->tcp, IPPROTO_TCP, &e->failure) == 0;
		e->silent_ns = 0;
		ledger_events_lost(e->ledger);
	}
	if (!e->udp.channel.netlink) {
		open_channel(e, &e->udp, IPPROTO_UDP, &unused);
		ledger_udp_events_lost(e->ledger);
	}
}

int socket_events_init(struct socket_events *e, struct ledger *ledger,
		       unsigned buffer_bytes, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN};

	*e = (struct socket_events){.ledger = ledger,
				    .tcp.channel = {.fd = -1},
				    .udp.channel = {.fd = -1},
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

void socket_events_release(struct socket_events *e)
{
	diag_close(&e->tcp.channel);
	diag_close(&e->udp.channel);
	if (e->timer_fd >= 0)
		close(e->timer_fd);
	if (e->epoll_fd >= 0)
		close(e->epoll_fd);
	e->timer_fd = e->epoll_fd = -1;
}
