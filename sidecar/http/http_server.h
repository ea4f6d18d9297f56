/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h - a listening socket with its HTTP daemon: admits connections, limits
 * their time, and routes requests.
 *
 * Connections are accepted here, not by the library: few at a time, so that a crowd of
 * new ones (a TLS handshake costs as much as ten reviews) does not delay the
 * connections that are being served. When all places are taken, crowd.h says who
 * yields. All limits are kept here, each with a counter.
 */
#ifndef DORMOUSE_HTTP_HTTP_SERVER_H
#define DORMOUSE_HTTP_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "http_counters.h"
#include "listen.h"
#include "routes.h"

/* A new connection counts as busy for this time, because its first request may be on
 * its way; seconds. */
#define HTTP_START_S 1.0

/* Times are in seconds. */
struct http_limits {
	unsigned max;      /* connections */
	unsigned host_max; /* of these, of one host; max: no separate limit */
	unsigned reserve;  /* more, for hosts that hold few: see crowd.h */
	unsigned backlog;  /* connections that wait in the kernel */
	size_t bytes;      /* memory of a connection, for a request's head and a piece
			    * of its body */
	double idle_s;     /* between requests */
	double request_s;  /* from a request's first line to the end of its answer */

	/* A TLS handshake; the second while most places are taken. */
	double handshake_s, handshake_pressed_s;
};

struct connection;

/* TLS, supplied by the servers that use it: this room does not depend on it. */
struct http_tls {
	const struct MHD_OptionItem *options; /* up to MHD_OPTION_END */

	/* A handshake begins. The callee calls http_handshake_done() when it is
	 * over. */
	void (*begun)(struct MHD_Connection *connection, struct connection *whose);

	/* Sends in the TLS session, as much as one call can send. */
	void (*send)(struct MHD_Connection *connection, const char *data,
		     size_t length);
};

void http_handshake_done(struct connection *whose);

/* A handshake failed after an alert was sent. The close then waits until the client has
 * the alert. */
void http_handshake_refused(struct connection *whose);

struct http_settings {
	const struct listen_address *where;
	const char *flag;           /* name of the flag that sets the address */
	const struct http_tls *tls; /* NULL: no TLS */
	struct http_limits limits;
	struct http_routes *routes;  /* must outlive the server */
	http_own_socket *own_socket; /* or NULL */
	void *own_context;
};

struct http_server;

/* Makes a server in the epoll set; all its descriptors wait there as EPOLLIN. Call
 * http_servers_process() whenever that set is ready. If it cannot listen, that is
 * logged and tried again: see listener.h. NULL on failure. */
struct http_server *http_server_open(const struct http_settings *settings, int epoll_fd,
				     struct error *err);
void http_server_close(struct http_server *s);

/* Accepts, reads and answers, in turns for each server; `now` is in monotonic
 * seconds. */
void http_servers_process(struct http_server *const *servers, unsigned count,
			  double now);

/* Milliseconds until http_servers_process() must run at the latest; -1: only when a
 * descriptor is ready. */
int http_servers_timeout_ms(struct http_server *const *servers, unsigned count);

/* Admits the connections that wait, then stops listening. */
void http_server_stop_listening(struct http_server *s);

/* Lets each connection that is open now have one more answer, which closes it. */
void http_server_retire_connections(struct http_server *s);

/* Whether a handshake or a request is in progress, or may begin; see
 * connections_busy(). */
bool http_server_busy(const struct http_server *s);

/* Describes the connections that were refused or cut for others since the last
 * complaint, at most once a minute. False when there is nothing to report. */
bool http_server_complaint(struct http_server *s, double now, struct error *complaint);

unsigned http_server_connections(const struct http_server *s);
unsigned http_server_max(const struct http_server *s);

/* Whether it has its listening socket, and the bound port in host byte order: 0 if it
 * never had it. */
bool http_server_listens(const struct http_server *s);
uint16_t http_server_port(const struct http_server *s);

const struct http_counters *http_server_counters(const struct http_server *s);

#endif
