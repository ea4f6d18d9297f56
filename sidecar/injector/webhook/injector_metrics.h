/* SPDX-License-Identifier: Apache-2.0 */
/* injector_metrics.h - the injector's counters and its /metrics. */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_METRICS_H
#define DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "http/http_server.h"
#include "injector/kubernetes/cluster_facts.h"
#include "injector/review/review.h"
#include "injector/tls/client_ca.h"
#include "injector/tls/tls_store.h"

/* Why a request was refused, one reason for each HTTP status. The names never change,
 * because they are label values. */
enum refusal {
	REFUSED_BROKEN,       /* 400 "bad-request" */
	REFUSED_PATH,         /* 404 "not-found" */
	REFUSED_METHOD,       /* 405 "method" */
	REFUSED_TOO_LARGE,    /* 413 "too-large" */
	REFUSED_CONTENT_TYPE, /* 415 "content-type" */
	REFUSED_NO_REVIEW,    /* 422 "unprocessable" */
	REFUSED_BUSY,         /* 503 "busy" */
	REFUSALS,
};

const char *refusal_name(enum refusal refusal);
enum refusal refusal_of_status(unsigned status); /* REFUSED_BROKEN if unknown */

#define DURATION_BOUNDS 13

struct injector_counters {
	uint64_t injected, failed;
	uint64_t skipped[SKIP_REASONS];
	uint64_t refused[REFUSALS];
	uint64_t warnings;
	uint64_t durations[DURATION_BOUNDS + 1]; /* of reviews, by upper bound */
	double duration_sum_s;
	uint64_t template_reloads, template_failures;
	uint64_t lines_withheld; /* log lines that were not written */
};

/* Counts a review. `seconds` is the time from its last byte to its answer. */
void injector_count(struct injector_counters *c, const struct review_result *result,
		    double seconds);

/* The sources of /metrics. */
struct injector_figures {
	const struct injector_counters *counters;
	const struct cluster_facts *facts;
	struct namespaces *namespaces;
	struct tls_store *store;
	const struct client_ca *clients;
	const struct http_server *reviews, *metrics;
	size_t body_bytes; /* memory of large bodies now */
	unsigned config_errors;
	bool confined; /* by every layer of confine.h */
	/* Why nodes cannot pull the image; "": they can. `held`: no pod is injected for
	 * that reason. */
	const char *image_trouble;
	bool held;
	double started_at; /* Unix seconds */
};

void injector_metrics_render(const struct injector_figures *figures, bool openmetrics,
			     struct text *t);

#endif
