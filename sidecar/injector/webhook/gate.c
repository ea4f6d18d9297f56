/* SPDX-License-Identifier: Apache-2.0 */
/* gate.c - accepts for libmicrohttpd and watches over its connections.
 *
 * Three habits of the library (0.9.75) show here. Its sockets are edge-triggered: it
 * must be run again as long as it says that its time-out is zero. It says so all the
 * while a handshake waits for the client: then the next turn is put off. And its own
 * time-out begins anew with each byte: a client that drips keeps its place, so there is
 * another clock for each connection, by what it is about.
 */
#include "gate.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "http/crowd.h"
#include "http/lingering_close.h"
#include "injector/tls/tls_store.h"

/* Connections that the kernel keeps for us, beyond what listen_on() asks for: an API
 * server opens many at once when many pods are made, and a crowd must not fill it. */
#define BACKLOG 4096

/* Places beyond the limit, for those that replace others which are still to be closed.
 */
#define SPARE_PLACES 8

/* New connections in a turn, and how many may be turned away besides, which costs
 * little: whoever comes behind a crowd must not wait for it. Handshakes are work, and
 * who is in one must not be the next to make room: few at a time. What comes in the
 * clear is answered at once: as many as there are spare places. */
#define HANDSHAKES_PER_TURN 2
#define ACCEPTS_PER_TURN    SPARE_PLACES
#define REFUSALS_PER_TURN   256

/* Seconds between complaints of a crowd. */
#define COMPLAIN_EVERY_S 60

/* Seconds between looks at the clocks, and until accepting is tried again when there
 * was no descriptor or no memory for it. */
#define LOOK_EVERY_S 0.25

/* Milliseconds that the next turn is put off while only handshakes wait. */
#define STALLED_MS 5

/* Memory of a connection, for a head and a piece of a body. */
#define CONNECTION_BYTES (16 * 1024)

/* What the library offers otherwise has CBC, SHA-1 and keys without forward secrecy. */
#define PRIORITIES                                                                     \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:"         \
	"+AES-256-GCM:+CHACHA20-POLY1305:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"

/* What a connection is about. */
enum phase { PHASE_FREE, PHASE_HANDSHAKE, PHASE_IDLE, PHASE_REQUEST };

struct place {
	enum phase phase;
	int fd;
	bool cut;     /* shut down, not yet closed */
	bool asked;   /* had a request */
	bool linger;  /* is not heard out */
	double since; /* this phase, monotonic seconds */
	struct gate *gate;
};

struct gate {
	struct gate_settings settings;
	struct gate_counters counters;
	struct MHD_Daemon *daemon;
	int listen_fd, epoll_fd;
	bool listening; /* in the epoll set */
	uint16_t port;
	double now, looked_at;
	unsigned taken;       /* places */
	unsigned handshaking; /* of these */
	uint64_t steps;       /* calls from the library */
	bool stalled;         /* the last turn led nowhere */
	struct lingerers linger;
	struct error refusal; /* what the library said last */
	struct origin newcomer;
	uint64_t told_refused, told_crowded; /* by the last complaint */
	double told_at;
	unsigned count;         /* places, the spare ones included */
	struct member *members; /* one a place */
	struct place places[];
};

const char *gate_cut_name(enum gate_cut cut)
{
	static const char *const names[] = {"handshake", "request", "idle", "crowded"};

	return names[cut];
}

const char *gate_refusal_name(enum gate_refusal refusal)
{
	static const char *const names[] = {"share", "full", "failed"};

	return names[refusal];
}

/* --- what the library tells ----------------------------------------------------------
 */
