/* SPDX-License-Identifier: Apache-2.0 */
/* serve_routes.c - answers each path. No request changes the monitor. */
#include "serve_routes.h"

#include <stdlib.h>
#include <time.h>

#include "alert_query.h"
#include "alertmanager.h"
#include "base/log.h"
#include "bearer_token.h"
#include "http/request.h"
#include "stream.h"

/* How many bytes of a stream the library requests at a time. */
#define BLOCK 2048

static const struct http_head json = {MHD_HTTP_OK, HTTP_JSON, NULL, NULL};

static enum MHD_Result answer_unavailable(const struct http_request *r,
					  const char *line)
{
	return http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, line);
}

static enum MHD_Result answer_busy(const struct http_request *r)
{
	static const char line[] = "too many readers\n";
	const struct http_head busy = {MHD_HTTP_SERVICE_UNAVAILABLE, HTTP_TEXT,
				       "Retry-After", "1"};

	return http_answer(r, &busy, line, sizeof(line) - 1);
}

static enum MHD_Result answer_health(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;
	const struct run_stats *stats = s->source->stats;
	double last =
	    stats->last_sample_at > 0 ? stats->last_sample_at : stats->started_at;
	double age = (double)time(NULL) - last;
	bool fresh = age <= 3 * stats->interval_s + 5;

	return fresh ? http_answer_line(r, MHD_HTTP_OK, "ok")
		     : answer_unavailable(r, "no sample was taken lately");
}

static enum MHD_Result answer_readiness(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;
	const struct run_stats *stats = s->source->stats;

	if (stats->stopping)
		return answer_unavailable(r, "stopping");
	return stats->samples > 0 ? http_answer_line(r, MHD_HTTP_OK, "ok")
				  : answer_unavailable(r, "starting");
}

/* Whether the client sends the token of the file. The file is read at each request that
 * has one: a mounted Secret changes by exchanging a link. */
static bool has_token(struct serve_routes *s, const struct http_request *r)
{
	const char *authorization = MHD_lookup_connection_value(
	    r->connection, MHD_HEADER_KIND, "Authorization");
	char token[BEARER_TOKEN_MAX + 1];
	struct error err;

	if (!authorization)
		return false;
	bool failed = metrics_token_read(s->source->metrics, token, &err) < 0;

	if (failed && !s->token_failing)
		log_event(LOG_LEVEL_WARNING, "token-unusable",
			  "%s; /metrics has only counters", err.text);
	else if (!failed && s->token_failing)
		log_event(LOG_LEVEL_INFO, "token-usable", "%s is read again",
			  s->source->metrics->token_path);
	s->token_failing = failed;
	return !failed && bearer_token_matches(authorization, token);
}

/* The detail of the open port for this client. */
static enum metrics_detail detail_for(struct serve_routes *s,
				      const struct http_request *r)
{
	const struct metrics_access *access = s->source->metrics;

	if (!access)
		return METRICS_FULL;
	if (!access->token_path[0])
		return access->detail;
	return has_token(s, r) ? METRICS_FULL : METRICS_COUNTERS;
}

static enum MHD_Result answer_metrics(void *context, const struct http_request *r)
{
	struct serve_routes *s = context;
	const struct metrics_form form = {
	    .detail = r->routes == &s->local ? METRICS_FULL : detail_for(s, r),
	    .openmetrics = request_prefers_openmetrics(r->connection),
	};
	struct http_head head = http_head_of_metrics(form.openmetrics);
	struct MHD_Response *page = metrics_cache_response(
	    &s->metrics, s->source, form, connection_of(r->connection));

	head.value = "Accept, Authorization";
	return page ? http_answer_response(r, &head, page) : answer_busy(r);
}

/* MHD_ContentReaderCallback for a stream. */
static ssize_t read_stream(void *context, uint64_t position, char *data, size_t max)
{
	size_t length = stream_read(context, data, max);

	(void)position;
	return length > 0 ? (ssize_t)length : MHD_CONTENT_READER_END_OF_STREAM;
}

static struct stream *open_stream(const struct serve_routes *s, stream_chunk *chunk_at,
				  bool only_firing)
{
	return stream_open(s->source, chunk_at, only_firing);
}

/* MHD_ContentReaderFreeCallback. */
static void close_stream(void *context)
{
	stream_close(context);
}

