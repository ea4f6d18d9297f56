/* SPDX-License-Identifier: Apache-2.0 */
/* reviews.c - requests that may be reviews. What is none is refused as early as can be:
 * by its head, before the body is read; by its size, while it arrives.
 */
#include "reviews.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "gate.h"
#include "http/bodies.h"
#include "http/request.h"

#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"

/* What all bodies that are not small may take together. */
#define BODIES_MAX (8 * 1024 * 1024)

/* A review's values, besides its strings (see json_review_limits). Reserved, not
 * touched. */
#define VALUES_MAX (5 * 1024 * 1024)

#define REFUSAL_MAX 128

/* Refusals that need no look at the body: made once. */
struct refused {
	char text[REFUSAL_MAX];
	struct MHD_Response *response;
};

struct reviews {
	struct reviews_source source;
	struct json_memory *memory;
	struct bodies bodies;
	struct refused refused[REFUSALS];
	bool draining;
	char answer[REVIEW_ANSWER_MAX + 1];
};

static const struct {
	const char *text;
	const char *header, *value; /* one more, or NULL */
} refusals[REFUSALS] = {
    [REFUSED_BROKEN] = {"the body is empty: POST an AdmissionReview", NULL, NULL},
    [REFUSED_PATH] = {"not found: reviews go to /inject", NULL, NULL},
    [REFUSED_METHOD] = {"only POST", "Allow", "POST"},
    [REFUSED_CONTENT_TYPE] = {"the Content-Type must be application/json", "Accept",
			      JSON},
    [REFUSED_BUSY] = {"too many large bodies at the moment", "Retry-After", "1"},
};

static int make_refused(struct reviews *r, enum refusal which)
{
	struct refused *refused = &r->refused[which];
	struct text t = text_over(refused->text, sizeof(refused->text));

	if (which == REFUSED_TOO_LARGE)
		text_printf(&t, "the body is over %zu bytes (--max-body)",
			    r->source.max_body);
	else if (refusals[which].text)
		text_put(&t, refusals[which].text);
	text_put(&t, "\n");
	refused->response =
	    MHD_create_response_from_buffer(t.length, t.data, MHD_RESPMEM_PERSISTENT);
	if (!refused->response ||
	    MHD_add_response_header(refused->response, "Content-Type", TEXT) != MHD_YES)
		return -1;
	if (refusals[which].header &&
	    MHD_add_response_header(refused->response, refusals[which].header,
				    refusals[which].value) != MHD_YES)
		return -1;
	return 0;
}

struct reviews *reviews_new(const struct reviews_source *source, struct error *err)
{
	struct reviews *r = calloc(1, sizeof(*r));
	bool made = r != NULL;

	if (made) {
		r->source = *source;
		r->bodies = (struct bodies){.each_max = source->max_body,
					    .all_max = BODIES_MAX};
		r->memory = json_memory_new(VALUES_MAX + 2 * source->max_body);
		made = r->memory != NULL;
	}
	for (int i = 0; made && i < REFUSALS; i++)
		made = make_refused(r, i) == 0;
	if (made)
		return r;
	fail_memory(err, "reviews");
	reviews_free(r);
	return NULL;
}

void reviews_free(struct reviews *r)
{
	if (!r)
		return;
	for (int i = 0; i < REFUSALS; i++)
		if (r->refused[i].response)
			MHD_destroy_response(r->refused[i].response);
	bodies_clear(&r->bodies);
	json_memory_free(r->memory);
	free(r);
}

void reviews_drain(struct reviews *r)
{
	r->draining = true;
}

size_t reviews_body_bytes(const struct reviews *r)
{
	return r->bodies.used;
}

/* --- refusing ------------------------------------------------------------------------
 */
static void count_refusal(struct reviews *r, enum refusal why)
{
	char line[REFUSAL_MAX];
	size_t length = strcspn(r->refused[why].text, "\n");

	memcpy(line, r->refused[why].text, length);
	line[length] = '\0';
	r->source.counters->refused[why]++;
	decisions_log_refusal(r->source.decisions, clock_monotonic(),
			      refusal_status(why), line);
}

/* `has_body`: which will not be read; the library closes after the answer. */
static enum MHD_Result refuse(struct reviews *r, struct MHD_Connection *c,
			      enum refusal why, bool has_body)
{
	count_refusal(r, why);
	if (has_body)
		gate_hear_out(c);
	return MHD_queue_response(c, refusal_status(why), r->refused[why].response);
}

/* Answers although the body is still coming, which the library has no way to do: the
 * answer goes straight into the TLS session, which has nothing else to send at that
 * point, and the connection is closed. */
