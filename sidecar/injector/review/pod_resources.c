/* SPDX-License-Identifier: Apache-2.0 */
/* pod_resources.c - a pod's requests and limits, without its sidecar.
 *
 * A pod's request is the larger of two: the sum over its containers and its native
 * sidecars, and the most that an init container needs together with the native sidecars
 * before it. This is how Kubernetes' PodRequests() computes it
 * (staging/src/k8s.io/component-helpers/resource/helpers.go).
 */
#include "pod_resources.h"

#include <string.h>

#include "injector/json/json.h"

/* Reads a container's resources. A missing request equals the limit, because the API
 * server sets it so. */
static struct resources read_container(const cJSON *container)
{
	const cJSON *resources = json_member(container, "resources");
	struct resources read = {
	    .requests = resources_read(json_member(resources, "requests"), ROUND_UP),
	    .limits = resources_read(json_member(resources, "limits"), ROUND_UP),
	};

	for (int r = 0; r < RESOURCES; r++)
		if (read.requests.of[r] == RESOURCE_NONE)
			read.requests.of[r] = read.limits.of[r];
	return read;
}

static int64_t at_least_0(int64_t amount)
{
	return amount > 0 ? amount : 0;
}

/* Adds the amounts; a sum is at most RESOURCE_MAX. */
static void add_amounts(struct amounts *to, const struct amounts *more)
{
	for (int r = 0; r < RESOURCES; r++) {
		to->of[r] += at_least_0(more->of[r]);
		if (to->of[r] > RESOURCE_MAX)
			to->of[r] = RESOURCE_MAX;
	}
}

static void add(struct resources *to, const struct resources *more)
{
	add_amounts(&to->requests, &more->requests);
	add_amounts(&to->limits, &more->limits);
}

static void raise(struct amounts *to, const struct amounts *to_least)
{
	for (int r = 0; r < RESOURCES; r++)
		if (to->of[r] < to_least->of[r])
			to->of[r] = to_least->of[r];
}

/* Collects the QoS class and the needs, container by container. */
struct look {
	struct pod_figures *figures;
	bool any, guaranteed;
};

static void look_at(struct look *look, const struct resources *one)
{
	for (int r = 0; r < RESOURCES; r++) {
		look->figures->all_request[r] &= one->requests.of[r] != RESOURCE_NONE;
		look->figures->all_limit[r] &= one->limits.of[r] != RESOURCE_NONE;
		/* Only CPU and memory decide the class. */
		if (r == RESOURCE_STORAGE)
			continue;
		look->any |= one->requests.of[r] > 0 || one->limits.of[r] > 0;
		look->guaranteed &=
		    one->limits.of[r] > 0 && one->requests.of[r] == one->limits.of[r];
	}
}

static bool is_sidecar(const cJSON *container)
{
	const char *policy = json_text(container, "restartPolicy");

	return policy && strcmp(policy, "Always") == 0;
}

/* Adds the native sidecars among them to `sum`. Returns the most that any other init
 * container needs together with the native sidecars before it. */
static struct resources read_init_containers(struct look *look, const cJSON *containers,
					     struct resources *sum)
{
	struct resources most = {0}, before = {0};
	const cJSON *container;

	cJSON_ArrayForEach(container, containers)
	{
		const struct resources one = read_container(container);
		struct resources with = before;

		look_at(look, &one);
		add(&with, &one);
		if (is_sidecar(container)) {
			before = with;
			continue;
		}
		raise(&most.requests, &with.requests);
		raise(&most.limits, &with.limits);
	}
	add(sum, &before);
	return most;
}

void pod_figures_read(const cJSON *pod, bool native, struct pod_figures *figures)
{
	const cJSON *spec = json_member(pod, "spec"), *container;
	const cJSON *own = json_member(spec, "resources");
	struct look look = {.figures = figures, .guaranteed = true};

	memset(figures, 0, sizeof(*figures));
	figures->own_resources = own && own->child;
	for (int r = 0; r < RESOURCES; r++)
		figures->all_request[r] = figures->all_limit[r] = true;
	cJSON_ArrayForEach(container, json_member(spec, "containers"))
	{
		const struct resources one = read_container(container);
		look_at(&look, &one);
		add(&figures->base, &one);
	}
	const struct resources most = read_init_containers(
	    &look, json_member(spec, "initContainers"), &figures->base);
	if (native) {
		raise(&figures->base.requests, &most.requests);
		raise(&figures->base.limits, &most.limits);
	}
	const struct amounts overhead =
	    resources_read(json_member(spec, "overhead"), ROUND_UP);
	add_amounts(&figures->overhead, &overhead);
	figures->qos = !look.any         ? QOS_BEST_EFFORT
		       : look.guaranteed ? QOS_GUARANTEED
					 : QOS_BURSTABLE;
}