/* Answers with the stream, which may be NULL, and takes ownership of it. */
static enum MHD_Result answer_stream(const struct http_request *r,
				     struct stream *stream)
{
	struct MHD_Response *response =
	    stream ? MHD_create_response_from_callback(
			 MHD_SIZE_UNKNOWN, BLOCK, read_stream, stream, close_stream)
		   : NULL;

	if (response)
		return http_answer_response(r, &json, response);
	stream_close(stream);
	return answer_busy(r);
}

static enum MHD_Result answer_alerts(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;

	return answer_stream(r, open_stream(s, alerts_chunk, false));
}

static enum MHD_Result answer_pod_status(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;

	return answer_stream(r, open_stream(s, status_chunk, false));
}

static enum MHD_Result answer_baseline(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;

	return answer_stream(r, open_stream(s, baseline_chunk, false));
}

static enum MHD_Result answer_destinations(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;

	return answer_stream(r, open_stream(s, destinations_chunk, false));
}

/* Answers 400 in the format of Alertmanager's API. */
static enum MHD_Result answer_bad_query(const struct http_request *r,
					const struct error *err)
{
	const struct http_head head = {MHD_HTTP_BAD_REQUEST, HTTP_JSON, NULL, NULL};
	char body[6 * ERROR_TEXT_MAX + 8]; /* if every byte is escaped */
	struct text t = text_over(body, sizeof(body));

	alertmanager_refusal(err, &t);
	return http_answer(r, &head, t.data, t.length);
}

/* Answers with the firing alerts that match the query. */
static enum MHD_Result answer_query(const struct serve_routes *s,
				    const struct http_request *r,
				    stream_chunk *chunk_at)
{
	struct stream *stream = open_stream(s, chunk_at, true);
	struct error err;

	if (stream && alert_query_apply(r->connection, stream, &err) < 0) {
		stream_close(stream);
		return answer_bad_query(r, &err);
	}
	return answer_stream(r, stream);
}

static enum MHD_Result answer_alertmanager(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;

	return answer_query(s, r, alertmanager_chunk);
}

static enum MHD_Result answer_groups(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;

	return answer_query(s, r, alert_group_chunk);
}

static enum MHD_Result answer_silences(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;

	return answer_query(s, r, silences_chunk);
}

static enum MHD_Result answer_receivers(void *context, const struct http_request *r)
{
	static const char receivers[] = "[{\"name\":\"" ALERTMANAGER_RECEIVER "\"}]\n";

	(void)context;
	return http_answer(r, &json, receivers, sizeof(receivers) - 1);
}

static enum MHD_Result answer_status(void *context, const struct http_request *r)
{
	const struct serve_routes *s = context;
	char body[512];
	struct text t = text_over(body, sizeof(body));

	alertmanager_status(s->source->stats->started_at, &t);
	return http_answer(r, &json, t.data, t.length);
}

/* The routes of the open port come first. */
#define OPEN_ROUTES 3
static const struct http_route routes[] = {
    {.path = "/metrics", .answer = answer_metrics},
    {.path = "/healthz", .answer = answer_health},
    {.path = "/readyz", .answer = answer_readiness},
    {.path = "/alerts", .answer = answer_alerts},
    {.path = "/status", .answer = answer_pod_status},
    {.path = "/baseline", .answer = answer_baseline},
    {.path = "/destinations", .answer = answer_destinations},
    {.path = "/api/v2/alerts", .answer = answer_alertmanager},
    {.path = "/api/v2/alerts/groups", .answer = answer_groups},
    {.path = "/api/v2/receivers", .answer = answer_receivers},
    {.path = "/api/v2/silences", .answer = answer_silences},
    {.path = "/api/v2/status", .answer = answer_status},
};

static struct http_routes first_routes(struct serve_routes *s, size_t count)
{
	return (struct http_routes){
	    .table = routes, .count = count, .context = s, .not_found = "not found"};
}

int serve_routes_init(struct serve_routes *s, const struct serve_source *source)
{
	s->source = source;
	s->open = first_routes(s, OPEN_ROUTES);
	s->local = first_routes(s, sizeof(routes) / sizeof(routes[0]));
	s->local.local = true;
	return metrics_cache_init(&s->metrics);
}

void serve_routes_free(struct serve_routes *s)
{
	metrics_cache_free(&s->metrics);
}
