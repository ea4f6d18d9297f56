/* SPDX-License-Identifier: Apache-2.0 */
/* listener.c - opens a listening socket again and again until it can be had. */
#include "listener.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "listen.h"

/* The wait after the first failure to open, seconds, and the longest one: a port that
 * became free is taken within that time. */
#define PATIENCE_MIN_S 0.25
#define PATIENCE_MAX_S 4.0

/* The pause while there are no descriptors or no memory, seconds. */
#define PAUSE_S 0.25

static void tell_own(const struct listener *l, bool closing)
{
	const struct http_settings *settings = l->settings;

	if (settings->own_socket)
		settings->own_socket(settings->own_context, l->fd, closing);
}

static void close_socket(struct listener *l)
{
	if (l->fd < 0)
		return;
	tell_own(l, true);
	close(l->fd);
	l->fd = -1;
	l->awake = false;
}

void listener_close(struct listener *l)
{
	close_socket(l);
	l->due = INFINITY;
}

/* Logs the first failure, and how it ended. */
static void tell_down(struct listener *l, const struct error *why)
{
	if (!l->told)
		log_event(LOG_LEVEL_WARNING, "listener-down", "%s; trying again",
			  why->text);
	l->told = true;
}

static void tell_up(struct listener *l)
{
	if (l->told)
		log_event(LOG_LEVEL_INFO, "listener-up", "listening on %s",
			  l->settings->where->text);
	l->told = false;
}

/* --- opening -------------------------------------------------------------------------
 */
static int open_socket(struct listener *l, struct error *err)
{
	const struct http_settings *settings = l->settings;

	l->fd = listen_on(settings->where, settings->flag, settings->limits.backlog,
			  &l->port, err);
	if (l->fd < 0)
		return -1;
	if (wake_on(l->epoll_fd, l->fd, err) < 0) {
		close(l->fd);
		l->fd = -1;
		return -1;
	}
	l->awake = true;
	tell_own(l, false);
	return 0;
}

static void try_to_open(struct listener *l, double now)
{
	struct error err;

	if (open_socket(l, &err) == 0) {
		tell_up(l);
		l->due = INFINITY;
		l->patience_s = 0;
		return;
	}
	tell_down(l, &err);
	l->patience_s = fmin(fmax(2 * l->patience_s, PATIENCE_MIN_S), PATIENCE_MAX_S);
	l->due = now + l->patience_s;
}

void listener_open(struct listener *l, const struct http_settings *settings,
		   int epoll_fd, double now)
{
	*l = (struct listener){.settings = settings, .epoll_fd = epoll_fd, .fd = -1};
	try_to_open(l, now);
}

/* --- pausing -------------------------------------------------------------------------
 */
static void pause_for_a_while(struct listener *l, double now)
{
	struct error why;

	fail_errno(&why, errno, "accepting at %s", l->settings->where->text);
	tell_down(l, &why);
	if (l->awake)
		epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, l->fd, NULL);
	l->awake = false;
	l->due = now + PAUSE_S;
}

/* Waits for clients again. If even that fails for lack of memory, it is tried again. */
static void wake_up(struct listener *l, double now)
{
	struct error err;

	l->awake = wake_on(l->epoll_fd, l->fd, &err) == 0;
	l->due = l->awake ? INFINITY : now + PAUSE_S;
}

void listener_process(struct listener *l, double now)
{
	if (now < l->due)
		return;
	if (l->fd < 0)
		try_to_open(l, now);
	else
		wake_up(l, now);
}

double listener_due_s(const struct listener *l, double now)
{
	return isinf(l->due) ? -1 : fmax(l->due - now, 0);
}

/* --- accepting -----------------------------------------------------------------------
 */
/* The socket no longer listens: `ss -K` and others with the right to do so can end it
 * (SOCK_DESTROY, net/ipv4/tcp.c: tcp_abort). */
static void open_again(struct listener *l, double now)
{
	struct error why;

	fail(&why, "the socket that listened on %s was closed by another program",
	     l->settings->where->text);
	close_socket(l);
	tell_down(l, &why);
	try_to_open(l, now);
}

/* Errors of the one connection and of its network: accept(2) says that they are to be
 * treated as if nobody had come. */
static bool is_of_client(int reason)
{
	static const int reasons[] = {
	    EINTR,  ECONNABORTED, EPROTO,      ENETDOWN,   ENETUNREACH, EHOSTDOWN,
	    ENONET, EHOSTUNREACH, ENOPROTOOPT, EOPNOTSUPP, EPERM,       ETIMEDOUT,
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reason == reasons[i])
			return true;
	return false;
}

enum accepted listener_accept(struct listener *l, double now, int *fd,
			      struct sockaddr_storage *from, socklen_t *length)
{
	*length = sizeof(*from);
	*fd = accept4(l->fd, (struct sockaddr *)from, length,
		      SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (*fd >= 0) {
		tell_up(l);
		return ACCEPT_DONE;
	}
	if (errno == EAGAIN)
		return ACCEPT_NOBODY;
	if (is_of_client(errno))
		return ACCEPT_GONE;
	if (errno == EINVAL) {
		open_again(l, now);
		return ACCEPT_NOBODY;
	}
	pause_for_a_while(l, now);
	return ACCEPT_EXHAUSTED;
}
