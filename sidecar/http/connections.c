/* SPDX-License-Identifier: Apache-2.0 */
/* connections.c - tracks connections through the library's notifications. */
#include "connections.h"

#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Spare places, beyond the limit: one in SPARE_PART of it, but at most SPARE_MAX, which
 * is enough for one turn. */
#define SPARE_PART 4
#define SPARE_MAX  8

/* Minimum time between two checks of the time limits, seconds. */
#define LOOK_EVERY_S 0.25

unsigned connections_spare(const struct http_limits *limits)
{
	unsigned spare = limits->max / SPARE_PART;

	return spare > SPARE_MAX ? SPARE_MAX : spare > 0 ? spare : 1;
}

int connections_init(struct connections *c, const struct http_settings *settings,
		     int epoll_fd)
{
	const struct http_limits *limits = &settings->limits;
	unsigned count = limits->max + limits->reserve + connections_spare(limits);

	*c =
	    (struct connections){.settings = settings, .count = count, .due = INFINITY};
	c->lingering.epoll_fd = epoll_fd;
	c->members = calloc(count, sizeof(*c->members));
	c->list = calloc(count, sizeof(*c->list));
	if (c->members && c->list)
		return 0;
	connections_free(c);
	return -1;
}

void connections_free(struct connections *c)
{
	lingering_close_all(&c->lingering);
	free(c->members);
	free(c->list);
	c->members = NULL;
	c->list = NULL;
}

/* --- phases --------------------------------------------------------------------------
 */
/* Sets the stage that crowd.h uses. */
static void set_stage(struct connection *c)
{
	static const enum crowd_stage stages[] = {
	    [PHASE_FREE] = STAGE_FREE,
	    [PHASE_HANDSHAKE] = STAGE_NEW,
	    [PHASE_IDLE] = STAGE_IDLE,
	    [PHASE_REQUEST] = STAGE_REQUEST,
	};
	struct connections *all = c->all;
	enum crowd_stage stage = stages[c->phase];

	if (c->phase == PHASE_IDLE && !c->asked)
		stage = STAGE_NEW;
	if (c->cut && stage != STAGE_FREE)
		stage = STAGE_ENDING;
	crowd_enter(all->members, all->count, (unsigned)(c - all->list), stage,
		    all->now);
}

/* Time limit of a phase, seconds. */
static double limit_of(const struct connections *all, enum phase phase)
{
	const struct http_limits *limits = &all->settings->limits;
	bool pressed = all->taken > limits->max - limits->max / 4;

	switch (phase) {
	case PHASE_HANDSHAKE:
		return pressed ? limits->handshake_pressed_s : limits->handshake_s;
	case PHASE_IDLE:
		return limits->idle_s;
	case PHASE_REQUEST:
		return limits->request_s;
	case PHASE_FREE:
		break;
	}
	return INFINITY;
}

/* Seconds until a phase is checked. A handshake is checked at its shorter limit,
 * because that limit may apply by then. */
static double looked_at_after(const struct connections *all, enum phase phase)
{
	return phase == PHASE_HANDSHAKE ? all->settings->limits.handshake_pressed_s
					: limit_of(all, phase);
}

void connection_enter(struct connection *c, enum phase phase)
{
	struct connections *all = c->all;
	double due = all->now + looked_at_after(all, phase);

	all->steps++;
	all->handshaking -= c->phase == PHASE_HANDSHAKE;
	all->handshaking += phase == PHASE_HANDSHAKE;
	c->phase = phase;
	c->since = all->now;
	if (due < all->due)
		all->due = due;
	if (!c->cut)
		set_stage(c);
}

static void tell_own(const struct connections *all, int fd, bool closing)
{
	const struct http_settings *settings = all->settings;

	if (settings->own_socket)
		settings->own_socket(settings->own_context, fd, closing);
}

static struct connection *free_place(struct connections *all)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->list[i].phase == PHASE_FREE)
			return &all->list[i];
	return NULL;
}

struct connection *connection_opened(struct connections *all, int fd,
				     struct crowd_origin from)
{
	struct connection *c = free_place(all);

	if (!c) /* unreachable: the library has the same limit */
		return NULL;
	*c = (struct connection){.fd = fd, .all = all};
	all->taken++;
	crowd_join(all->members, all->count, (unsigned)(c - all->list), from, all->now);
	connection_enter(c, all->settings->tls ? PHASE_HANDSHAKE : PHASE_IDLE);
	tell_own(all, fd, false);
	return c;
}

