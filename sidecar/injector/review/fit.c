/* SPDX-License-Identifier: Apache-2.0 */
/* fit.c - sizes the sidecar: its pod must be admitted and keep its QoS class.
 *
 * The rules are those of Kubernetes' LimitRanger (plugin/pkg/admission/limitranger) and
 * of its quota evaluator for pods (pkg/quota/v1/evaluator/core/pods.go).
 */
#include "fit.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "injector/json/json.h"
#include "pod_resources.h"

/* The bounds of the sidecar's amounts. */
struct room {
	int64_t min, request_max, limit_max;
	int64_t limit_min; /* the limit that the pod still lacks to reach its minimum */
	double ratio;      /* of limit to request, of the container */
	double pod_ratio;  /* of the pod */
	int64_t base_request, base_limit; /* of the pod without the sidecar */
	bool limit_needed;
};

struct amount {
	int64_t request, limit;
};

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* --- the quotas of the pod -----------------------------------------------------------
 */

static bool names_priority(const struct quota *quota, const char *name)
{
	char listed[256];
	struct text t = text_over(listed, sizeof(listed));

	text_printf(&t, ",%s,", name);
	return !t.overflowed && strstr(quota->priorities, listed);
}

static bool scope_holds(enum quota_scope scope, const struct quota *quota,
			const cJSON *pod, const struct pod_figures *figures)
{
	const cJSON *spec = json_member(pod, "spec");
	const char *priority = json_text(spec, "priorityClassName");
	const bool prioritised = priority && priority[0];

	switch (scope) {
	case SCOPE_TERMINATING:
		return json_member(spec, "activeDeadlineSeconds");
	case SCOPE_NOT_TERMINATING:
		return !json_member(spec, "activeDeadlineSeconds");
	case SCOPE_BEST_EFFORT:
		return figures->qos == QOS_BEST_EFFORT;
	case SCOPE_NOT_BEST_EFFORT:
		return figures->qos != QOS_BEST_EFFORT;
	case SCOPE_PRIORITY:
		return prioritised && names_priority(quota, priority);
	case SCOPE_NOT_PRIORITY:
		return !prioritised || !names_priority(quota, priority);
	case SCOPE_ANY_PRIORITY:
		return prioritised;
	case SCOPE_NO_PRIORITY:
		return !prioritised;
	default:
		return false;
	}
}

static bool quota_holds(const struct quota *quota, const cJSON *pod,
			const struct pod_figures *figures)
{
	for (int scope = 0; scope < QUOTA_SCOPES; scope++)
		if ((quota->scopes >> scope & 1u) &&
		    !scope_holds(scope, quota, pod, figures))
			return false;
	return true;
}

/* --- room ----------------------------------------------------------------------------
 */

static struct room room_of(enum resource r, const struct pod_figures *figures,
			   const struct limit_range *limits)
{
	const struct bounds *one = &limits->container[r], *all = &limits->pod[r];
	const int64_t request = figures->base.requests.of[r];
	const int64_t limit = figures->base.limits.of[r];

	return (struct room){
	    .min = one->min,
	    .request_max = lesser(one->max, all->max - request),
	    .limit_max = lesser(one->max, all->max - limit),
	    .limit_min = all->min - limit,
	    .ratio = one->ratio,
	    .pod_ratio = all->ratio,
	    .base_request = request,
	    .base_limit = limit,
	    .limit_needed = figures->all_limit[r] || r == RESOURCE_MEMORY ||
			    one->max < RESOURCE_MAX || isfinite(one->ratio) ||
			    one->standard != RESOURCE_NONE,
	};
}

static void narrow_by_quota(struct room *room, enum resource r,
			    const struct pod_figures *figures,
			    const struct resources *left)
{
	const int64_t request =
	    left->requests.of[r] - room->base_request - figures->overhead.of[r];
	const int64_t limit =
	    left->limits.of[r] - room->base_limit - figures->overhead.of[r];

	if (left->requests.of[r] < RESOURCE_MAX)
		room->request_max = lesser(room->request_max, request);
	if (left->limits.of[r] < RESOURCE_MAX)
		room->limit_max = lesser(room->limit_max, limit);
}

/* --- one resource --------------------------------------------------------------------
 */

static int64_t rounded_up(double amount)
{
	return amount < (double)RESOURCE_MAX ? (int64_t)ceil(amount - 1e-6)
					     : RESOURCE_MAX;
}

static int64_t rounded_down(double amount)
{
	return amount < (double)RESOURCE_MAX ? (int64_t)floor(amount + 1e-6)
					     : RESOURCE_MAX;
}

/* Brings the limit within the ratios: raises the request as far as there is room, then
 * lowers the limit. Returns false if the limit would fall below the request. */
static bool within_ratios(const struct room *room, struct amount *a)
{
	const int64_t by_container = rounded_up((double)a->limit / room->ratio);
	const int64_t by_pod =
	    rounded_up((double)(room->base_limit + a->limit) / room->pod_ratio) -
	    room->base_request;
	const int64_t room_for = lesser(room->request_max, a->limit);

	a->request =
	    greater(a->request, lesser(greater(by_container, by_pod), room_for));
	a->limit = lesser(a->limit, rounded_down((double)a->request * room->ratio));
	a->limit =
	    lesser(a->limit, rounded_down(room->pod_ratio *
					  (double)(room->base_request + a->request)) -
				 room->base_limit);
	return a->limit >= a->request;
}

