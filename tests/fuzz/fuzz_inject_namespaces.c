/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a LimitRange, a quota or a namespace, then as a pod among them: a pod
 * gets a size within the bounds that were read, or is left alone with the reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/injector/review_fixture.h"
#include "injector/review/fit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void put(struct namespaces *n, enum namespaces_kind kind, const cJSON *tree)
{
	struct error err;

	namespaces_begin(n, kind);
	namespaces_put(n, kind, tree, &err);
	namespaces_end(n, kind);
	require(namespaces_figures(n).objects <= NAMESPACES_KINDS);
}

static void check_amounts(const struct fit *fit, const struct namespace_rules *rules)
{
	for (int r = 0; r < RESOURCES; r++) {
		const int64_t request = fit->resources.requests.of[r];
		const int64_t limit = fit->resources.limits.of[r];

		if (request == RESOURCE_NONE)
			continue;
		require(request > 0 && request >= rules->limits.container[r].min);
		require(request <= rules->limits.container[r].max);
		require(limit == RESOURCE_NONE ||
			(limit >= request && limit <= rules->limits.container[r].max));
	}
}

/* The text, up to a NUL byte, is the namespace's object, the rest is the pod. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sidecar_template *template;
	const char *text = (const char *)data;
	const size_t first = strnlen(text, size);
	const size_t rest = first < size ? first + 1 : first;
	enum json_refusal why;
	struct error err;
	struct namespace_rules rules;
	struct fit fit;

	if (!template)
		template = template_read("", 0, &err);
	struct namespaces *n = namespaces_new(&err);
	require(template && n);
	cJSON *tree = json_read(text, first, &json_review_limits, &why, &err);
	cJSON *pod =
	    json_read(text + rest, size - rest, &json_review_limits, &why, &err);
	for (int kind = 0; kind < NAMESPACES_KINDS && tree; kind++)
		put(n, kind, tree);
	namespaces_rules(n, "n", &rules);
	const struct injection injection = {
	    .template = template, .namespaces = n, .native = size % 2};
	const enum skip_reason reason = fit_sidecar(&injection, "n", pod, &fit);
	if (reason == SKIP_NOTHING)
		check_amounts(&fit, &rules);
	else
		require(fit.why[0]);
	for (int kind = 0; kind < NAMESPACES_KINDS && tree; kind++)
		namespaces_remove(n, kind, tree);
	cJSON_Delete(tree);
	cJSON_Delete(pod);
	namespaces_free(n);
	return 0;
}