void connection_closed(struct connection *c)
{
	struct connections *all = c->all;

	tell_own(all, c->fd, true);
	if (c->lingers && !c->cut)
		lingering_close_add(&all->lingering, c->fd, all->now);
	all->counters.handshakes_ended += c->phase == PHASE_HANDSHAKE && !c->cut;
	all->taken--;
	c->cut = false;
	connection_enter(c, PHASE_FREE);
}

void http_handshake_done(struct connection *whose)
{
	if (whose->phase == PHASE_HANDSHAKE)
		connection_enter(whose, PHASE_IDLE);
}

void http_handshake_refused(struct connection *whose)
{
	whose->lingers = true;
}

/* --- cutting -------------------------------------------------------------------------
 */
void connection_cut(struct connection *c, enum http_cut why)
{
	shutdown(c->fd, SHUT_RDWR);
	c->cut = true;
	set_stage(c);
	c->all->counters.cut[why]++;
}

void connections_cut_slow(struct connections *all)
{
	static const enum http_cut reasons[] = {
	    [PHASE_HANDSHAKE] = HTTP_CUT_HANDSHAKE,
	    [PHASE_IDLE] = HTTP_CUT_IDLE,
	    [PHASE_REQUEST] = HTTP_CUT_REQUEST,
	};
	double due = INFINITY;

	if (all->now < all->due)
		return;
	for (unsigned i = 0; i < all->count; i++) {
		struct connection *c = &all->list[i];

		if (c->phase == PHASE_FREE || c->cut)
			continue;
		if (all->now - c->since > limit_of(all, c->phase))
			connection_cut(c, reasons[c->phase]);
		else
			due = fmin(due, c->since + looked_at_after(all, c->phase));
	}
	all->due = fmax(due, all->now + LOOK_EVERY_S);
}

double connections_due_s(const struct connections *all)
{
	if (all->lingering.count > 0)
		return LOOK_EVERY_S;
	return all->taken > 0 ? fmax(all->due - all->now, 0) : -1;
}

bool connections_busy(const struct connections *all)
{
	if (all->lingering.count > 0)
		return true;
	for (unsigned i = 0; i < all->count; i++) {
		const struct connection *c = &all->list[i];
		bool starts = !c->asked && all->now - c->since < HTTP_START_S;

		if (c->phase == PHASE_HANDSHAKE || c->phase == PHASE_REQUEST ||
		    (c->phase == PHASE_IDLE && starts))
			return true;
	}
	return false;
}

/* --- notifications of the library ----------------------------------------------------
 */
struct connection *connection_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void connection_linger(struct MHD_Connection *connection)
{
	struct connection *c = connection_of(connection);

	if (c)
		c->lingers = true;
}

void connections_retire(struct connections *all)
{
	for (unsigned i = 0; i < all->count; i++)
		all->list[i].retired = all->list[i].phase != PHASE_FREE;
}

bool connection_is_retired(struct MHD_Connection *connection)
{
	const struct connection *c = connection_of(connection);

	return c && c->retired;
}

void connection_send(struct MHD_Connection *connection, const char *data, size_t length)
{
	struct connection *c = connection_of(connection);

	if (c && c->all->settings->tls)
		c->all->settings->tls->send(connection, data, length);
	else if (c)
		send(c->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static struct connection *opened(struct connections *all,
				 struct MHD_Connection *connection)
{
	/* From libmicrohttpd 1.0 on, the next query about a connection overwrites this
	 * answer. */
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct crowd_origin from = crowd_origin_of(info->client_addr);

	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *c = connection_opened(all, info->connect_fd, from);
	if (c && all->settings->tls)
		all->settings->tls->begun(connection, c);
	return c;
}

void connections_changed(void *context, struct MHD_Connection *connection,
			 void **socket_context,
			 enum MHD_ConnectionNotificationCode event)
{
	if (event == MHD_CONNECTION_NOTIFY_STARTED)
		*socket_context = opened(context, connection);
	else if (*socket_context)
		connection_closed(*socket_context); /* the socket is still open */
}

/* Called when a request's first line has arrived. The result becomes the request's
 * state. */
void *connections_request_began(void *context, const char *uri,
				struct MHD_Connection *connection)
{
	struct connection *c = connection_of(connection);

	(void)context;
	(void)uri;
	if (c) {
		c->asked = true;
		connection_enter(c, PHASE_REQUEST);
	}
	return NULL;
}

void connections_request_ended(void *context, struct MHD_Connection *connection,
			       void **state, enum MHD_RequestTerminationCode how)
{
	struct connections *all = context;
	struct connection *c = connection_of(connection);

	if (c) {
		connection_enter(c, PHASE_IDLE);
		if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
			tell_own(all, c->fd, false);
	}
	http_routes_completed(all->settings->routes, state);
}
