/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.c - accepts connections for libmicrohttpd and runs it in turns.
 *
 * Two properties of the library (0.9.75) matter here. Its sockets are edge-triggered:
 * it must run again as long as it reports a timeout of zero, or requests hang. It also
 * reports zero while a handshake waits for the client; then the next turn is delayed.
 */
#include "http_server.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "connections.h"
#include "listener.h"

/* Limits of one turn: new connections, and connections that are refused besides.
 * Refusals cost little, and a client behind a crowd must not wait for them. Handshakes
 * cost CPU time, and a connection in its handshake must not be cut for the next
 * newcomer, so few are admitted. Connections without TLS are answered at once: as many
 * as there are spare places are admitted. */
#define HANDSHAKES_PER_TURN 2
#define REFUSALS_PER_TURN   64

/* Maximum number of turns in one call, and maximum time after which no further one
 * begins, seconds: the caller's other work must not be late. */
#define TURNS_MAX   64
#define TURNS_MAX_S 0.003

/* Minimum time between two complaints of a crowd, seconds. */
#define COMPLAIN_EVERY_S 60

/* Delay of the next turn while only handshakes wait, milliseconds. */
#define STALLED_MS 5

struct http_server {
	struct http_settings settings;
	struct listen_address where; /* that of the settings */
	struct connections connections;
	struct MHD_Daemon *daemon;
	struct listener listener;
	int epoll_fd;
	bool stalled;                        /* the last turn made no progress */
	struct error refusal;                /* the library's last message */
	uint64_t told_refused, told_crowded; /* counters at the last complaint */
	double told_at;
};

const char *http_cut_name(enum http_cut cut)
{
	static const char *const names[] = {"handshake", "request", "idle", "crowded"};

	return names[cut];
}

const char *http_refused_name(enum http_refused refused)
{
	static const char *const names[] = {"share", "full", "failed", "exhausted"};

	return names[refused];
}

/* --- opening and closing -------------------------------------------------------------
 */
static void note_refusal(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* MHD_LogCallback. Only the reason of a failed start is used; errors of clients are not
 * logged. */
static void note_refusal(void *context, const char *format, va_list arguments)
{
	struct http_server *s = context;

	vsnprintf(s->refusal.text, sizeof(s->refusal.text), format, arguments);
	s->refusal.text[strcspn(s->refusal.text, "\n")] = '\0';
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection,
			      const char *target, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	struct http_server *s = context;

	s->connections.steps++;
	return http_routes_answer(s->settings.routes, connection, target, method,
				  version, upload, upload_size, state);
}

static unsigned daemon_flags(const struct http_server *s)
{
	unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET;

	if (s->settings.tls)
		flags |= MHD_USE_TLS;
	if (MHD_is_feature_supported(MHD_FEATURE_MESSAGES) == MHD_YES)
		flags |= MHD_USE_ERROR_LOG;
#if MHD_VERSION >= 0x01000000
	/* Without this flag, added connections wait for the next turn. */
	flags |= MHD_USE_NO_THREAD_SAFETY;
#endif
	return flags;
}

/* The library has a sentence only where it was built with its messages, and none for a
 * lack of memory; no sentence has the error of the call that failed. */
static int fail_to_start(const struct http_server *s, int reason, struct error *err)
{
	const char *said = s->refusal.text;

	return fail(err,
		    "the HTTP library refused to start for %s (the last call's error: "
		    "%s): %s",
		    s->settings.where->text, reason ? strerror(reason) : "none",
		    said[0] ? said : "no reason given");
}

static int start_daemon(struct http_server *s, struct error *err)
{
	const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	const struct http_tls *tls = s->settings.tls;
	struct connections *c = &s->connections;

	errno = 0;
	s->daemon = MHD_start_daemon(
	    daemon_flags(s), 0, NULL, NULL, answer, s, MHD_OPTION_EXTERNAL_LOGGER,
	    note_refusal, s, MHD_OPTION_CONNECTION_LIMIT, c->count,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->settings.limits.bytes,
	    MHD_OPTION_NOTIFY_CONNECTION, connections_changed, c,
	    MHD_OPTION_URI_LOG_CALLBACK, connections_request_began, c,
	    MHD_OPTION_NOTIFY_COMPLETED, connections_request_ended, c, MHD_OPTION_ARRAY,
	    tls ? tls->options : none, MHD_OPTION_END);
	if (!s->daemon)
		return fail_to_start(s, errno, err);
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return fail(err, "the HTTP library has no epoll descriptor");
	return wake_on(s->epoll_fd, info->epoll_fd, err);
}

struct http_server *http_server_open(const struct http_settings *settings, int epoll_fd,
				     struct error *err)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (!s) {
		fail_memory(err, "the server");
		return NULL;
	}
	s->settings = *settings;
	s->where = *settings->where;
	s->settings.where = &s->where;
	s->epoll_fd = epoll_fd;
	s->listener.fd = -1;
	if (connections_init(&s->connections, &s->settings, epoll_fd) < 0)
		fail_memory(err, "the server");
	else if (start_daemon(s, err) == 0) {
		s->connections.now = clock_monotonic();
		listener_open(&s->listener, &s->settings, epoll_fd, s->connections.now);
		return s;
	}
	http_server_close(s);
	return NULL;
}