static void note_refusal(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* MHD_LogCallback. A client's mistakes are no news; only why a start failed is kept. */
static void note_refusal(void *context, const char *format, va_list arguments)
{
	struct gate *g = context;

	vsnprintf(g->refusal.text, sizeof(g->refusal.text), format, arguments);
}

/* As the crowd sees it. */
static void set_stage(struct place *p)
{
	static const enum stage stages[] = {
	    [PHASE_FREE] = STAGE_FREE,
	    [PHASE_HANDSHAKE] = STAGE_NEW,
	    [PHASE_IDLE] = STAGE_IDLE,
	    [PHASE_REQUEST] = STAGE_REQUEST,
	};
	struct gate *g = p->gate;
	unsigned at = (unsigned)(p - g->places);
	enum stage stage = stages[p->phase];

	if (p->phase == PHASE_IDLE && !p->asked)
		stage = STAGE_NEW;
	if (p->cut && stage != STAGE_FREE)
		stage = STAGE_ENDING;
	crowd_enter(g->members, g->count, at, stage, g->now);
}

static void enter(struct place *p, enum phase phase)
{
	struct gate *g = p->gate;

	g->steps++;
	g->handshaking -= p->phase == PHASE_HANDSHAKE;
	g->handshaking += phase == PHASE_HANDSHAKE;
	p->phase = phase;
	p->since = g->now;
	if (!p->cut)
		set_stage(p);
}

/* GnuTLS' hook after the client's Finished. The session's own pointer is the HTTP
 * library's; that of the session cache, which there is none of, is free. */
static int handshake_done(gnutls_session_t session, unsigned type, unsigned when,
			  unsigned incoming, const gnutls_datum_t *message)
{
	struct place *p = gnutls_db_get_ptr(session);

	(void)type;
	(void)when;
	(void)message;
	if (incoming && p->phase == PHASE_HANDSHAKE)
		enter(p, PHASE_IDLE);
	return 0;
}

static struct place *free_place(struct gate *g)
{
	for (unsigned i = 0; i < g->count; i++)
		if (g->places[i].phase == PHASE_FREE)
			return &g->places[i];
	return NULL;
}

static struct place *opened(struct gate *g, struct MHD_Connection *connection)
{
	struct place *p = free_place(g);
	const union MHD_ConnectionInfo *info;

	if (!p) /* cannot be: the library has the same limit */
		return NULL;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	*p = (struct place){.fd = info->connect_fd, .gate = g};
	g->taken++;
	crowd_join(g->members, g->count, (unsigned)(p - g->places), g->newcomer,
		   g->now);
	enter(p, g->settings.tls ? PHASE_HANDSHAKE : PHASE_IDLE);
	if (!g->settings.tls)
		return p;

	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	gnutls_db_set_ptr(info->tls_session, p);
	gnutls_handshake_set_hook_function(info->tls_session, GNUTLS_HANDSHAKE_FINISHED,
					   GNUTLS_HOOK_POST, handshake_done);
	return p;
}

static void connection_changed(void *context, struct MHD_Connection *connection,
			       void **socket_context,
			       enum MHD_ConnectionNotificationCode event)
{
	struct gate *g = context;

	if (event == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = opened(g, connection);
		return;
	}
	struct place *p = *socket_context;
	if (!p)
		return;
	if (p->linger && !p->cut) /* the socket is still open */
		linger_add(&g->linger, p->fd, g->now);
	g->counters.handshakes_ended += p->phase == PHASE_HANDSHAKE && !p->cut;
	g->taken--;
	p->cut = false;
	enter(p, PHASE_FREE);
}

static struct place *place_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* MHD_OPTION_URI_LOG_CALLBACK: a request's first line is here. What it returns becomes
 * the request's context. */
static void *request_began(void *context, const char *uri,
			   struct MHD_Connection *connection)
{
	struct place *p = place_of(connection);

	(void)context;
	(void)uri;
	if (p) {
		p->asked = true;
		enter(p, PHASE_REQUEST);
	}
	return NULL;
}

static void request_ended(void *context, struct MHD_Connection *connection,
			  void **request, enum MHD_RequestTerminationCode how)
{
	struct gate *g = context;
	struct place *p = place_of(connection);

	if (p)
		enter(p, PHASE_IDLE);
	if (g->settings.completed)
		g->settings.completed(g->settings.context, connection, request, how);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection,
			      const char *path, const char *method, const char *version,
			      const char *upload, size_t *upload_size, void **request)
{
	struct gate *g = context;

	g->steps++;
	return g->settings.answer(g->settings.context, connection, path, method,
				  version, upload, upload_size, request);
}

/* --- opening and closing -------------------------------------------------------------
 */
static int start_daemon(struct gate *g, struct error *err)
{
	const struct MHD_OptionItem with_tls[] = {
	    {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(uintptr_t)tls_store_retrieve},
	    {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
	    {MHD_OPTION_END, 0, NULL},
	};
	const struct MHD_OptionItem in_the_clear[] = {{MHD_OPTION_END, 0, NULL}};
	bool tls = g->settings.tls;
	unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET;

	flags |= tls ? MHD_USE_TLS : 0;
	if (MHD_is_feature_supported(MHD_FEATURE_MESSAGES) == MHD_YES)
		flags |= MHD_USE_ERROR_LOG;
	g->daemon = MHD_start_daemon(
	    flags, 0, NULL, NULL, answer, g, MHD_OPTION_EXTERNAL_LOGGER, note_refusal,
	    g, MHD_OPTION_CONNECTION_LIMIT, g->count,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_NOTIFY_CONNECTION, connection_changed, g,
	    MHD_OPTION_URI_LOG_CALLBACK, request_began, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, request_ended, g, MHD_OPTION_ARRAY,
	    tls ? with_tls : in_the_clear, MHD_OPTION_END);
	if (!g->daemon)
		return fail(err, "the HTTP library refused to start for %s: %s",
			    g->settings.where->text,
			    g->refusal.text[0] ? g->refusal.text : "no reason given");
	return 0;
}

static int open_socket(struct gate *g, struct error *err)
{
	g->listen_fd = listen_on(g->settings.where, g->settings.flag, &g->port, err);
	if (g->listen_fd < 0)
		return -1;
	listen(g->listen_fd, BACKLOG);
	if (wake_on(g->epoll_fd, g->listen_fd, err) < 0)
		return -1;
	g->listening = true;
	return 0;
}

struct gate *gate_open(const struct gate_settings *settings, int epoll_fd,
		       struct error *err)
{
	unsigned count = settings->max + SPARE_PLACES;
	struct gate *g = calloc(1, sizeof(*g) + count * sizeof(struct place));
	struct member *members = calloc(count, sizeof(*members));

	if (!g || !members) {
		free(members);
		free(g);
		fail_memory(err, "the server");
		return NULL;
	}
	g->settings = *settings;
	g->count = count;
	g->members = members;
	g->epoll_fd = epoll_fd;
	g->linger.epoll_fd = epoll_fd;
	g->listen_fd = -1;
	if (open_socket(g, err) < 0 || start_daemon(g, err) < 0)
		goto fail;

	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(g->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info) {
		fail(err, "the HTTP library has no epoll descriptor");
		goto fail;
	}
	if (wake_on(epoll_fd, info->epoll_fd, err) == 0)
		return g;
fail:
	gate_close(g);
	return NULL;
}

void gate_close(struct gate *g)
{
	if (!g)
		return;
	if (g->listen_fd >= 0)
		close(g->listen_fd);
	if (g->daemon)
		MHD_stop_daemon(g->daemon);
	linger_close(&g->linger);
	free(g->members);
	free(g);
}

/* --- accepting -----------------------------------------------------------------------
 */
static void cut(struct place *p, enum gate_cut why)
{
	/* The library sees the end of the stream and closes. */
	shutdown(p->fd, SHUT_RDWR);
	p->cut = true;
	set_stage(p);
	p->gate->counters.cut[why]++;
}

/* Closes what was never taken in, so that nothing of it stays with the kernel. */
static void turn_away(struct gate *g, int fd, enum gate_refusal why)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	g->counters.refused[why]++;
}

/* Whether there is a place for the newcomer; somebody else may lose one for it. */
static bool has_place(struct gate *g, int fd)
{
	unsigned whom;

	if (g->taken >= g->count) {
		turn_away(g, fd, GATE_REFUSED_FULL);
		return false;
	}
	switch (crowd_judge(g->members, g->count, g->settings.max, g->newcomer, g->now,
			    &whom)) {
	case CROWD_ADMIT:
		return true;
	case CROWD_REPLACE:
		cut(&g->places[whom], GATE_CUT_CROWDED);
		return true;
	case CROWD_REFUSE_SHARE:
		turn_away(g, fd, GATE_REFUSED_SHARE);
		return false;
	case CROWD_REFUSE_FULL:
		break;
	}
	turn_away(g, fd, GATE_REFUSED_FULL);
	return false;
}

static void set_listening(struct gate *g, bool on)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (g->listen_fd < 0 || g->listening == on)
		return;
	g->listening = on;
	epoll_ctl(g->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, g->listen_fd,
		  &event);
}

