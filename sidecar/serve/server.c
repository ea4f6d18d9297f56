/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - two libmicrohttpd daemons without threads, in one epoll set.
 *
 * The library's sockets are edge-triggered: after every wake it must be run, and run
 * again as long as it says that its time-out is zero, or requests hang.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "dormouse/serve.h"
#include "http/listen.h"
#include "site.h"

/* Idle connections are closed; a scraper that comes every ten seconds may stay. */
#define IDLE_MAX_S      10
#define PER_ADDRESS_MAX 8

/* Memory of a connection, for heads: a scraper's are small; a browser's carry the
 * cookies of whatever else was once served on localhost. */
#define OPEN_HEAD_BYTES  (8 * 1024)
#define LOCAL_HEAD_BYTES (16 * 1024)

/* Turns before somebody else gets theirs. */
#define TURNS_MAX 64

struct server {
	struct site *site;
	struct connections connections;
	struct listener listeners[LISTENERS];
	struct MHD_Daemon *daemons[LISTENERS];
	uint16_t ports[LISTENERS];
	int epoll_fd;
	struct error refusal; /* what the library said last */
};

enum { OPEN, LOCAL };

static void note_refusal(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* MHD_LogCallback. A client's mistakes are no news; only why a start failed is kept. */
static void note_refusal(void *context, const char *format, va_list arguments)
{
	struct server *s = context;

	vsnprintf(s->refusal.text, sizeof(s->refusal.text), format, arguments);
}

static struct MHD_Daemon *start_daemon(struct server *s, int which, int fd)
{
	unsigned flags = MHD_USE_EPOLL;
	size_t memory = which == LOCAL ? LOCAL_HEAD_BYTES : OPEN_HEAD_BYTES;

	if (MHD_is_feature_supported(MHD_FEATURE_MESSAGES) == MHD_YES)
		flags |= MHD_USE_ERROR_LOG;
	s->listeners[which] =
	    (struct listener){.site = s->site, .local = which == LOCAL};
	return MHD_start_daemon(
	    flags, 0, NULL, NULL, site_answer, &s->listeners[which],
	    MHD_OPTION_EXTERNAL_LOGGER, note_refusal, s, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_PER_LISTENER,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)PER_ADDRESS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_NOTIFY_CONNECTION,
	    connections_changed, &s->connections, MHD_OPTION_NOTIFY_COMPLETED,
	    connections_answered, &s->connections, MHD_OPTION_END);
}

/* Starts to listen on one address. The daemon owns the socket. */
static int open_listener(struct server *s, int which,
			 const struct listen_address *where,
			 const struct serve_source *source, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = listen_on(where, which == LOCAL ? "--alert-listen" : "--listen",
			   &s->ports[which], err);

	if (fd < 0)
		return -1;
	if (source->own_socket)
		source->own_socket(source->own_context, fd, false);
	s->daemons[which] = start_daemon(s, which, fd);
	if (!s->daemons[which]) {
		close(fd);
		return fail(err, "the HTTP library refused to start on %s: %s",
			    where->text,
			    s->refusal.text[0] ? s->refusal.text : "no reason given");
	}
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(s->daemons[which], MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, info->epoll_fd, &event) < 0)
		return fail(err, "the HTTP library has no epoll descriptor");
	return 0;
}

struct server *server_open(const struct listen_address *open,
			   const struct listen_address *local,
			   const struct serve_source *source, struct error *err)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s) {
		fail_memory(err, "the server");
		return NULL;
	}
	connections_init(&s->connections, source);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0) {
		fail_errno(err, errno, "epoll_create1");
		goto fail;
	}
	s->site = site_new(source);
	if (!s->site) {
		fail_memory(err, "the server");
		goto fail;
	}
	if (open_listener(s, OPEN, open, source, err) == 0 &&
	    open_listener(s, LOCAL, local, source, err) == 0)
		return s;
fail:
	server_close(s);
	return NULL;
}

void server_close(struct server *s)
{
	if (!s)
		return;
	for (int i = 0; i < LISTENERS; i++)
		if (s->daemons[i])
			MHD_stop_daemon(s->daemons[i]);
	site_free(s->site);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s);
}

int server_fd(const struct server *s)
{
	return s->epoll_fd;
}

/* Milliseconds until that daemon must be run, -1: no need. */
static int daemon_timeout_ms(struct MHD_Daemon *d)
{
	MHD_UNSIGNED_LONG_LONG timeout;

	if (MHD_get_timeout(d, &timeout) != MHD_YES)
		return -1;
	return timeout < 60000 ? (int)timeout : 60000;
}

void server_process(struct server *s)
{
	bool more = true;

	for (int turn = 0; more && turn < TURNS_MAX; turn++) {
		more = false;
		for (int i = 0; i < LISTENERS; i++) {
			MHD_run(s->daemons[i]);
			more |= daemon_timeout_ms(s->daemons[i]) == 0;
		}
	}
	connections_cut_slow(&s->connections, clock_monotonic());
}

int server_timeout_ms(const struct server *s)
{
	int nearest = -1;

	for (int i = 0; i < LISTENERS; i++) {
		int timeout = daemon_timeout_ms(s->daemons[i]);

		if (timeout >= 0 && (nearest < 0 || timeout < nearest))
			nearest = timeout;
	}
	return nearest;
}

uint16_t server_open_port(const struct server *s)
{
	return s->ports[OPEN];
}

uint16_t server_local_port(const struct server *s)
{
	return s->ports[LOCAL];
}
