/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h - a listening socket with its HTTP daemon: who comes in, for how long,
 * and where requests go.
 *
 * Connections are accepted here, not by the library: few at a time, so that a crowd of
 * new ones (a TLS handshake costs as much as ten reviews) does not stand before those
 * that are being served. When all places are taken, crowd.h says who yields. All bounds
 * are kept here, each with a counter.
 */
#ifndef DORMOUSE_HTTP_HTTP_SERVER_H
#define DORMOUSE_HTTP_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "listen.h"
#include "routes.h"

/* How long a connection without a request counts as one whose request is on its way. */
#define HTTP_START_S 1.0

/* Why a connection was cut. */
enum http_cut {
	HTTP_CUT_HANDSHAKE, /* "handshake": it took too long */
	HTTP_CUT_REQUEST,   /* "request": likewise */
	HTTP_CUT_IDLE,      /* "idle" */
	HTTP_CUT_CROWDED,   /* "crowded": others wanted its place, see crowd.h */
	HTTP_CUTS,
};

/* Why a connection was closed as soon as it was accepted. */
enum http_refused {
	HTTP_REFUSED_SHARE,  /* "share": all places taken, and many by its host */
	HTTP_REFUSED_FULL,   /* "full": all places taken, and nobody yields */
	HTTP_REFUSED_FAILED, /* "failed": the library has not taken it */
	HTTP_REFUSALS,
};

const char *http_cut_name(enum http_cut cut);
const char *http_refused_name(enum http_refused refused);

/* Times are seconds. */
struct http_limits {
	unsigned max;      /* connections */
	unsigned host_max; /* of these of one host; max: no other limit */
	unsigned backlog;  /* connections that the kernel keeps for us */
	size_t bytes;      /* of a connection, for a head and a piece of a body */
	double idle_s;     /* between requests */
	double request_s;  /* from a request's first line to the end of its answer */

	/* A TLS handshake; likewise while most places are taken. */
	double handshake_s, handshake_pressed_s;
};

struct connection;

/* TLS, which the servers that have it bring with them: this room does without. */
struct http_tls {
	const struct MHD_OptionItem *options; /* up to MHD_OPTION_END */

	/* A handshake begins: http_handshake_done() is to be called when it is over. */
	void (*begun)(struct MHD_Connection *connection, struct connection *whose);

	/* Sends in the connection's session, as much as can be sent at once. */
	void (*send)(struct MHD_Connection *connection, const char *data,
		     size_t length);
};

void http_handshake_done(struct connection *whose);

struct http_settings {
	const struct listen_address *where;
	const char *flag;           /* that chose the address */
	const struct http_tls *tls; /* NULL: in the clear */
	struct http_limits limits;
	struct http_routes *routes;  /* outlive the server */
	http_own_socket *own_socket; /* or NULL */
	void *own_context;
};

struct http_counters {
	uint64_t accepted;
	uint64_t refused[HTTP_REFUSALS];
	uint64_t handshakes_ended; /* by the client, or in an error */
	uint64_t cut[HTTP_CUTS];
};

struct http_server;

/* Binds, listens, and adds itself to the epoll set, always as EPOLLIN. Whatever is
 * ready there, http_servers_process() is to be called. */
struct http_server *http_server_open(const struct http_settings *settings, int epoll_fd,
				     struct error *err);
void http_server_close(struct http_server *s);

/* Accepts, reads and answers, in turns of each server; `now` in monotonic seconds. */
void http_servers_process(struct http_server *const *servers, unsigned count,
			  double now);

/* Milliseconds until that is to be done at the latest; -1: when a descriptor is ready.
 */
int http_servers_timeout_ms(struct http_server *const *servers, unsigned count);

/* Takes in whoever has connected already, then listens no longer. */
void http_server_stop_listening(struct http_server *s);

/* Whether a handshake or a request is under way, or may be. */
bool http_server_busy(const struct http_server *s);

/* Who was kept out since the last time, in words, at most once a minute; false when
 * nobody was. */
bool http_server_complaint(struct http_server *s, double now, struct error *complaint);

unsigned http_server_connections(const struct http_server *s);
unsigned http_server_max(const struct http_server *s);
uint16_t http_server_port(const struct http_server *s);
const struct http_counters *http_server_counters(const struct http_server *s);

#endif
