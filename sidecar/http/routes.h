/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h - what is at which path of a server, and the answers to everything else.
 *
 * A server has a table of routes. What no handler should see is answered here: 400 for
 * a target that is none, 404, 405, 413, 415, and 503 while there is no room for a body.
 * It is answered as early as can be: by the head, before the body is read; by the size,
 * while the body arrives.
 */
#ifndef DORMOUSE_HTTP_ROUTES_H
#define DORMOUSE_HTTP_ROUTES_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "bodies.h"

#define HTTP_TEXT "text/plain; charset=utf-8"
#define HTTP_JSON "application/json"

/* The two forms of metrics; see request_prefers_openmetrics(). */
#define HTTP_METRICS     "text/plain; version=0.0.4; charset=utf-8"
#define HTTP_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum http_methods { HTTP_READ /* GET and HEAD */, HTTP_POST };

struct http_routes;

/* A request that is here with its whole body. */
struct http_request {
	struct MHD_Connection *connection;
	struct http_routes *routes;
	const char *body; /* not NUL-terminated; nothing where none is taken */
	size_t body_length;
	bool unread; /* a body comes that is not read: the answer ends the connection */
};

/* Queues an answer by one of the functions below and returns what that returned. */
typedef enum MHD_Result http_handler(void *context, const struct http_request *r);

struct http_route {
	const char *path;
	enum http_methods methods;
	http_handler *answer;

	/* The body: of this media type, at most so many bytes, by this flag. NULL and
	 * 0: none is taken. */
	const char *media_type;
	size_t body_max;
	const char *body_flag;
};

struct http_routes {
	const struct http_route *table;
	size_t count;
	void *context;         /* the handlers' and refused's */
	const char *not_found; /* the line of 404 */
	struct bodies bodies;  /* all_max is to be set where a route takes bodies */
	bool closing;          /* from now on each answer ends its connection */

	/* Told of each request that was refused, with the line that it got; or NULL. */
	void (*refused)(void *context, unsigned status, const char *line);
};

/* Frees what the routes hold; after the servers that use them were closed. */
void http_routes_clear(struct http_routes *routes);

/* What an answer begins with. */
struct http_head {
	unsigned status;
	const char *type;           /* Content-Type */
	const char *header, *value; /* one header more, or NULL */
};

/* Answer with a copy of the body; with a line and a newline as text; with a response,
 * which they own. None is to be stored, or taken for something else than its type. What
 * they return is for the library; MHD_NO, on allocation failure, ends the connection.
 */
enum MHD_Result http_answer(const struct http_request *r, const struct http_head *head,
			    const char *body, size_t length);
enum MHD_Result http_answer_line(const struct http_request *r, unsigned status,
				 const char *line);
enum MHD_Result http_answer_response(const struct http_request *r,
				     const struct http_head *head,
				     struct MHD_Response *response);

/* As http_answer_line(), and the routes' refused() is told of it. */
enum MHD_Result http_refuse(const struct http_request *r, unsigned status,
			    const char *line);

/* MHD_AccessHandlerCallback and MHD_RequestCompletedCallback of a server with these
 * routes, which are the context. */
enum MHD_Result http_routes_answer(void *context, struct MHD_Connection *connection,
				   const char *target, const char *method,
				   const char *version, const char *upload,
				   size_t *upload_size, void **state);
void http_routes_completed(struct http_routes *routes, void **state);

#endif