static enum MHD_Result refuse_midway(struct reviews *r, struct MHD_Connection *c,
				     enum refusal why)
{
	char head[REFUSAL_MAX + 256];
	struct text t = text_over(head, sizeof(head));
	/* From libmicrohttpd 1.0 on, the next question about a connection takes the
	 * place of this answer. */
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	gnutls_session_t session = info ? info->tls_session : NULL;

	count_refusal(r, why);
	gate_hear_out(c);
	text_printf(&t,
		    "HTTP/1.1 %u Refused\r\nConnection: close\r\n"
		    "Content-Type: " TEXT "\r\n",
		    refusal_status(why));
	if (refusals[why].header)
		text_printf(&t, "%s: %s\r\n", refusals[why].header,
			    refusals[why].value);
	text_printf(&t, "Content-Length: %zu\r\n\r\n%s", strlen(r->refused[why].text),
		    r->refused[why].text);
	/* Should it not go out whole, the client sees the end without an answer. */
	if (session && !t.overflowed)
		gnutls_record_send(session, t.data, t.length);
	return MHD_NO;
}

static bool is_json(struct MHD_Connection *c)
{
	const char *type =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");
	size_t length = strlen(JSON);

	return type && strncasecmp(type, JSON, length) == 0 &&
	       (type[length] == '\0' || strchr("; \t", type[length]));
}

static bool announces_body(struct MHD_Connection *c)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length") ||
	       MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Transfer-Encoding");
}

/* Refuses by the head alone; false when the body is wanted. */
static bool refuse_head(struct reviews *r, struct MHD_Connection *c, const char *path,
			const char *method, enum MHD_Result *result)
{
	const char *length =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
	enum refusal why;

	path = request_path(path);
	if (!path || strcmp(path, "/inject") != 0)
		why = REFUSED_PATH;
	else if (strcmp(method, "POST") != 0)
		why = REFUSED_METHOD;
	else if (!is_json(c))
		why = REFUSED_CONTENT_TYPE;
	else if (length && strtoull(length, NULL, 10) > r->source.max_body)
		why = REFUSED_TOO_LARGE;
	else
		return false;
	*result = refuse(r, c, why, announces_body(c));
	return true;
}

/* --- answering -----------------------------------------------------------------------
 */
static enum MHD_Result send_answer(const struct reviews *r, struct MHD_Connection *c,
				   unsigned status, const struct text *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    answer->length, answer->data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, "Content-Type",
				    status == 200 ? JSON : TEXT) == MHD_YES &&
	    (!r->draining ||
	     MHD_add_response_header(response, "Connection", "close") == MHD_YES))
		result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result review(struct reviews *r, struct MHD_Connection *c,
			      const struct body *b)
{
	const struct injection injection = {
	    .template = r->source.template->template,
	    .own_namespace = r->source.own_namespace,
	    .native = atomic_load(&r->source.facts->native),
	    .namespaces = r->source.namespaces,
	    .held = r->source.held,
	};
	struct review_result result;
	struct text answer = text_over(r->answer, sizeof(r->answer));
	double begin = clock_monotonic();

	if (b->length == 0)
		return refuse(r, c, REFUSED_BROKEN, false);
	review_answer(&injection, r->memory, b->data, b->length, &result, &answer);
	double end = clock_monotonic();
	injector_count(r->source.counters, &result, end - begin);
	decisions_log(r->source.decisions, end, &result);
	return send_answer(r, c, result.status, &answer);
}

static enum MHD_Result take(struct reviews *r, struct MHD_Connection *c, struct body *b,
			    const char *piece, size_t *length)
{
	enum body_growth growth = body_add(&r->bodies, b, piece, *length);

	if (growth != BODY_TAKEN)
		return refuse_midway(
		    r, c, growth == BODY_TOO_LARGE ? REFUSED_TOO_LARGE : REFUSED_BUSY);
	*length = 0;
	return MHD_YES;
}

enum MHD_Result reviews_answer(void *context, struct MHD_Connection *connection,
			       const char *path, const char *method,
			       const char *version, const char *upload,
			       size_t *upload_size, void **request)
{
	struct reviews *r = context;
	enum MHD_Result result;

	(void)version;
	/* The first call comes with the head alone. */
	if (!*request) {
		if (refuse_head(r, connection, path, method, &result))
			return result;
		*request = body_new(&r->bodies);
		return *request ? MHD_YES : refuse(r, connection, REFUSED_BUSY, true);
	}
	if (*upload_size > 0)
		return take(r, connection, *request, upload, upload_size);
	return review(r, connection, *request);
}

void reviews_completed(void *context, struct MHD_Connection *connection, void **request,
		       enum MHD_RequestTerminationCode how)
{
	struct reviews *r = context;

	(void)connection;
	(void)how;
	body_free(&r->bodies, *request);
	*request = NULL;
}
