/* SPDX-License-Identifier: Apache-2.0 */
/* injector_routes.c - answers /metrics, /healthz and /readyz. */
#include "injector_routes.h"

#include "base/clock.h"
#include "http/request.h"

#define METRICS_BYTES_MAX (32 * 1024)

static enum MHD_Result answer_metrics(void *context, const struct http_request *r)
{
	static char page[METRICS_BYTES_MAX];
	const struct injector_status *s = context;
	struct text t = text_over(page, sizeof(page));
	bool openmetrics = request_prefers_openmetrics(r->connection);
	const struct http_head head = http_head_of_metrics(openmetrics);

	injector_metrics_render(&s->figures, openmetrics, &t);
	if (t.overflowed)
		return http_answer_line(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
					"the metrics do not fit their page");
	return http_answer(r, &head, t.data, t.length);
}

static enum MHD_Result answer_health(void *context, const struct http_request *r)
{
	(void)context;
	return http_answer_line(r, MHD_HTTP_OK, "ok");
}

/* Returns why the injector is not ready to answer reviews; NULL: it is ready. */
static const char *missing(const struct injector_status *s)
{
	double expiry = tls_store_expiry(s->figures.store);

	if (s->stopping)
		return "stopping";
	if (!http_server_listens(s->figures.reviews))
		return "the port for reviews cannot be had yet";
	if (expiry == 0)
		return "there is no certificate yet";
	if (expiry <= clock_wall())
		return "the certificate has expired";
	if (atomic_load(&s->figures.facts->watches_untried) > 0)
		return "the namespaces have not been read yet";
	if (!atomic_load(&s->figures.facts->webhook_ready))
		return "the webhook configuration does not have our CA yet";
	return NULL;
}

/* Answers readiness with the image's trouble, if any. It is an error only if `held`. */
static enum MHD_Result answer_of_image(const struct injector_status *s,
				       const struct http_request *r)
{
	const struct http_head head = {s->figures.held ? MHD_HTTP_SERVICE_UNAVAILABLE
						       : MHD_HTTP_OK,
				       HTTP_TEXT, NULL, NULL};
	char page[ERROR_TEXT_MAX + 8];
	const char *trouble = s->figures.image_trouble;
	struct text t = text_over(page, sizeof(page));

	text_printf(&t, "%s%s%s", s->figures.held ? "" : "ok\n", trouble,
		    trouble[0] ? "\n" : "");
	return http_answer(r, &head, t.data, t.length);
}

static enum MHD_Result answer_readiness(void *context, const struct http_request *r)
{
	const struct injector_status *s = context;
	const char *what = missing(s);

	return what ? http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, what)
		    : answer_of_image(s, r);
}

static const struct http_route routes[] = {
    {.path = "/metrics", .answer = answer_metrics},
    {.path = "/healthz", .answer = answer_health},
    {.path = "/readyz", .answer = answer_readiness},
};

struct http_routes injector_routes(struct injector_status *status)
{
	return (struct http_routes){.table = routes,
				    .count = sizeof(routes) / sizeof(routes[0]),
				    .context = status,
				    .not_found = "not found"};
}
