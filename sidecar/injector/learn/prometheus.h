/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.h - asks Prometheus, or a server with the same API. */
#ifndef DORMOUSE_INJECTOR_LEARN_PROMETHEUS_H
#define DORMOUSE_INJECTOR_LEARN_PROMETHEUS_H

#include "answer.h"
#include "injector/client/client.h"
#include "injector/config/injector_options.h"

struct prometheus;

/* Takes the address and the files from the options, which must outlive it. Returns NULL
 * on failure. */
struct prometheus *prometheus_open(const struct injector_options *options,
				   struct error *err);
void prometheus_close(struct prometheus *p);

/* A time span, Unix seconds, both ends included. */
struct span {
	double since, until;
};

/* Appends "METRIC{MATCHERS}" with the matchers of --match. */
void prometheus_put_selector(const struct prometheus *p, const char *metric,
			     const char *matchers, struct text *t);

/* Asks for the label sets of the metric's series within the span, and passes each to
 * the taker. A question that fails for want of an answer is asked again a few times
 * within --prometheus-timeout; the taker then receives all of it again, so it must bear
 * repeats. Returns 0, or -1: then nothing that the taker received counts. */
int prometheus_series(struct prometheus *p, const char *metric, const struct span *span,
		      const struct answer_taker *taker, struct error *err);

/* Asks for the expression's values at each `step` of the span. `again` is called before
 * each attempt. Otherwise as prometheus_series(). */
struct range_question {
	const char *expression;
	struct span span;
	double step_s;
	void (*again)(void *context);
};
int prometheus_range(struct prometheus *p, const struct range_question *question,
		     const struct answer_taker *taker, struct error *err);

/* Returns the number of requests, and of the bytes of their answers. */
uint64_t prometheus_requests(const struct prometheus *p);
uint64_t prometheus_bytes(const struct prometheus *p);

#endif
