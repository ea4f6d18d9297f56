/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.c - asks Prometheus, or a server with the same API. */
#include "prometheus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

#define PATH_MAX_BYTES 8192
#define ATTEMPTS       3
#define PAUSE_S        0.5 /* before the second attempt, then four times as long */
#define ANSWER_MAX     (256u << 20) /* bytes; 30 days of a large cluster's owners */
#define STATUS_BUSY    429

struct prometheus {
	const struct injector_options *options;
	struct client_access access;
	struct client *client;
	struct answer answer;
	uint64_t requests, bytes;
	uint64_t length; /* of the current answer */
	long status;     /* of the current answer */
	bool refused;    /* the current answer is not what was asked for */
};

struct prometheus *prometheus_open(const struct injector_options *options,
				   struct error *err)
{
	struct prometheus *p = calloc(1, sizeof(*p));

	if (!p) {
		fail_memory(err, "Prometheus' answers");
		return NULL;
	}
	p->options = options;
	p->access.ca_flag = "--prometheus-ca-file";
	p->access.plain = true;
	snprintf(p->access.server, sizeof(p->access.server), "%s", options->prometheus);
	for (size_t n = strlen(p->access.server); n > 0; n--) {
		if (p->access.server[n - 1] != '/')
			break;
		p->access.server[n - 1] = '\0';
	}
	snprintf(p->access.token_file, sizeof(p->access.token_file), "%s",
		 options->prometheus_token_file);
	snprintf(p->access.ca_file, sizeof(p->access.ca_file), "%s",
		 options->prometheus_ca_file);
	p->client = client_open(&p->access, NULL, err);
	if (p->client)
		return p;
	prometheus_close(p);
	return NULL;
}

void prometheus_close(struct prometheus *p)
{
	if (!p)
		return;
	client_close(p->client);
	free(p);
}

/* --- one attempt ------------------------------------------------------------------ */

static int take_part(void *p_, long status, const char *data, size_t length,
		     struct error *err)
{
	struct prometheus *p = p_;
	struct error unread;

	p->bytes += length;
	p->length += length;
	p->status = status;
	if (p->length > ANSWER_MAX) {
		p->refused = true;
		return fail(err,
			    "the answer is over %u MiB: ask for less by --days, "
			    "--namespaces or a longer --step",
			    ANSWER_MAX >> 20);
	}
	/* Of a failure only the reason is looked for, which may be a proxy's page. */
	if (status != 200) {
		if (!p->refused)
			p->refused = answer_feed(&p->answer, data, length, &unread) < 0;
		return 0;
	}
	if (answer_feed(&p->answer, data, length, err) == 0)
		return 0;
	p->refused = true;
	return -1;
}

static int fail_status(const struct prometheus *p, struct error *err)
{
	return p->answer.says[0]
		   ? fail(err, "status %ld: %s", p->status, p->answer.says)
		   : fail(err, "status %ld", p->status);
}

/* Returns 0, or -1; `*worth_it`: another attempt may succeed. */
static int attempt(struct prometheus *p, const char *path,
		   const struct answer_taker *taker, bool *worth_it, struct error *err)
{
	const struct client_request request = {
	    .method = "GET",
	    .path = path,
	    .timeout_ms = (long)(p->options->prometheus_timeout_s * 1000),
	    .take = take_part,
	    .context = p,
	};

	answer_begin(&p->answer, taker);
	p->requests++;
	p->length = 0;
	p->refused = false;
	const long status = client_ask(p->client, &request, err);
	if (status < 0) {
		*worth_it = !p->refused;
		return -1;
	}
	p->status = status;
	*worth_it = status >= 500 || status == STATUS_BUSY;
	return status == 200 ? answer_end(&p->answer, err) : fail_status(p, err);
}

static void pause_for(double seconds)
{
	const struct timespec span = {
	    .tv_sec = (time_t)seconds,
	    .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&span, NULL);
}

static int ask(struct prometheus *p, const char *path, const struct answer_taker *taker,
	       void (*again)(void *context), struct error *err)
{
	const double began = clock_monotonic();
	double pause_s = PAUSE_S;
	bool worth_it = true;

	for (unsigned i = 0; i < ATTEMPTS && worth_it; i++) {
		if (i > 0) {
			pause_for(pause_s);
			pause_s *= 4;
		}
		if (again)
			again(taker->context);
		if (attempt(p, path, taker, &worth_it, err) == 0)
			return 0;
		worth_it &=
		    clock_monotonic() - began < p->options->prometheus_timeout_s;
	}
	return fail_within(err, "Prometheus at %s", p->access.server);
}

/* --- the questions ---------------------------------------------------------------- */

/* The selector "METRIC{MATCHERS}" with those of --match. */
void prometheus_put_selector(const struct prometheus *p, const char *metric,
			     const char *matchers, struct text *t)
{
	const char *match = p->options->match;

	text_printf(t, "%s{%s%s%s}", metric, matchers, *match && *matchers ? "," : "",
		    match);
}

static int ask_path(struct prometheus *p, const struct text *path,
		    const struct answer_taker *taker, void (*again)(void *context),
		    struct error *err)
{
	if (path->overflowed)
		return fail(err,
			    "the question is over %d bytes: name fewer "
			    "--namespaces",
			    PATH_MAX_BYTES);
	return ask(p, path->data, taker, again, err);
}

int prometheus_series(struct prometheus *p, const char *metric, const struct span *span,
		      const struct answer_taker *taker, struct error *err)
{
	char path[PATH_MAX_BYTES], selector[1024];
	struct text t = text_over(path, sizeof(path));
	struct text selector_text = text_over(selector, sizeof(selector));

	prometheus_put_selector(p, metric, "", &selector_text);
	text_put(&t, "/api/v1/series?match%5B%5D=");
	client_put_escaped(&t, selector);
	/* Thanos: a store that does not answer is a failure, not a warning. */
	text_printf(&t, "&start=%.0f&end=%.0f&partial_response=false", span->since,
		    span->until);
	return ask_path(p, &t, taker, NULL, err);
}

int prometheus_range(struct prometheus *p, const struct range_question *question,
		     const struct answer_taker *taker, struct error *err)
{
	char path[PATH_MAX_BYTES];
	struct text t = text_over(path, sizeof(path));

	text_put(&t, "/api/v1/query_range?query=");
	client_put_escaped(&t, question->expression);
	text_printf(&t, "&start=%.0f&end=%.0f&step=%.3f&partial_response=false",
		    question->span.since, question->span.until, question->step_s);
	return ask_path(p, &t, taker, question->again, err);
}

uint64_t prometheus_requests(const struct prometheus *p)
{
	return p->requests;
}

uint64_t prometheus_bytes(const struct prometheus *p)
{
	return p->bytes;
}
