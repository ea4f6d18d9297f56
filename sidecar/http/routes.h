/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h - a server's table of routes, and the answers to all other requests.
 *
 * Requests that no handler should see are answered here: 400 for an invalid target,
 * 403 for a request of a foreign web page, 404, 405, 413, 415, and 503 while there is
 * no memory for a body. The answer is sent as early as possible: after the head, before
 * the body is read; or, if the body is too large, while it arrives.
 */
#ifndef DORMOUSE_HTTP_ROUTES_H
#define DORMOUSE_HTTP_ROUTES_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "bodies.h"

#define HTTP_TEXT "text/plain; charset=utf-8"
#define HTTP_JSON "application/json"

/* The two formats of metrics; see request_prefers_openmetrics(). */
#define HTTP_METRICS     "text/plain; version=0.0.4; charset=utf-8"
#define HTTP_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum http_methods { HTTP_READ /* GET and HEAD */, HTTP_POST };

struct http_routes;

/* A request that has arrived with its whole body. */
struct http_request {
	struct MHD_Connection *connection;
	struct http_routes *routes;
	const char *version; /* of its first line */
	const char *body;    /* not NUL-terminated; empty if the route accepts none */
	size_t body_length;
	bool unread; /* its body is not read, so the answer closes the connection */
};

/* Queues an answer with one of the functions below and returns that function's
 * result. */
typedef enum MHD_Result http_handler(void *context, const struct http_request *r);

struct http_route {
	const char *path;
	enum http_methods methods;
	http_handler *answer;

	/* The body: its media type, its maximum bytes, and the flag that sets this
	 * maximum. NULL and 0: no body is accepted. */
	const char *media_type;
	size_t body_max;
	const char *body_flag;
};

struct http_routes {
	const struct http_route *table;
	size_t count;
	void *context;         /* for the handlers and refused() */
	const char *not_found; /* the text of 404 */
	struct bodies bodies;  /* set all_max if a route accepts bodies */
	bool closing;          /* each answer closes its connection */
	bool local;            /* no page of another origin may read: local_request.h */

	/* Called for each refused request, with the line of its answer; or NULL. */
	void (*refused)(void *context, unsigned status, const char *line);
};

/* Frees what the routes hold. Call it after the servers that use them are closed. */
void http_routes_clear(struct http_routes *routes);

/* The head of an answer. */
struct http_head {
	unsigned status;
	const char *type;           /* Content-Type */
	const char *header, *value; /* an additional header, or NULL */
};

/* The head of a page of metrics in the text format or OpenMetrics. The format depends
 * on the request's Accept headers, which caches must know. */
struct http_head http_head_of_metrics(bool openmetrics);

/* Answer with a copy of the body; with a line and a newline as text; with a response,
 * which the function frees. The headers forbid caching and guessing of another type.
 * Return a result for the library; MHD_NO, on allocation failure, ends the
 * connection. */
enum MHD_Result http_answer(const struct http_request *r, const struct http_head *head,
			    const char *body, size_t length);
enum MHD_Result http_answer_line(const struct http_request *r, unsigned status,
				 const char *line);
enum MHD_Result http_answer_response(const struct http_request *r,
				     const struct http_head *head,
				     struct MHD_Response *response);

/* As http_answer_line(), and calls the routes' refused(). */
enum MHD_Result http_refuse(const struct http_request *r, unsigned status,
			    const char *line);

/* MHD_AccessHandlerCallback and MHD_RequestCompletedCallback of a server; the context
 * is its struct http_routes. */
enum MHD_Result http_routes_answer(void *context, struct MHD_Connection *connection,
				   const char *target, const char *method,
				   const char *version, const char *upload,
				   size_t *upload_size, void **state);
void http_routes_completed(struct http_routes *routes, void **state);

#endif
