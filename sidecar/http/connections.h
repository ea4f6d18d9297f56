/* SPDX-License-Identifier: Apache-2.0 */
/* connections.h - a server's open connections: what each is about, and for how long.
 *
 * The library's own time-out begins anew with each byte: a client that sends one now
 * and then would keep its place. So each connection has a clock here, by what it is
 * about.
 */
#ifndef DORMOUSE_HTTP_CONNECTIONS_H
#define DORMOUSE_HTTP_CONNECTIONS_H

#include <stdint.h>

#include "crowd.h"
#include "http_server.h"
#include "lingering_close.h"

/* What a connection is about. */
enum phase { PHASE_FREE, PHASE_HANDSHAKE, PHASE_IDLE, PHASE_REQUEST };

struct connections;

struct connection {
	enum phase phase;
	int fd;
	bool cut;     /* shut down, not yet closed */
	bool asked;   /* had a request */
	bool lingers; /* what still comes is to be thrown away */
	double since; /* this phase, monotonic seconds */
	struct connections *all;
};

struct connections {
	const struct http_settings *settings;
	struct http_counters counters;
	double now;           /* monotonic seconds, set by the server in each turn */
	double due;           /* when the first of them may have taken too long */
	unsigned taken;       /* connections that are open */
	unsigned handshaking; /* of these */
	uint64_t steps;       /* events of any of them so far */
	struct lingering_closes lingering;
	unsigned count; /* places, with those beyond the limit */
	struct crowd_member *members;
	struct connection *list;
};

/* Places for settings->limits.max connections and some more, for those that replace
 * others which are still to be closed. The settings outlive them; `epoll_fd` is where
 * lingering connections wait. -1 on allocation failure. */
int connections_init(struct connections *c, const struct http_settings *settings,
		     int epoll_fd);

/* After the daemon has stopped. */
void connections_free(struct connections *c);

/* Places beyond the limit. */
unsigned connections_spare(const struct http_limits *limits);

/* A connection from there has been accepted; NULL when there is no place. The caller
 * owns the descriptor. connection_closed() is to be called right before it is closed.
 */
struct connection *connection_opened(struct connections *all, int fd,
				     struct crowd_origin from);
void connection_closed(struct connection *c);

/* What the connection is about from now on. */
void connection_enter(struct connection *c, enum phase phase);

/* Ends a connection: the library sees the end of the stream and closes it. */
void connection_cut(struct connection *c, enum http_cut why);

/* Cuts whoever has taken too long, if it is time to look. This is the only place where
 * that is decided. */
void connections_cut_slow(struct connections *all);

/* Seconds until it is time to look; negative: nobody is there. */
double connections_due_s(const struct connections *all);

/* Whether a handshake or a request is under way, or may be: the first request is given
 * HTTP_START_S after the handshake. */
bool connections_busy(const struct connections *all);

/* The library's connection as one of ours, NULL if it had no place. */
struct connection *connection_of(struct MHD_Connection *connection);

/* It is being answered although more is to come, and will be closed: what comes is
 * thrown away until the client has the answer. */
void connection_linger(struct MHD_Connection *connection);

/* Sends past the library, as much as can be sent at once. */
void connection_send(struct MHD_Connection *connection, const char *data,
		     size_t length);

/* For MHD_OPTION_NOTIFY_CONNECTION, MHD_OPTION_URI_LOG_CALLBACK and
 * MHD_OPTION_NOTIFY_COMPLETED; the context is the struct connections. */
void connections_changed(void *context, struct MHD_Connection *connection,
			 void **socket_context,
			 enum MHD_ConnectionNotificationCode event);
void *connections_request_began(void *context, const char *uri,
				struct MHD_Connection *connection);
void connections_request_ended(void *context, struct MHD_Connection *connection,
			       void **state, enum MHD_RequestTerminationCode how);

#endif