enum accepted { ACCEPTED, TURNED_AWAY, NOBODY_WAITS };

/* Takes one connection in, or turns it away. */
static enum accepted accept_one(struct gate *g)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	int fd = accept4(g->listen_fd, (struct sockaddr *)&from, &length,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		/* No descriptor, no memory: it would be ready again at once. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			set_listening(g, false);
		return errno == ECONNABORTED || errno == EINTR ? TURNED_AWAY
							       : NOBODY_WAITS;
	}
	g->newcomer = origin_of((struct sockaddr *)&from);
	if (!has_place(g, fd))
		return TURNED_AWAY;
	if (MHD_add_connection(g->daemon, fd, (struct sockaddr *)&from, length) ==
	    MHD_YES) {
		g->counters.accepted++;
		return ACCEPTED;
	}
	g->counters.refused[GATE_REFUSED_FAILED]++; /* the library has closed it */
	return TURNED_AWAY;
}

/* What is ready when more are let in than the library can close in this turn waits for
 * the next. */
static void accept_some(struct gate *g)
{
	const unsigned most = g->settings.tls ? HANDSHAKES_PER_TURN : ACCEPTS_PER_TURN;
	unsigned accepted = 0, refused = 0;

	while (g->listening && g->taken < g->count && accepted < most &&
	       refused < REFUSALS_PER_TURN)
		switch (accept_one(g)) {
		case ACCEPTED:
			accepted++;
			break;
		case TURNED_AWAY:
			refused++;
			break;
		case NOBODY_WAITS:
			return;
		}
}

