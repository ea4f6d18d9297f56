/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_inject_prometheus.c - any bytes as Prometheus' answers: to which pods there are,
 * who owns them, and what the first of them sent. Each is refused with a reason, or
 * what was taken keeps to its bounds, and the detector can judge it.
 *
 * libcurl's transport is left out: see wire.h. Real answers are in
 * tests/net/test_learn.sh. The first byte chooses the status, the second the length of
 * a piece; the answers follow, separated by RS. */
#include <stdint.h>
#include <stdlib.h>

#include "injector/learn/traffic_history.h"
#include "injector/learn/trial.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUESTS_MAX 16
#define STEP_S       60.0
#define RS           0x1e

static const struct span span = {1767225600, 1767225600 + 86400};

static void check(int result, const struct error *err)
{
	if (result < 0 && !err->text[0])
		abort();
}

static void judge(struct range *range, const struct pod *pod)
{
	static struct trial trial;
	const struct identity identity = {.name = pod->name,
					  .namespace = pod->namespace,
					  .uid = "",
					  .node = "",
					  .workload = pod->workload,
					  .cluster = "",
					  .images = ""};
	struct identity unused = {.labels = NULL};
	struct theft theft = theft_begin(span.since + 3600, 1e6);
	struct detect_options options;
	struct baseline_document learnt;
	struct error err = {""};

	detect_options_default(&options);
	const struct trial_plan plan = {
	    .options = &options, .pod = &identity, .theft = &theft, .learnt = &learnt};
	if (range_is_empty(range) || range_next_trace(range, &unused) != TRACE_SAMPLE)
		return;
	const int result = trial_run(&trial, range, &plan, &err);
	check(result, &err);
	if (result == 0) {
		if (trial.samples > 2 * 86400 / STEP_S || trial.last > span.until + 1)
			abort();
		baseline_document_end(&learnt);
	}
}

static void look_at(struct prometheus *p, const struct pod *pod)
{
	struct error err = {""};
	struct range *range = history_fetch(p, pod, &span, STEP_S, &err);

	check(range ? 0 : -1, &err);
	if (range)
		judge(range, pod);
	range_free(range);
}

static void ask(struct prometheus *p)
{
	struct pods pods;
	struct error err = {""};
	const int result = pods_find(&pods, p, "", &span, &err);

	check(result, &err);
	if (pods.count > wire.size)
		abort();
	if (result == 0 && pods.count > 0)
		look_at(p, pods.at[0]);
	pods_free(&pods);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 200, 200, 200, 200, 400, 503, 0};
	static struct injector_options options;
	static struct prometheus *p;
	struct error err;

	if (size < 2)
		return 0;
	if (!p)
		p = prometheus_open(&options, &err);
	if (!p)
		abort();
	wire.status = statuses[data[0] % 8];
	wire.piece = 1 + data[1] * 16u;
	wire.requests = 0;
	wire.most = REQUESTS_MAX;
	wire.separator = RS;
	wire.at = 0;
	wire.data = data + 2;
	wire.size = size - 2;
	ask(p);
	return 0;
}
