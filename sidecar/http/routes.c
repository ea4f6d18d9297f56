/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c - finds the handler of a request, or the reason to refuse it. */
#include "routes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "connections.h"
#include "local_request.h"
#include "request.h"

#define LINE_MAX 128

/* The state of a request that has no body, or none yet. */
static struct body no_body;

static const struct {
	const char *allow, *words;
} methods_said[] = {
    [HTTP_READ] = {"GET, HEAD", "GET and HEAD"},
    [HTTP_POST] = {"POST", "POST"},
};

/* --- answers -------------------------------------------------------------------------
 */
static bool add_header(struct MHD_Response *response, const char *name,
		       const char *value)
{
	return MHD_add_response_header(response, name, value) == MHD_YES;
}

/* Nothing of the answer can be read, framed or used by another origin's pages. A page
 * of ours has a policy of its own. */
static bool add_isolation(const struct http_head *head, struct MHD_Response *response)
{
	static const char policy[] = "Content-Security-Policy";
	bool has_policy = head->header && strcmp(head->header, policy) == 0;

	return add_header(response, "Cross-Origin-Resource-Policy", "same-origin") &&
	       (has_policy || add_header(response, policy,
					 "default-src 'none'; frame-ancestors 'none'"));
}

static bool add_headers(const struct http_request *r, const struct http_head *head,
			struct MHD_Response *response)
{
	bool last =
	    r->unread || r->routes->closing || connection_is_retired(r->connection);

	return add_header(response, "Content-Type", head->type) &&
	       add_header(response, "Cache-Control", "no-store") &&
	       add_header(response, "X-Content-Type-Options", "nosniff") &&
	       (!r->routes->local || add_isolation(head, response)) &&
	       (!head->header || add_header(response, head->header, head->value)) &&
	       (!last || add_header(response, "Connection", "close"));
}