void http_server_close(struct http_server *s)
{
	if (!s)
		return;
	listener_close(&s->listener);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	connections_free(&s->connections);
	free(s);
}

/* --- accepting -----------------------------------------------------------------------
 */
/* Closes a connection that was not admitted with a reset, so that the kernel keeps no
 * state for it. */
static void turn_away(struct http_server *s, int fd, enum http_refused why)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	s->connections.counters.refused[why]++;
}

/* Whether there is a place for the newcomer; another connection may be cut for it. */
static bool has_place(struct http_server *s, int fd, struct crowd_origin newcomer)
{
	struct connections *c = &s->connections;
	const struct crowd_limits limits = {s->settings.limits.max,
					    s->settings.limits.host_max,
					    s->settings.limits.reserve};
	unsigned whom;

	if (c->taken >= c->count) {
		turn_away(s, fd, HTTP_REFUSED_FULL);
		return false;
	}
	switch (crowd_judge(c->members, c->count, &limits, newcomer, c->now, &whom)) {
	case CROWD_ADMIT:
		return true;
	case CROWD_REPLACE:
		connection_cut(&c->list[whom], HTTP_CUT_CROWDED);
		return true;
	case CROWD_REFUSE_SHARE:
		turn_away(s, fd, HTTP_REFUSED_SHARE);
		return false;
	case CROWD_REFUSE_FULL:
		break;
	}
	turn_away(s, fd, HTTP_REFUSED_FULL);
	return false;
}

/* Gives an accepted connection to the library, if there is a place for it. */
static bool admit(struct http_server *s, int fd, const struct sockaddr_storage *from,
		  socklen_t length)
{
	const struct sockaddr *address = (const struct sockaddr *)from;
	struct http_counters *counters = &s->connections.counters;

	if (!has_place(s, fd, crowd_origin_of(address)))
		return false;
	if (MHD_add_connection(s->daemon, fd, address, length) == MHD_YES) {
		counters->accepted++;
		return true;
	}
	counters->refused[HTTP_REFUSED_FAILED]++; /* the library closed it */
	return false;
}

/* Accepts one waiting connection, and admits or refuses it. Sets `*admitted`. */
static enum accepted accept_one(struct http_server *s, bool *admitted)
{
	struct sockaddr_storage from;
	socklen_t length;
	int fd;
	enum accepted what =
	    listener_accept(&s->listener, s->connections.now, &fd, &from, &length);

	*admitted = what == ACCEPT_DONE && admit(s, fd, &from, length);
	if (what == ACCEPT_EXHAUSTED)
		s->connections.counters.refused[HTTP_REFUSED_EXHAUSTED]++;
	return what;
}

/* Admits connections within the limits of one turn. The others wait for the next turn,
 * in which the library has closed those that were cut. */
static void accept_some(struct http_server *s)
{
	const struct connections *c = &s->connections;
	const unsigned most = s->settings.tls ? HANDSHAKES_PER_TURN
					      : connections_spare(&s->settings.limits);
	unsigned accepted = 0, refused = 0;
	bool admitted;

	while (s->listener.awake && c->taken < c->count && accepted < most &&
	       refused < REFUSALS_PER_TURN) {
		if (accept_one(s, &admitted) == ACCEPT_NOBODY)
			return;
		accepted += admitted;
		refused += !admitted;
	}
}

