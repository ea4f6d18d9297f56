/* SPDX-License-Identifier: Apache-2.0 */
/* connections.h - a server's open connections: the phase of each, and its time limit.
 *
 * The library's own timeout restarts with each byte, so a client that sends one byte
 * now and then would keep its place. Here each phase of a connection has a time limit.
 */
#ifndef DORMOUSE_HTTP_CONNECTIONS_H
#define DORMOUSE_HTTP_CONNECTIONS_H

#include <stdint.h>

#include "crowd.h"
#include "http_server.h"
#include "lingering_close.h"

/* The phase of a connection. */
enum phase { PHASE_FREE, PHASE_HANDSHAKE, PHASE_IDLE, PHASE_REQUEST };

struct connections;

struct connection {
	enum phase phase;
	int fd;
	bool cut;     /* shut down, but not yet closed */
	bool asked;   /* has sent a request */
	bool lingers; /* further input is discarded after the close */
	bool retired; /* its next answer closes it */
	double since; /* begin of this phase, monotonic seconds */
	struct connections *all;
};

struct connections {
	const struct http_settings *settings;
	struct http_counters counters;
	double now;           /* monotonic seconds, set by the server in each turn */
	double due;           /* when the first connection may exceed its limit */
	unsigned taken;       /* open connections */
	unsigned handshaking; /* of these, in a handshake */
	uint64_t steps;       /* events of all connections so far */
	struct lingering_closes lingering;
	unsigned count; /* places, including the spare ones */
	struct crowd_member *members;
	struct connection *list;
};

/* Makes places for settings->limits.max connections and some spare ones, for
 * connections that replace others which are not closed yet. The settings must outlive
 * `c`; lingering connections wait in `epoll_fd`. Returns 0, or -1 on allocation
 * failure. */
int connections_init(struct connections *c, const struct http_settings *settings,
		     int epoll_fd);

/* Call it after the daemon has stopped. */
void connections_free(struct connections *c);

/* Number of places beyond the limit. */
unsigned connections_spare(const struct http_limits *limits);

/* Registers an accepted connection; NULL when no place is free. The caller owns the
 * descriptor, and calls connection_closed() immediately before it closes it. */
struct connection *connection_opened(struct connections *all, int fd,
				     struct crowd_origin from);
void connection_closed(struct connection *c);

/* Sets the connection's phase. */
void connection_enter(struct connection *c, enum phase phase);

/* Shuts a connection down: the library then sees the end of the stream and closes
 * it. */
void connection_cut(struct connection *c, enum http_cut why);

/* Cuts connections that exceeded their time limit, if a check is due. Only this
 * function does so. */
void connections_cut_slow(struct connections *all);

/* Seconds until the next check is due; negative: there are no connections. */
double connections_due_s(const struct connections *all);

/* Whether a handshake or a request is in progress, or a request may begin: after the
 * handshake, the client has HTTP_START_S for its first request. */
bool connections_busy(const struct connections *all);

/* Our record of the library's connection; NULL if it had no place. */
struct connection *connection_of(struct MHD_Connection *connection);

/* Marks a connection that is answered before its request is complete, and then closed.
 * Further input is discarded until the client has the answer. */
void connection_linger(struct MHD_Connection *connection);

/* Retires the connections that are open now, also those in a handshake. */
void connections_retire(struct connections *all);
bool connection_is_retired(struct MHD_Connection *connection);

/* Sends without the library, as much as one call can send. */
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