enum MHD_Result http_answer_response(const struct http_request *r,
				     const struct http_head *head,
				     struct MHD_Response *response)
{
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if (r->unread)
		connection_linger(r->connection);
	if (add_headers(r, head, response))
		result = MHD_queue_response(r->connection, head->status, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result http_answer(const struct http_request *r, const struct http_head *head,
			    const char *body, size_t length)
{
	return http_answer_response(
	    r, head,
	    MHD_create_response_from_buffer(length, (void *)(uintptr_t)body,
					    MHD_RESPMEM_MUST_COPY));
}

struct http_head http_head_of_metrics(bool openmetrics)
{
	return (struct http_head){MHD_HTTP_OK,
				  openmetrics ? HTTP_OPENMETRICS : HTTP_METRICS, "Vary",
				  "Accept"};
}

/* Makes the text of an answer from a line. */
static struct text text_of_line(char text[LINE_MAX + 1], const char *line)
{
	struct text t = text_over(text, LINE_MAX + 1);

	text_printf(&t, "%.*s\n", LINE_MAX - 1, line);
	return t;
}

static enum MHD_Result answer_line(const struct http_request *r,
				   const struct http_head *head, const char *line)
{
	char text[LINE_MAX + 1];
	struct text t = text_of_line(text, line);

	return http_answer(r, head, t.data, t.length);
}

enum MHD_Result http_answer_line(const struct http_request *r, unsigned status,
				 const char *line)
{
	return answer_line(r, &(struct http_head){status, HTTP_TEXT, NULL, NULL}, line);
}

/* --- refusals ------------------------------------------------------------------------
 */
/* Why a request is refused. */
struct refusal {
	struct http_head head; /* the head of the answer */
	char line[LINE_MAX];
};

static void say(struct refusal *why, unsigned status, const char *header,
		const char *value, const char *line)
{
	struct text t = text_over(why->line, sizeof(why->line));

	why->head = (struct http_head){status, HTTP_TEXT, header, value};
	text_put(&t, line);
}

static void say_method(struct refusal *why, const struct http_route *route)
{
	char line[LINE_MAX];
	struct text t = text_over(line, sizeof(line));

	text_printf(&t, "only %s", methods_said[route->methods].words);
	say(why, MHD_HTTP_METHOD_NOT_ALLOWED, "Allow",
	    methods_said[route->methods].allow, line);
}

static void say_too_large(struct refusal *why, const struct http_route *route)
{
	char line[LINE_MAX];
	struct text t = text_over(line, sizeof(line));

	if (route->body_max == 0)
		text_put(&t, "this path accepts no body");
	else
		text_printf(&t, "the body is over %zu bytes (%s)", route->body_max,
			    route->body_flag);
	say(why, MHD_HTTP_CONTENT_TOO_LARGE, NULL, NULL, line);
}

static void say_media_type(struct refusal *why, const struct http_route *route)
{
	char line[LINE_MAX];
	struct text t = text_over(line, sizeof(line));

	text_printf(&t, "the Content-Type must be %s", route->media_type);
	say(why, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "Accept", route->media_type, line);
}

static void say_busy(struct refusal *why)
{
	say(why, MHD_HTTP_SERVICE_UNAVAILABLE, "Retry-After", "1",
	    "too many large bodies at the moment");
}

static void tell_refused(const struct http_request *r, unsigned status,
			 const char *line)
{
	if (r->routes->refused)
		r->routes->refused(r->routes->context, status, line);
}

static enum MHD_Result refuse(const struct http_request *r, const struct refusal *why)
{
	tell_refused(r, why->head.status, why->line);
	return answer_line(r, &why->head, why->line);
}

enum MHD_Result http_refuse(const struct http_request *r, unsigned status,
			    const char *line)
{
	tell_refused(r, status, line);
	return http_answer_line(r, status, line);
}

/* Answers while the body is still arriving. The library cannot do that, so the answer
 * is sent without it: at that point the library has nothing else to send. The
 * connection is then closed. */
static enum MHD_Result refuse_midway(const struct http_request *r,
				     const struct refusal *why)
{
	char head[LINE_MAX + 256], line[LINE_MAX + 1];
	struct text t = text_over(head, sizeof(head));
	struct text body = text_of_line(line, why->line);

	tell_refused(r, why->head.status, why->line);
	connection_linger(r->connection);
	text_printf(&t,
		    "HTTP/1.1 %u Refused\r\nConnection: close\r\n"
		    "Content-Type: " HTTP_TEXT "\r\n",
		    why->head.status);
	if (why->head.header)
		text_printf(&t, "%s: %s\r\n", why->head.header, why->head.value);
	text_printf(&t, "Content-Length: %zu\r\n\r\n%s", body.length, body.data);
	/* If it is not sent completely, the client sees the end of the stream without
	 * an answer. */
	if (!t.overflowed)
		connection_send(r->connection, t.data, t.length);
	return MHD_NO;
}

/* --- routing -------------------------------------------------------------------------
 */
static bool takes(const struct http_route *route, const char *method)
{
	if (route->methods == HTTP_POST)
		return strcmp(method, "POST") == 0;
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static bool is_of_type(struct MHD_Connection *c, const char *wanted)
{
	const char *type =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");
	size_t length = strlen(wanted);

	return type && strncasecmp(type, wanted, length) == 0 &&
	       (type[length] == '\0' || strchr("; \t", type[length]));
}

static size_t announced_length(struct MHD_Connection *c)
{
	const char *length =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");

	return length ? strtoull(length, NULL, 10) : 0;
}

static const struct http_route *find(const struct http_routes *routes, const char *path)
{
	for (size_t i = 0; path && i < routes->count; i++)
		if (strcmp(path, routes->table[i].path) == 0)
			return &routes->table[i];
	return NULL;
}

/* The route of a request, found by its head; or NULL with the reason in `*why`. */
static const struct http_route *route_of(const struct http_request *r,
					 const char *target, const char *method,
					 bool has_body, struct refusal *why)
{
	const char *path = request_path(target);
	const struct http_route *route = find(r->routes, path);
	const char *foreign =
	    r->routes->local ? local_request_refusal(r->connection, target, r->version)
			     : NULL;

	if (!path)
		say(why, MHD_HTTP_BAD_REQUEST, NULL, NULL, REQUEST_TARGET_WANTED);
	else if (foreign)
		say(why, MHD_HTTP_FORBIDDEN, NULL, NULL, foreign);
	else if (!route)
		say(why, MHD_HTTP_NOT_FOUND, NULL, NULL, r->routes->not_found);
	else if (!takes(route, method))
		say_method(why, route);
	else if (route->media_type && !is_of_type(r->connection, route->media_type))
		say_media_type(why, route);
	else if (has_body && (route->body_max == 0 ||
			      announced_length(r->connection) > route->body_max))
		say_too_large(why, route);
	else
		return route;
	return NULL;
}

/* Handles a request's head. If there is no body, the library calls once more, and that
 * call answers. */
static enum MHD_Result begin(struct http_request *r, const char *target,
			     const char *method, void **state)
{
	const struct http_route *route;
	struct refusal why;

	*state = &no_body;
	if (!request_has_body(r->connection))
		return MHD_YES;
	r->unread = true;
	route = route_of(r, target, method, true, &why);
	if (!route)
		return refuse(r, &why);
	*state = body_new(&r->routes->bodies, route->body_max);
	if (*state)
		return MHD_YES;
	say_busy(&why);
	return refuse(r, &why);
}

/* Adds a piece of the body of a request that has a route. */
static enum MHD_Result take(const struct http_request *r, const char *target,
			    struct body *body, const char *piece, size_t *length)
{
	struct refusal why;

	switch (body_add(&r->routes->bodies, body, piece, *length)) {
	case BODY_TAKEN:
		*length = 0;
		return MHD_YES;
	case BODY_TOO_LARGE:
		say_too_large(&why, find(r->routes, request_path(target)));
		break;
	case BODY_NO_ROOM:
		say_busy(&why);
		break;
	}
	return refuse_midway(r, &why);
}

enum MHD_Result http_routes_answer(void *context, struct MHD_Connection *connection,
				   const char *target, const char *method,
				   const char *version, const char *upload,
				   size_t *upload_size, void **state)
{
	struct http_request r = {
	    .connection = connection, .routes = context, .version = version};
	struct body *body = *state;
	struct refusal why;

	if (!body)
		return begin(&r, target, method, state);
	if (*upload_size > 0)
		return take(&r, target, body, upload, upload_size);
	const struct http_route *route = route_of(&r, target, method, false, &why);
	if (!route)
		return refuse(&r, &why);
	r.body = body->data;
	r.body_length = body->length;
	return route->answer(r.routes->context, &r);
}

void http_routes_completed(struct http_routes *routes, void **state)
{
	if (*state != &no_body)
		body_free(&routes->bodies, *state);
	*state = NULL;
}

void http_routes_clear(struct http_routes *routes)
{
	bodies_clear(&routes->bodies);
}
