/* SPDX-License-Identifier: Apache-2.0 */
/* injector_site.c - what the injector says of itself. */
#include "injector_site.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "http/request.h"

#define TEXT        "text/plain; charset=utf-8"
#define METRICS     "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

#define PAGE_BYTES_MAX (32 * 1024)

/* Queues a copy of the text; `header`, if any, is one more. */
static enum MHD_Result answer_with(struct MHD_Connection *c, unsigned status,
				   const char *type, const char *body, size_t length,
				   const char *header, const char *value)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    length, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, "Content-Type", type) == MHD_YES &&
	    MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
	    (!header || MHD_add_response_header(response, header, value) == MHD_YES))
		result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_line(struct MHD_Connection *c, unsigned status,
				   const char *line)
{
	return answer_with(c, status, TEXT, line, strlen(line), NULL, NULL);
}

static enum MHD_Result answer_metrics(const struct injector_site *s,
				      struct MHD_Connection *c)
{
	static char page[PAGE_BYTES_MAX];
	struct text t = text_over(page, sizeof(page));
	bool openmetrics = request_prefers_openmetrics(c);

	injector_metrics_render(&s->figures, openmetrics, &t);
	if (t.overflowed)
		return answer_line(c, 500, "the metrics do not fit their page\n");
	return answer_with(c, 200, openmetrics ? OPENMETRICS : METRICS, t.data,
			   t.length, "Vary", "Accept");
}

static enum MHD_Result answer_health(const struct injector_site *s,
				     struct MHD_Connection *c)
{
	(void)s;
	return answer_line(c, 200, "ok\n");
}

/* What is missing for reviews to be answered, NULL: nothing. */
static const char *missing(const struct injector_site *s)
{
	double expiry = tls_store_expiry(s->figures.store);

	if (s->stopping)
		return "stopping\n";
	if (expiry == 0)
		return "there is no certificate yet\n";
	if (expiry <= clock_wall())
		return "the certificate has expired\n";
	if (atomic_load(&s->figures.facts->watches_untried) > 0)
		return "what namespaces say is not read yet\n";
	if (!atomic_load(&s->figures.facts->webhook_ready))
		return "the webhook configuration does not have our CA yet\n";
	return NULL;
}

/* What is to be known of the image, whether that keeps us from being ready or not. */
static enum MHD_Result answer_of_image(const struct injector_site *s,
				       struct MHD_Connection *c)
{
	char page[ERROR_TEXT_MAX + 8];
	const char *trouble = s->figures.image_trouble;

	snprintf(page, sizeof(page), "%s%s%s", s->figures.held ? "" : "ok\n", trouble,
		 trouble[0] ? "\n" : "");
	return answer_line(c, s->figures.held ? 503 : 200, page);
}

static enum MHD_Result answer_readiness(const struct injector_site *s,
					struct MHD_Connection *c)
{
	const char *what = missing(s);

	return what ? answer_line(c, 503, what) : answer_of_image(s, c);
}

static const struct route {
	const char *path;
	enum MHD_Result (*answer)(const struct injector_site *s,
				  struct MHD_Connection *c);
} routes[] = {
    {"/metrics", answer_metrics},
    {"/healthz", answer_health},
    {"/readyz", answer_readiness},
};

enum MHD_Result injector_site_answer(void *context, struct MHD_Connection *connection,
				     const char *path, const char *method,
				     const char *version, const char *upload,
				     size_t *upload_size, void **request)
{
	struct injector_site *s = context;

	(void)version;
	(void)upload;
	(void)upload_size;
	/* The first call comes with the head alone. */
	if (!*request) {
		*request = s;
		if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
			return answer_with(connection, 405, TEXT, "only GET and HEAD\n",
					   18, "Allow", "GET, HEAD");
		return request_has_body(connection)
			   ? answer_line(connection, 413, "nothing can be sent here\n")
			   : MHD_YES;
	}
	path = request_path(path);
	if (!path)
		return answer_line(connection, 400, REQUEST_TARGET_WANTED);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(path, routes[i].path) == 0)
			return routes[i].answer(s, connection);
	return answer_line(connection, 404, "not found\n");
}