void http_server_stop_listening(struct http_server *s)
{
	bool admitted;

	while (s->listener.awake && accept_one(s, &admitted) != ACCEPT_NOBODY)
		;
	listener_close(&s->listener);
}

/* --- turns ---------------------------------------------------------------------------
 */
static bool wants_more(const struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG timeout;

	return MHD_get_timeout(s->daemon, &timeout) == MHD_YES && timeout == 0;
}

/* Runs one turn; true when there is more to do at once. */
static bool turn(struct http_server *s, double now)
{
	struct connections *c = &s->connections;
	uint64_t steps = c->steps;

	c->now = now;
	/* Requests that have arrived count before someone must yield. */
	if (c->taken >= s->settings.limits.max)
		MHD_run(s->daemon);
	accept_some(s);
	if (MHD_run(s->daemon) != MHD_YES)
		return false;
	lingering_close_process(&c->lingering, now);
	connections_cut_slow(c);
	listener_process(&s->listener, now);
	bool more = wants_more(s);
	s->stalled = more && c->handshaking > 0 && c->steps == steps;
	return more && !s->stalled;
}

void http_servers_process(struct http_server *const *servers, unsigned count,
			  double now)
{
	double until = clock_monotonic() + TURNS_MAX_S;
	bool more = true;

	for (int turns = 0;
	     more && turns < TURNS_MAX && (turns == 0 || clock_monotonic() < until);
	     turns++) {
		more = false;
		for (unsigned i = 0; i < count; i++)
			more |= turn(servers[i], now);
	}
}

/* The shorter of two waits; negative: none. */
static double sooner(double a, double b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int timeout_ms(const struct http_server *s)
{
	if (s->stalled)
		return STALLED_MS;
	if (wants_more(s))
		return 0;
	double due = sooner(connections_due_s(&s->connections),
			    listener_due_s(&s->listener, s->connections.now));
	return due < 0 ? -1 : (int)fmin(ceil(due * 1e3), 60000);
}

int http_servers_timeout_ms(struct http_server *const *servers, unsigned count)
{
	int nearest = -1;

	for (unsigned i = 0; i < count; i++) {
		int timeout = timeout_ms(servers[i]);

		if (timeout >= 0 && (nearest < 0 || timeout < nearest))
			nearest = timeout;
	}
	return nearest;
}

void http_server_retire_connections(struct http_server *s)
{
	connections_retire(&s->connections);
}

/* --- queries -------------------------------------------------------------------------
 */
bool http_server_busy(const struct http_server *s)
{
	return connections_busy(&s->connections);
}

static uint64_t refused_of(const struct http_counters *counters)
{
	uint64_t sum = 0;

	for (int why = 0; why < HTTP_REFUSALS; why++)
		sum += counters->refused[why];
	return sum;
}

bool http_server_complaint(struct http_server *s, double now, struct error *complaint)
{
	const struct connections *c = &s->connections;
	uint64_t refused = refused_of(&c->counters);
	uint64_t crowded = c->counters.cut[HTTP_CUT_CROWDED];
	struct crowd_origin whose = {0, 0};
	char host[INET6_ADDRSTRLEN + sizeof("/64")];

	if ((refused == s->told_refused && crowded == s->told_crowded) ||
	    (s->told_at > 0 && now - s->told_at < COMPLAIN_EVERY_S))
		return false;
	unsigned most = crowd_largest(c->members, c->count, &whose);
	crowd_origin_print(whose, host, sizeof(host));
	fail(complaint,
	     "all %u places of %s are taken, %u by %s: %" PRIu64
	     " connections refused, %" PRIu64 " cut for others",
	     s->settings.limits.max, s->settings.where->text, most,
	     most ? host : "nobody", refused - s->told_refused,
	     crowded - s->told_crowded);
	s->told_refused = refused;
	s->told_crowded = crowded;
	s->told_at = now;
	return true;
}

unsigned http_server_connections(const struct http_server *s)
{
	return s->connections.taken;
}

unsigned http_server_max(const struct http_server *s)
{
	return s->settings.limits.max;
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->listener.port;
}

bool http_server_listens(const struct http_server *s)
{
	return s->listener.fd >= 0;
}

const struct http_counters *http_server_counters(const struct http_server *s)
{
	return &s->connections.counters;
}
