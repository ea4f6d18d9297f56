/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - the paths, and how each is answered. Nothing here changes anything. */
#include "site.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert_query.h"
#include "alertmanager.h"
#include "http/request.h"
#include "metrics_cache.h"
#include "stream.h"

#define TEXT        "text/plain; charset=utf-8"
#define JSON        "application/json"
#define METRICS     "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* How much of a stream the library asks for at a time. */
#define BLOCK 2048

/* A whole document that never changes: nothing is joined in it. */
#define RECEIVERS "[{\"name\":\"" ALERTMANAGER_RECEIVER "\"}]\n"

/* Answers that are always the same are made once. */
enum fixed {
	FIXED_OK,
	FIXED_STALE,
	FIXED_STARTING,
	FIXED_STOPPING,
	FIXED_NOT_FOUND,
	FIXED_TARGET,
	FIXED_METHOD,
	FIXED_BODY,
	FIXED_BUSY,
	FIXED_RECEIVERS,
	FIXED_COUNT
};

static const struct {
	unsigned status;
	const char *type, *body;
	const char *header, *value; /* one more, or NULL */
} fixed_answers[FIXED_COUNT] = {
    [FIXED_OK] = {200, TEXT, "ok\n", NULL, NULL},
    [FIXED_STALE] = {503, TEXT, "no sample was taken lately\n", NULL, NULL},
    [FIXED_STARTING] = {503, TEXT, "starting\n", NULL, NULL},
    [FIXED_STOPPING] = {503, TEXT, "stopping\n", NULL, NULL},
    [FIXED_NOT_FOUND] = {404, TEXT, "not found\n", NULL, NULL},
    [FIXED_TARGET] = {400, TEXT, REQUEST_TARGET_WANTED, NULL, NULL},
    [FIXED_METHOD] = {405, TEXT, "only GET and HEAD\n", "Allow", "GET, HEAD"},
    [FIXED_BODY] = {413, TEXT, "nothing can be sent here\n", NULL, NULL},
    [FIXED_BUSY] = {503, TEXT, "too many readers\n", "Retry-After", "1"},
    [FIXED_RECEIVERS] = {200, JSON, RECEIVERS, NULL, NULL},
};

struct site {
	const struct serve_source *source;
	struct metrics_cache metrics;
	struct MHD_Response *fixed[FIXED_COUNT];
};

static int add_headers(struct MHD_Response *r, const char *type)
{
	return MHD_add_response_header(r, "Content-Type", type) == MHD_YES &&
		       MHD_add_response_header(r, "Cache-Control", "no-store") ==
			   MHD_YES &&
		       MHD_add_response_header(r, "X-Content-Type-Options",
					       "nosniff") == MHD_YES
		   ? 0
		   : -1;
}

static struct MHD_Response *make_fixed(enum fixed which)
{
	const char *body = fixed_answers[which].body;
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);

	if (!r || add_headers(r, fixed_answers[which].type) < 0)
		return r;
	if (fixed_answers[which].header)
		MHD_add_response_header(r, fixed_answers[which].header,
					fixed_answers[which].value);
	/* What the client sends after such a head is not read. */
	if (which == FIXED_METHOD || which == FIXED_BODY)
		MHD_add_response_header(r, "Connection", "close");
	return r;
}

struct site *site_new(const struct serve_source *source)
{
	struct site *s = calloc(1, sizeof(*s));

	if (!s || metrics_cache_init(&s->metrics) < 0)
		goto fail;
	s->source = source;
	for (int i = 0; i < FIXED_COUNT; i++)
		if (!(s->fixed[i] = make_fixed(i)))
			goto fail;
	return s;
fail:
	site_free(s);
	return NULL;
}

void site_free(struct site *s)
{
	if (!s)
		return;
	for (int i = 0; i < FIXED_COUNT; i++)
		if (s->fixed[i])
			MHD_destroy_response(s->fixed[i]);
	metrics_cache_free(&s->metrics);
	free(s);
}

static enum MHD_Result answer_fixed(const struct site *s, struct MHD_Connection *c,
				    enum fixed which)
{
	return MHD_queue_response(c, fixed_answers[which].status, s->fixed[which]);
}

/* Queues a response that was made for this request and lets go of it. */
static enum MHD_Result answer_once(struct MHD_Connection *c, unsigned status,
				   struct MHD_Response *r, const char *type)
{
	enum MHD_Result result = MHD_NO;

	if (add_headers(r, type) == 0)
		result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result answer_health(struct site *s, struct MHD_Connection *c)
{
	const struct run_stats *stats = s->source->stats;
	double last =
	    stats->last_sample_at > 0 ? stats->last_sample_at : stats->started_at;
	double age = (double)time(NULL) - last;
	bool fresh = age <= 3 * stats->interval_s + 5;

	return answer_fixed(s, c, fresh ? FIXED_OK : FIXED_STALE);
}

static enum MHD_Result answer_readiness(struct site *s, struct MHD_Connection *c)
{
	const struct run_stats *stats = s->source->stats;

	if (stats->stopping)
		return answer_fixed(s, c, FIXED_STOPPING);
	return answer_fixed(s, c, stats->samples > 0 ? FIXED_OK : FIXED_STARTING);
}

static enum MHD_Result answer_metrics(struct site *s, struct MHD_Connection *c)
{
	bool openmetrics = request_prefers_openmetrics(c);
	struct MHD_Response *r =
	    metrics_cache_response(&s->metrics, s->source, openmetrics);