static bool fits(const struct room *room, bool guaranteed, const struct amount *wanted,
		 struct amount *a)
{
	*a = (struct amount){greater(wanted->request, room->min), RESOURCE_NONE};
	if (a->request > room->request_max)
		return false;
	if (!room->limit_needed)
		return true;
	a->limit = greater(greater(wanted->limit, a->request), room->limit_min);
	a->limit = lesser(a->limit, room->limit_max);
	if (guaranteed)
		a->limit = lesser(a->limit, room->request_max);
	if (a->limit < a->request)
		return false;
	if (guaranteed)
		a->request = a->limit;
	return within_ratios(room, a);
}

/* --- a size --------------------------------------------------------------------------
 */

struct question {
	const cJSON *pod;
	struct pod_figures figures;
	struct namespace_rules rules;
};

/* Storage is requested only if all other containers request it, because a quota then
 * demands it. The QoS class does not matter for it: storage does not decide the class.
 * Logs count as storage: the kubelet keeps 50 MiB of them. */
static struct amount wanted_of(const struct question *q, enum resource r,
			       const struct resources *size)
{
	struct amount wanted = {size->requests.of[r], size->limits.of[r]};

	if (r != RESOURCE_STORAGE && q->figures.qos == QOS_BEST_EFFORT)
		return (struct amount){RESOURCE_NONE, RESOURCE_NONE};
	if (r == RESOURCE_STORAGE && wanted.request == RESOURCE_NONE &&
	    q->figures.all_request[r])
		wanted = (struct amount){8 << 20, 64 << 20};
	return wanted;
}

static void tell(struct fit *fit, enum resource r, const struct amount *wanted,
		 const struct room *room, bool quota)
{
	struct text t = text_over(fit->why, sizeof(fit->why));
	const int64_t most = lesser(
	    room->request_max, room->limit_needed ? room->limit_max : RESOURCE_MAX);

	const int64_t asked = greater(wanted->request, room->min);

	text_printf(&t, "%s: it asks for ", resource_name(r));
	resource_put(r, asked, &t);
	text_printf(&t, ", the namespace's %s ",
		    quota ? "ResourceQuota" : "LimitRange");
	if (most >= asked) {
		text_put(&t, "bounds the ratio of limit to request");
		return;
	}
	text_put(&t, "leaves ");
	resource_put(r, greater(most, 0), &t);
}

/* Fits one resource of one size. The limits are checked first, so that they are the
 * reported reason whenever they are too narrow, whatever the quotas have left. */
static enum skip_reason fit_resource(const struct question *q, enum resource r,
				     const struct amount *wanted, struct fit *fit)
{
	struct room room = room_of(r, &q->figures, &q->rules.limits);
	const bool guaranteed =
	    q->figures.qos == QOS_GUARANTEED && r != RESOURCE_STORAGE;
	struct amount a;

	if (wanted->request == RESOURCE_NONE)
		return SKIP_NOTHING;
	if (!fits(&room, guaranteed, wanted, &a)) {
		tell(fit, r, wanted, &room, false);
		return SKIP_LIMIT_RANGE;
	}
	for (unsigned i = 0; i < q->rules.quota_count; i++)
		if (quota_holds(&q->rules.quotas[i], q->pod, &q->figures))
			narrow_by_quota(&room, r, &q->figures,
					&q->rules.quotas[i].left);
	if (!fits(&room, guaranteed, wanted, &a)) {
		tell(fit, r, wanted, &room, true);
		return SKIP_RESOURCE_QUOTA;
	}
	fit->resources.requests.of[r] = a.request;
	fit->resources.limits.of[r] = a.limit;
	return SKIP_NOTHING;
}

static enum skip_reason fit_size(const struct question *q, const struct resources *size,
				 struct fit *fit)
{
	enum skip_reason reason = SKIP_NOTHING;

	fit->resources = (struct resources){amounts_none, amounts_none};
	for (int r = 0; r < RESOURCES && reason == SKIP_NOTHING; r++) {
		const struct amount wanted = wanted_of(q, r, size);
		reason = fit_resource(q, r, &wanted, fit);
	}
	return reason;
}

/* --- which sizes ---------------------------------------------------------------------
 */

/* Returns the amounts of the pod's annotation, else those of the namespace's. */
static struct amounts amounts_asked(const struct question *q)
{
	const cJSON *annotations =
	    json_member(json_member(q->pod, "metadata"), "annotations");
	const char *text = json_text(annotations, RESOURCES_ANNOTATION);
	struct amounts amounts = amounts_none;
	struct error err;

	if (text && text[0] && resources_parse(text, &amounts, &err) == 0)
		return amounts;
	return q->rules.resources;
}

/* Returns the size with request and limit set to the amounts that were asked for. */
static struct resources size_as_asked(struct resources size,
				      const struct amounts *asked)
{
	for (int r = 0; r < RESOURCES; r++)
		if (asked->of[r] != RESOURCE_NONE)
			size.requests.of[r] = size.limits.of[r] = asked->of[r];
	return size;
}

enum skip_reason fit_sidecar(const struct injection *injection, const char *namespace,
			     const cJSON *pod, struct fit *fit)
{
	struct question q = {.pod = pod};
	enum skip_reason reason = SKIP_NOTHING;

	memset(fit, 0, sizeof(*fit));
	fit->resources = (struct resources){amounts_none, amounts_none};
	pod_figures_read(pod, injection->native, &q.figures);
	if (q.figures.own_resources)
		return SKIP_NOTHING;
	if (injection->namespaces)
		namespaces_rules(injection->namespaces, namespace, &q.rules);
	else
		q.rules = (struct namespace_rules){.limits = limit_range_none,
						   .resources = amounts_none};
	const struct amounts asked = amounts_asked(&q);
	for (unsigned i = 0; i < template_sizes(injection->template); i++) {
		const struct resources size =
		    size_as_asked(*template_size(injection->template, i), &asked);
		reason = fit_size(&q, &size, fit);
		if (reason == SKIP_NOTHING)
			break;
	}
	return reason;
}
