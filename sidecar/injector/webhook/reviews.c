/* SPDX-License-Identifier: Apache-2.0 */
/* reviews.c - answers, counts and logs reviews at /inject. */
#include "reviews.h"

#include <stdlib.h>

#include "base/clock.h"

/* Maximum bytes of all large bodies together. */
#define BODIES_MAX (8 * 1024 * 1024)

/* Bytes for a review's JSON values without their strings (see json_review_limits). The
 * memory is reserved, but not touched until it is needed. */
#define VALUES_MAX (5 * 1024 * 1024)

struct reviews {
	struct reviews_source source;
	struct json_memory *memory;
	struct http_route route;
	struct http_routes routes;
	char answer[REVIEW_ANSWER_MAX + 1];
};

static void count_refusal(void *context, unsigned status, const char *line)
{
	struct reviews *r = context;

	r->source.counters->refused[refusal_of_status(status)]++;
	review_log_refusal(r->source.review_log, clock_monotonic(), status, line);
}

static enum MHD_Result review(void *context, const struct http_request *request)
{
	struct reviews *r = context;
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

	if (request->body_length == 0)
		return http_refuse(request, MHD_HTTP_BAD_REQUEST,
				   "the body is empty: POST an AdmissionReview");
	review_answer(&injection, r->memory, request->body, request->body_length,
		      &result, &answer);
	double end = clock_monotonic();
	injector_count(r->source.counters, &result, end - begin);
	review_log_decision(r->source.review_log, end, &result);
	const struct http_head head = {
	    result.status, result.status == MHD_HTTP_OK ? HTTP_JSON : HTTP_TEXT, NULL,
	    NULL};
	return http_answer(request, &head, answer.data, answer.length);
}

struct reviews *reviews_new(const struct reviews_source *source, struct error *err)
{
	struct reviews *r = calloc(1, sizeof(*r));

	if (r)
		r->memory = json_memory_new(VALUES_MAX + 2 * source->max_body);
	if (!r || !r->memory) {
		fail_memory(err, "reviews");
		reviews_free(r);
		return NULL;
	}
	r->source = *source;
	r->route = (struct http_route){.path = "/inject",
				       .methods = HTTP_POST,
				       .answer = review,
				       .media_type = HTTP_JSON,
				       .body_max = source->max_body,
				       .body_flag = "--max-body"};
	r->routes =
	    (struct http_routes){.table = &r->route,
				 .count = 1,
				 .context = r,
				 .not_found = "not found: reviews go to /inject",
				 .bodies = {.all_max = BODIES_MAX},
				 .refused = count_refusal};
	return r;
}

void reviews_free(struct reviews *r)
{
	if (!r)
		return;
	http_routes_clear(&r->routes);
	json_memory_free(r->memory);
	free(r);
}

struct http_routes *reviews_routes(struct reviews *r)
{
	return &r->routes;
}

void reviews_drain(struct reviews *r)
{
	r->routes.closing = true;
}

size_t reviews_body_bytes(const struct reviews *r)
{
	return r->routes.bodies.used;
}