	if (!r)
		return answer_fixed(s, c, FIXED_BUSY);
	MHD_add_response_header(r, "Vary", "Accept");
	return answer_once(c, MHD_HTTP_OK, r, openmetrics ? OPENMETRICS : METRICS);
}

/* MHD_ContentReaderCallback over a stream. */
static ssize_t read_stream(void *context, uint64_t position, char *data, size_t max)
{
	size_t length = stream_read(context, data, max);

	(void)position;
	return length > 0 ? (ssize_t)length : MHD_CONTENT_READER_END_OF_STREAM;
}

static struct stream *open_stream(const struct site *s, stream_chunk *chunk_at,
				  bool only_firing)
{
	struct stream *stream = malloc(sizeof(*stream));

	if (stream)
		stream_open(stream, s->source, chunk_at, only_firing);
	return stream;
}

/* Answers with the stream, which may be NULL, and owns it. */
static enum MHD_Result answer_stream(const struct site *s, struct MHD_Connection *c,
				     struct stream *stream)
{
	struct MHD_Response *r =
	    stream ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK,
						       read_stream, stream, free)
		   : NULL;

	if (!r) {
		free(stream);
		return answer_fixed(s, c, FIXED_BUSY);
	}
	return answer_once(c, MHD_HTTP_OK, r, JSON);
}

static enum MHD_Result answer_alerts(struct site *s, struct MHD_Connection *c)
{
	return answer_stream(s, c, open_stream(s, alerts_chunk, false));
}

static enum MHD_Result answer_baseline(struct site *s, struct MHD_Connection *c)
{
	return answer_stream(s, c, open_stream(s, baseline_chunk, false));
}

/* 400 as Alertmanager's API words it. */
static enum MHD_Result answer_bad_query(struct MHD_Connection *c,
					const struct error *err)
{
	char body[6 * ERROR_TEXT_MAX + 8]; /* were all of it escaped */
	struct text t = text_over(body, sizeof(body));

	alertmanager_refusal(err, &t);
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(t.length, body, MHD_RESPMEM_MUST_COPY);
	return r ? answer_once(c, MHD_HTTP_BAD_REQUEST, r, JSON) : MHD_NO;
}

/* The firing alerts that the query wants. */
static enum MHD_Result answer_query(struct site *s, struct MHD_Connection *c,
				    stream_chunk *chunk_at)
{
	struct stream *stream = open_stream(s, chunk_at, true);
	struct error err;

	if (stream && alert_query_apply(c, stream, &err) < 0) {
		free(stream);
		return answer_bad_query(c, &err);
	}
	return answer_stream(s, c, stream);
}

static enum MHD_Result answer_alertmanager(struct site *s, struct MHD_Connection *c)
{
	return answer_query(s, c, alertmanager_chunk);
}

static enum MHD_Result answer_groups(struct site *s, struct MHD_Connection *c)
{
	return answer_query(s, c, alert_group_chunk);
}

static enum MHD_Result answer_silences(struct site *s, struct MHD_Connection *c)
{
	return answer_query(s, c, silences_chunk);
}

static enum MHD_Result answer_receivers(struct site *s, struct MHD_Connection *c)
{
	return answer_fixed(s, c, FIXED_RECEIVERS);
}

static enum MHD_Result answer_status(struct site *s, struct MHD_Connection *c)
{
	char body[512];
	struct text t = text_over(body, sizeof(body));

	alertmanager_status(s->source->stats->started_at, &t);
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(t.length, body, MHD_RESPMEM_MUST_COPY);
	return r ? answer_once(c, MHD_HTTP_OK, r, JSON) : MHD_NO;
}

static const struct route {
	const char *path;
	bool local_only;
	enum MHD_Result (*answer)(struct site *s, struct MHD_Connection *c);
} routes[] = {
    {"/metrics", false, answer_metrics},
    {"/healthz", false, answer_health},
    {"/readyz", false, answer_readiness},
    {"/alerts", true, answer_alerts},
    {"/baseline", true, answer_baseline},
    {"/api/v2/alerts", true, answer_alertmanager},
    {"/api/v2/alerts/groups", true, answer_groups},
    {"/api/v2/receivers", true, answer_receivers},
    {"/api/v2/silences", true, answer_silences},
    {"/api/v2/status", true, answer_status},
};

enum MHD_Result site_answer(void *context, struct MHD_Connection *connection,
			    const char *path, const char *method, const char *version,
			    const char *upload, size_t *upload_size, void **request)
{
	const struct listener *listener = context;
	struct site *s = listener->site;

	(void)version;
	(void)upload;
	(void)upload_size;
	/* The first call comes with the head alone. */
	if (!*request) {
		*request = s;
		if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
			return answer_fixed(s, connection, FIXED_METHOD);
		return request_has_body(connection)
			   ? answer_fixed(s, connection, FIXED_BODY)
			   : MHD_YES;
	}
	path = request_path(path);
	if (!path)
		return answer_fixed(s, connection, FIXED_TARGET);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(path, routes[i].path) == 0 &&
		    (listener->local || !routes[i].local_only))
			return routes[i].answer(s, connection);
	return answer_fixed(s, connection, FIXED_NOT_FOUND);
}