void gate_stop_listening(struct gate *g)
{
	while (g->listening && accept_one(g) != NOBODY_WAITS)
		;
	set_listening(g, false);
	if (g->listen_fd >= 0)
		close(g->listen_fd);
	g->listen_fd = -1;
}

/* --- turns ---------------------------------------------------------------------------
 */
static void cut_slow(struct gate *g)
{
	bool pressed = g->taken > g->settings.max - g->settings.max / 4;
	double handshake_s = pressed ? GATE_PRESSED_MAX_S : GATE_ARRIVAL_MAX_S;

	for (unsigned i = 0; g->taken > 0 && i < g->count; i++) {
		struct place *p = &g->places[i];
		double age = g->now - p->since;

		if (p->phase == PHASE_FREE || p->cut)
			continue;
		if (p->phase == PHASE_HANDSHAKE && age > handshake_s)
			cut(p, GATE_CUT_HANDSHAKE);
		else if (p->phase == PHASE_REQUEST && age > GATE_ARRIVAL_MAX_S)
			cut(p, GATE_CUT_REQUEST);
		else if (p->phase == PHASE_IDLE && age > g->settings.idle_s)
			cut(p, GATE_CUT_IDLE);
	}
}

static bool wants_more(const struct gate *g)
{
	MHD_UNSIGNED_LONG_LONG timeout;

	return MHD_get_timeout(g->daemon, &timeout) == MHD_YES && timeout == 0;
}

bool gate_process(struct gate *g, double now)
{
	uint64_t steps = g->steps;

	g->now = now;
	accept_some(g);
	if (MHD_run(g->daemon) != MHD_YES)
		return false;
	linger_process(&g->linger, now);
	if (now - g->looked_at >= LOOK_EVERY_S) {
		g->looked_at = now;
		cut_slow(g);
		set_listening(g, true);
	}
	bool more = wants_more(g);
	g->stalled = more && g->handshaking > 0 && g->steps == steps;
	return more && !g->stalled;
}

int gate_timeout_ms(const struct gate *g)
{
	if (g->stalled)
		return STALLED_MS;
	if (wants_more(g))
		return 0;
	return g->taken > 0 || g->linger.count > 0 || !g->listening
		   ? (int)(LOOK_EVERY_S * 1e3)
		   : -1;
}

unsigned gate_max(const struct gate *g)
{
	return g->settings.max;
}

unsigned gate_connections(const struct gate *g)
{
	return g->taken;
}

void gate_hear_out(struct MHD_Connection *connection)
{
	struct place *p = place_of(connection);

	if (p)
		p->linger = true;
}

bool gate_busy(const struct gate *g)
{
	if (g->linger.count > 0)
		return true;
	for (unsigned i = 0; i < g->count; i++) {
		const struct place *p = &g->places[i];
		bool starts = !p->asked && g->now - p->since < GATE_START_S;

		if (p->phase == PHASE_HANDSHAKE || p->phase == PHASE_REQUEST ||
		    (p->phase == PHASE_IDLE && starts))
			return true;
	}
	return false;
}

static uint64_t refused_of(const struct gate *g)
{
	uint64_t sum = 0;

	for (int why = 0; why < GATE_REFUSALS; why++)
		sum += g->counters.refused[why];
	return sum;
}

bool gate_complaint(struct gate *g, double now, struct error *complaint)
{
	uint64_t refused = refused_of(g), crowded = g->counters.cut[GATE_CUT_CROWDED];
	struct origin whose = {0, 0};
	char host[INET6_ADDRSTRLEN + sizeof("/64")];

	if ((refused == g->told_refused && crowded == g->told_crowded) ||
	    (g->told_at > 0 && now - g->told_at < COMPLAIN_EVERY_S))
		return false;
	unsigned most = crowd_largest(g->members, g->count, &whose);
	origin_print(whose, host, sizeof(host));
	fail(complaint,
	     "all %u places of %s are taken, %u by %s: %" PRIu64
	     " connections refused, %" PRIu64 " cut for others",
	     g->settings.max, g->settings.where->text, most, most ? host : "nobody",
	     refused - g->told_refused, crowded - g->told_crowded);
	g->told_refused = refused;
	g->told_crowded = crowded;
	g->told_at = now;
	return true;
}

uint16_t gate_port(const struct gate *g)
{
	return g->port;
}

const struct gate_counters *gate_counters(const struct gate *g)
{
	return &g->counters;
}
