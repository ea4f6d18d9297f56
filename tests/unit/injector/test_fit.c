/* SPDX-License-Identifier: Apache-2.0 */
/* What the sidecar asks for, held against the admission of Kubernetes: pods that are
 * created without their sidecar are created with it and keep their class, or are left
 * alone because nothing would do.
 *
 * The admission here is written anew from its description, container by container:
 * LimitRanger with its defaults, bounds and ratios; quotas, which count whole pods and
 * want each container to say what they count. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/review/fit.h"
#include "review_fixture.h"

#define HISTORIES 60000
#define NONE      RESOURCE_NONE
#define KINDS     3 /* CPU in 1m, memory and storage in 1Mi */
#define STORAGE   2
#define ROOM      8

/* --- a pod in numbers ----------------------------------------------------------------
 */

struct says {
	int request, limit; /* NONE: nothing */
};

struct box {
	struct says of[KINDS];
	bool init, sidecar;
};

struct pod {
	struct box box[ROOM];
	int count;
};

struct range {
	int min[KINDS], max[KINDS], ratio[KINDS], standard[KINDS],
	    standard_request[KINDS];
	int pod_min[KINDS], pod_max[KINDS], pod_ratio[KINDS];
};

struct quota_model {
	int requests[KINDS], limits[KINDS]; /* left; NONE: not counted */
};

static uint64_t seed;

static unsigned roll(unsigned sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

static int maybe(unsigned in, int value)
{
	return roll(in) == 0 ? value : NONE;
}

/* --- the admission -------------------------------------------------------------------
 */

static void apply_defaults(struct pod *pod, const struct range *range)
{
	for (int i = 0; i < pod->count; i++)
		for (int k = 0; k < KINDS; k++) {
			struct says *s = &pod->box[i].of[k];
			if (s->request == NONE)
				s->request = s->limit;
			if (!range)
				continue;
			if (s->limit == NONE)
				s->limit = range->standard[k];
			if (s->request == NONE)
				s->request = range->standard_request[k];
		}
}

static bool bounded(struct says s, int min, int max, int ratio)
{
	if (min != NONE && (s.request == NONE || s.request < min ||
			    (s.limit != NONE && s.limit < min)))
		return false;
	if (max != NONE && (s.limit == NONE || s.limit > max ||
			    (s.request != NONE && s.request > max)))
		return false;
	return ratio == NONE ||
	       (s.request > 0 && s.limit > 0 && s.limit <= (int64_t)ratio * s.request);
}

/* The pod's own: what is said anywhere, or (`strict`, as before 1.22) only what is said
 * in each container. */
static struct says whole(const struct pod *pod, int k, bool strict)
{
	struct says sum = {NONE, NONE}, peak = {NONE, NONE}, before = {0, 0};
	bool all_requests = true, all_limits = true;

#define ADD(to, more) ((more) == NONE ? (to) : ((to) == NONE ? 0 : (to)) + (more))
	for (int i = 0; i < pod->count; i++) {
		const struct box *b = &pod->box[i];
		const struct says s = b->of[k];
		all_requests &= s.request != NONE;
		all_limits &= s.limit != NONE;
		if (!b->init || b->sidecar) {
			sum.request = ADD(sum.request, s.request);
			sum.limit = ADD(sum.limit, s.limit);
		}
		if (b->sidecar) {
			before.request = ADD(before.request, s.request);
			before.limit = ADD(before.limit, s.limit);
		} else if (b->init) {
			if (s.request != NONE &&
			    before.request + s.request > peak.request)
				peak.request = before.request + s.request;
			if (s.limit != NONE && before.limit + s.limit > peak.limit)
				peak.limit = before.limit + s.limit;
		}
	}
	if (peak.request > sum.request)
		sum.request = peak.request;
	if (peak.limit > sum.limit)
		sum.limit = peak.limit;
	if (strict && !all_requests)
		sum.request = NONE;
	if (strict && !all_limits)
		sum.limit = NONE;
	return sum;
}

static bool in_range(const struct pod *pod, const struct range *r, bool strict)
{
	for (int k = 0; k < KINDS; k++) {
		for (int i = 0; i < pod->count; i++)
			if (!bounded(pod->box[i].of[k], r->min[k], r->max[k],
				     r->ratio[k]))
				return false;
		if (!bounded(whole(pod, k, strict), r->pod_min[k], r->pod_max[k],
			     r->pod_ratio[k]))
			return false;
	}
	return true;
}

static bool in_quota(const struct pod *pod, const struct quota_model *q)
{
	for (int k = 0; k < KINDS; k++) {
		const struct says all = whole(pod, k, false);
		for (int i = 0; i < pod->count; i++)
			if ((q->requests[k] != NONE &&
			     pod->box[i].of[k].request == NONE) ||
			    (q->limits[k] != NONE && pod->box[i].of[k].limit == NONE))
				return false;
		if ((q->requests[k] != NONE && all.request > q->requests[k]) ||
		    (q->limits[k] != NONE && all.limit > q->limits[k]))
			return false;
	}
	return true;
}

/* 0: BestEffort, 1: Burstable, 2: Guaranteed. */
static int class_of(const struct pod *pod)
{
	bool any = false, guaranteed = true;

	for (int i = 0; i < pod->count; i++)
		for (int k = 0; k < STORAGE; k++) {
			const struct says s = pod->box[i].of[k];
			any |= s.request > 0 || s.limit > 0;
			guaranteed &= s.limit > 0 && s.request == s.limit;
		}
	return any ? 1 + guaranteed : 0;
}

struct world {
	struct range ranges[2];
	struct quota_model quotas[2];
	int range_count, quota_count;
	bool strict;
};

/* Whether the API server takes the pod, which then has its defaults. */
static bool admitted(struct pod *pod, const struct world *w)
{
	apply_defaults(pod, NULL);
	for (int i = 0; i < w->range_count; i++)
		apply_defaults(pod, &w->ranges[i]);
	for (int i = 0; i < pod->count; i++)
		for (int k = 0; k < KINDS; k++)
			if (pod->box[i].of[k].limit != NONE &&
			    pod->box[i].of[k].request > pod->box[i].of[k].limit)
				return false;
	for (int i = 0; i < w->range_count; i++)
		if (!in_range(pod, &w->ranges[i], w->strict))
			return false;
	for (int i = 0; i < w->quota_count; i++)
		if (!in_quota(pod, &w->quotas[i]))
			return false;
	return true;
}

/* --- as JSON -------------------------------------------------------------------------
 */

static const char *const names[KINDS] = {"cpu", "memory", "ephemeral-storage"};
static const char *const units[KINDS] = {"m", "Mi", "Mi"};

static void put_amounts(struct text *t, const char *list, const int amounts[KINDS])
{
	const char *comma = "";

	text_printf(t, "\"%s\":{", list);
	for (int k = 0; k < KINDS; k++)
		if (amounts[k] != NONE) {
			text_printf(t, "%s\"%s\":\"%d%s\"", comma, names[k], amounts[k],
				    units[k]);
			comma = ",";
		}
	text_put(t, "}");
}

static void put_ratios(struct text *t, const int ratios[KINDS])
{
	const char *comma = "";

	text_put(t, "\"maxLimitRequestRatio\":{");
	for (int k = 0; k < KINDS; k++)
		if (ratios[k] != NONE) {
			text_printf(t, "%s\"%s\":\"%d\"", comma, names[k], ratios[k]);
			comma = ",";
		}
	text_put(t, "}");
}

static void put_box(struct text *t, const struct box *b, int number)
{
	const int requests[KINDS] = {b->of[0].request, b->of[1].request,
				     b->of[2].request};
	const int limits[KINDS] = {b->of[0].limit, b->of[1].limit, b->of[2].limit};

	text_printf(t, "{\"name\":\"c%d\",%s\"resources\":{", number,
		    b->sidecar ? "\"restartPolicy\":\"Always\"," : "");
	put_amounts(t, "requests", requests);
	text_put(t, ",");
	put_amounts(t, "limits", limits);
	text_put(t, "}}");
}

static cJSON *tree_of_pod(const struct pod *pod)
{
	static char text[8192];
	struct text t = text_over(text, sizeof(text));

	text_put(&t, "{\"spec\":{");
	for (int init = 0; init < 2; init++) {
		const char *comma = "";
		text_printf(&t, "%s\"%s\":[", init ? "," : "",
			    init ? "initContainers" : "containers");
		for (int i = 0; i < pod->count; i++)
			if (pod->box[i].init == init) {
				text_put(&t, comma);
				put_box(&t, &pod->box[i], i);
				comma = ",";
			}
		text_put(&t, "]");
	}
	text_put(&t, "}}");
	return tree_of_json(text);
}

static struct namespaces *known;
static struct fit fit;

static void know(enum namespaces_kind kind, const char *json)
{
	struct error err;
	cJSON *tree = tree_of_json(json);

	assert_int_equal(namespaces_put(known, kind, tree, &err), 0);
	cJSON_Delete(tree);
}

static void know_range(const struct range *r, int number)
{
	static char text[4096];
	struct text t = text_over(text, sizeof(text));

	text_printf(&t,
		    "{\"metadata\":{\"name\":\"r%d\",\"namespace\":\"n\"},\"spec\":{"
		    "\"limits\":[{\"type\":\"Container\",",
		    number);
	put_amounts(&t, "min", r->min);
	text_put(&t, ",");
	put_amounts(&t, "max", r->max);
	text_put(&t, ",");
	put_amounts(&t, "default", r->standard);
	text_put(&t, ",");
	put_amounts(&t, "defaultRequest", r->standard_request);
	text_put(&t, ",");
	put_ratios(&t, r->ratio);
	text_put(&t, "},{\"type\":\"Pod\",");
	put_amounts(&t, "min", r->pod_min);
	text_put(&t, ",");
	put_amounts(&t, "max", r->pod_max);
	text_put(&t, ",");
	put_ratios(&t, r->pod_ratio);
	text_put(&t, "}]}}");
	know(KIND_LIMIT_RANGE, text);
}

/* "used" is what makes "hard" the amount that is left. */
static void know_quota(const struct quota_model *q, int number)
{
	static char text[1024];
	struct text t = text_over(text, sizeof(text));

	text_printf(&t, "{\"metadata\":{\"name\":\"q%d\",\"namespace\":\"n\"}", number);
	for (int used = 0; used < 2; used++) {
		const char *comma = "";
		text_put(&t,
			 used ? "}},\"status\":{\"used\":{" : ",\"spec\":{\"hard\":{");
		for (int k = 0; k < KINDS; k++) {
			if (q->requests[k] != NONE) {
				text_printf(&t, "%s\"%s%s\":\"%d%s\"", comma,
					    number ? "requests." : "", names[k],
					    used ? 1000 : 1000 + q->requests[k],
					    units[k]);
				comma = ",";
			}
			if (q->limits[k] != NONE) {
				text_printf(&t, "%s\"limits.%s\":\"%d%s\"", comma,
					    names[k], used ? 1000 : 1000 + q->limits[k],
					    units[k]);
				comma = ",";
			}
		}
	}
	text_put(&t, "}}}");
	know(KIND_RESOURCE_QUOTA, text);
}

/* --- random worlds -------------------------------------------------------------------
 */

static struct pod random_pod(void)
{
	struct pod pod = {.count = 0};
	const int containers = 1 + (int)roll(3), inits = (int)roll(3) * (int)roll(2);
	/* All say nothing, all say all, or any; of storage as they like. */
	const unsigned compute = roll(4), storage = roll(4);

	for (int i = 0; i < inits + containers; i++) {
		struct box *b = &pod.box[pod.count++];
		b->init = i < inits;
		b->sidecar = b->init && roll(2) == 0;
		for (int k = 0; k < KINDS; k++) {
			const int limit = 5 * (1 + (int)roll(20));
			const unsigned style = k == STORAGE ? storage : compute;
			b->of[k].limit = style == 0   ? NONE
					 : style == 1 ? limit
						      : maybe(2, limit);
			b->of[k].request =
			    style == 0   ? NONE
			    : style == 1 ? (roll(8) ? limit : (limit + 1) / 2)
					 : maybe(2, 1 + (int)roll((unsigned)limit));
		}
	}
	return pod;
}

/* What the API server fills in when a LimitRange is made. */
static void complete(struct range *r)
{
	for (int k = 0; k < KINDS; k++) {
		if (r->standard[k] == NONE)
			r->standard[k] = r->max[k];
		if (r->standard_request[k] == NONE)
			r->standard_request[k] = r->standard[k];
		if (r->standard_request[k] == NONE)
			r->standard_request[k] = r->min[k];
	}
}

static struct range random_range(void)
{
	struct range r;

	for (int k = 0; k < KINDS; k++) {
		r.min[k] = maybe(4, 1 + (int)roll(40));
		r.max[k] = maybe(4, 10 + (int)roll(150));
		r.ratio[k] = maybe(4, 1 + (int)roll(6));
		r.standard[k] = maybe(4, 10 + (int)roll(100));
		r.standard_request[k] = maybe(4, 5 + (int)roll(50));
		r.pod_min[k] = maybe(8, 1 + (int)roll(40));
		r.pod_max[k] = maybe(4, 20 + (int)roll(250));
		r.pod_ratio[k] = maybe(8, 1 + (int)roll(6));
	}
	complete(&r);
	return r;
}

static struct quota_model random_quota(const struct pod *pod)
{
	struct quota_model q;

	for (int k = 0; k < KINDS; k++) {
		const struct says all = whole(pod, k, false);
		q.requests[k] =
		    maybe(3, (all.request == NONE ? 0 : all.request) + (int)roll(40));
		q.limits[k] =
		    maybe(3, (all.limit == NONE ? 0 : all.limit) + (int)roll(80));
	}
	return q;
}

/* --- with the sidecar ----------------------------------------------------------------
 */

static struct pod with_sidecar(const struct pod *pod, bool native,
			       const struct says of[KINDS])
{
	struct pod with = {.count = pod->count + 1};

	/* The order of the containers among themselves does not matter. */
	memcpy(&with.box[1], pod->box, sizeof(pod->box) - sizeof(pod->box[0]));
	with.box[0] = (struct box){
	    .of = {of[0], of[1], of[2]}, .init = native, .sidecar = native};
	return with;
}

/* A request that keeps to a ratio may be no whole number of 1Mi: the next one does too.
 */
static int in_units(int64_t amount, int k)
{
	if (amount == NONE || k == 0)
		return (int)amount;
	return (int)((amount + (1 << 20) - 1) >> 20);
}

static bool all_request(const struct pod *pod, int k)
{
	for (int i = 0; i < pod->count; i++)
		if (pod->box[i].of[k].request == NONE)
			return false;
	return true;
}

static bool all_limited(const struct pod *pod, int k)
{
	for (int i = 0; i < pod->count; i++)
		if (pod->box[i].of[k].limit == NONE)
			return false;
	return true;
}

/* One resource as the world has it, or no matter: unbounded. */
static void unbind(struct world *one, const struct world *w, int k, bool free)
{
	for (int i = 0; i < w->range_count; i++) {
		const struct range *from = &w->ranges[i];
		struct range *r = &one->ranges[i];
		r->min[k] = free ? NONE : from->min[k];
		r->max[k] = free ? NONE : from->max[k];
		r->ratio[k] = free ? NONE : from->ratio[k];
		r->pod_min[k] = free ? NONE : from->pod_min[k];
		r->pod_max[k] = free ? NONE : from->pod_max[k];
		r->pod_ratio[k] = free ? NONE : from->pod_ratio[k];
	}
	for (int i = 0; i < w->quota_count; i++) {
		one->quotas[i].requests[k] = free ? NONE : w->quotas[i].requests[k];
		one->quotas[i].limits[k] = free ? NONE : w->quotas[i].limits[k];
	}
}

/* Whether a sidecar that asks for the least size, and may have as much or more, is
 * admitted, with the class kept: tried out, one resource after the other. */
static bool anything_does(const struct pod *pod, const struct world *w, bool native)
{
	static const int least[KINDS] = {5, 8, 8}, most[KINDS] = {50, 16, 64};
	const int class = class_of(pod);
	struct world one = *w;

	for (int k = 0; k < KINDS; k++) {
		bool does = false;
		if (k == STORAGE && !all_request(pod, k))
			continue; /* nor does the sidecar ask for any */
		for (int other = 0; other < KINDS; other++)
			unbind(&one, w, other, other != k);
		for (int request = least[k]; request <= 150 && !does; request++)
			for (int limit = request - 1; limit <= 150 && !does; limit++) {
				struct says of[KINDS] = {
				    {1000, 1000}, {1000, 1000}, {1000, 1000}};
				of[k] = (struct says){request,
						      limit < request ? NONE : limit};
				if (limit > most[k] && limit > request)
					break;
				/* Memory always has its limit, others where all have.
				 */
				if (limit < request && (k == 1 || all_limited(pod, k)))
					continue;
				struct pod with = with_sidecar(pod, native, of);
				does =
				    admitted(&with, &one) && class_of(&with) == class;
			}
		if (!does)
			return false;
	}
	return true;
}

/* What an init container leaves a plain one beside it, when it needs more than all
 * containers together, is not used: that pod may be left alone without need. */
static bool has_init(const struct pod *pod, bool native)
{
	return !native && pod->box[0].init;
}

static void tell_of(const struct pod *pod, const struct world *w,
		    const struct says of[KINDS], uint64_t history)
{
	char *text = cJSON_PrintUnformatted(tree_of_pod(pod));

	print_error(
	    "history %llu: %s\nsidecar: cpu %d/%d, memory %d/%d, storage %d/%d; %d "
	    "ranges, %d quotas\n",
	    (unsigned long long)history, text, of[0].request, of[0].limit,
	    of[1].request, of[1].limit, of[2].request, of[2].limit, w->range_count,
	    w->quota_count);
	for (int i = 0; i < w->range_count; i++)
		for (int k = 0; k < KINDS; k++)
			print_error(
			    "  %s: min %d max %d ratio %d default %d/%d; pod min "
			    "%d max %d ratio %d\n",
			    names[k], w->ranges[i].min[k], w->ranges[i].max[k],
			    w->ranges[i].ratio[k], w->ranges[i].standard_request[k],
			    w->ranges[i].standard[k], w->ranges[i].pod_min[k],
			    w->ranges[i].pod_max[k], w->ranges[i].pod_ratio[k]);
	for (int i = 0; i < w->quota_count; i++)
		print_error("  left: cpu %d/%d memory %d/%d storage %d/%d\n",
			    w->quotas[i].requests[0], w->quotas[i].limits[0],
			    w->quotas[i].requests[1], w->quotas[i].limits[1],
			    w->quotas[i].requests[2], w->quotas[i].limits[2]);
	free(text);
}

CASE(whatever_the_namespace_says_the_pod_is_created)
{
	struct error err;
	struct sidecar_template *template = template_read("", 0, &err);
	unsigned counts[SKIP_REASONS] = {0}, pods = 0, classes[3] = {0};

	for (uint64_t history = 0; history < HISTORIES; history++) {
		seed = history * 7919 + 1;
		const bool native = roll(2);
		struct world w = {.range_count = (int)roll(3),
				  .quota_count = (int)roll(3),
				  .strict = !native && roll(2)};
		struct pod pod = random_pod();
		for (int i = 0; i < w.range_count; i++)
			w.ranges[i] = random_range();
		if (!native)
			for (int i = 0; i < pod.count; i++)
				pod.box[i].sidecar = false;
		struct pod filled = pod;
		apply_defaults(&filled, NULL);
		for (int i = 0; i < w.range_count; i++)
			apply_defaults(&filled, &w.ranges[i]);
		for (int i = 0; i < w.quota_count; i++)
			w.quotas[i] = random_quota(&filled);
		if (!admitted(&pod, &w))
			continue;
		pods++;

		known = namespaces_new(&err);
		assert_non_null(known);
		for (int i = 0; i < w.range_count; i++)
			know_range(&w.ranges[i], i);
		for (int i = 0; i < w.quota_count; i++)
			know_quota(&w.quotas[i], i);
		const struct injection injection = {
		    .template = template, .native = native, .namespaces = known};
		cJSON *tree = tree_of_pod(&pod);
		const enum skip_reason reason =
		    fit_sidecar(&injection, "n", tree, &fit);
		struct says of[KINDS];
		for (int k = 0; k < KINDS; k++)
			of[k] = (struct says){in_units(fit.resources.requests.of[k], k),
					      in_units(fit.resources.limits.of[k], k)};
		cJSON_Delete(tree);
		namespaces_free(known);

		counts[reason]++;
		const int class = class_of(&pod);
		classes[class]++;
		bool right;
		if (reason == SKIP_NOTHING) {
			struct pod with = with_sidecar(&pod, native, of);
			right = admitted(&with, &w) && class_of(&with) == class;
		} else {
			right = fit.why[0] && (has_init(&pod, native) ||
					       !anything_does(&pod, &w, native));
		}
		if (!right) {
			tell_of(&pod, &w, of, history);
			fail_msg("%s", reason == SKIP_NOTHING ? "the pod is refused"
							      : fit.why);
		}
	}
	template_free(template);
	print_message("%u pods (%u BestEffort, %u Burstable, %u Guaranteed): %u with "
		      "their sidecar, %u left alone for limits, %u for quotas\n",
		      pods, classes[0], classes[1], classes[2], counts[SKIP_NOTHING],
		      counts[SKIP_LIMIT_RANGE], counts[SKIP_RESOURCE_QUOTA]);
	assert_true(pods > HISTORIES / 10);
	assert_true(classes[0] > 100 && classes[1] > 100 && classes[2] > 100);
	assert_true(counts[SKIP_LIMIT_RANGE] > 100 &&
		    counts[SKIP_RESOURCE_QUOTA] > 100);
}

/* --- single cases --------------------------------------------------------------------
 */

static enum skip_reason fitted(const char *pod, bool native)
{
	struct error err;
	struct sidecar_template *template = template_read("", 0, &err);
	cJSON *tree = tree_of(pod);
	const struct injection injection = {
	    .template = template, .native = native, .namespaces = known};
	const enum skip_reason reason = fit_sidecar(&injection, "n", tree, &fit);

	cJSON_Delete(tree);
	template_free(template);
	return reason;
}

static void assert_fits(const char *pod, int cpu_request, int cpu_limit, int memory_mi)
{
	assert_int_equal(fitted(pod, true), SKIP_NOTHING);
	assert_int_equal(fit.resources.requests.of[RESOURCE_CPU], cpu_request);
	assert_int_equal(fit.resources.limits.of[RESOURCE_CPU], cpu_limit);
	assert_int_equal(fit.resources.limits.of[RESOURCE_MEMORY],
			 memory_mi == NONE ? NONE : memory_mi << 20);
}

static void know_text(enum namespaces_kind kind, const char *text)
{
	char *copy = quoted(text);

	know(kind, copy);
	free(copy);
}

static int know_nothing(void **state)
{
	struct error err;

	(void)state;
	known = namespaces_new(&err);
	return known ? 0 : -1;
}

static int forget(void **state)
{
	(void)state;
	namespaces_free(known);
	known = NULL;
	return 0;
}

#define POD(resources)                                                                 \
	"{'spec': {'containers': [{'name': 'a', 'resources': {" resources "}}]}}"

CASE(a_limit_of_cpu_is_for_those_who_need_one)
{
	assert_fits(POD("'requests': {'cpu': '1'}"), 10, NONE, 16);
	assert_fits(POD("'requests': {'memory': '1Gi'}, 'limits': {'memory': '1Gi'}"),
		    10, NONE, 16);
	assert_fits(POD("'requests': {'cpu': '1'}, 'limits': {'cpu': '2'}"), 10, 50,
		    16);
	assert_fits(POD("'limits': {'cpu': '1', 'memory': '1Gi'}"), 50, 50, 16);
	assert_fits(POD(""), NONE, NONE, NONE);
	assert_fits(POD("'requests': {'cpu': 0}"), NONE, NONE, NONE);
}

CASE(storage_is_asked_for_where_all_others_do)
{
	assert_fits(POD("'requests': {'cpu': '1'}"), 10, NONE, 16);
	assert_int_equal(fit.resources.requests.of[RESOURCE_STORAGE], NONE);
	assert_fits(POD("'requests': {'cpu': '1', 'ephemeral-storage': '1Gi'}"), 10,
		    NONE, 16);
	assert_int_equal(fit.resources.requests.of[RESOURCE_STORAGE], 8 << 20);
	assert_int_equal(fit.resources.limits.of[RESOURCE_STORAGE], NONE);
	assert_fits(
	    POD("'requests': {'cpu': '1'}, 'limits': {'ephemeral-storage': '1Gi'}"), 10,
	    NONE, 16);
	assert_int_equal(fit.resources.limits.of[RESOURCE_STORAGE], 64 << 20);
}

#define RANGE(type, what)                                                              \
	"{'metadata': {'name': 'r', 'namespace': 'n'}, 'spec': {'limits': [{'type': "  \
	"'" type "', " what "}]}}"

CASE(the_limits_that_were_reported_are_no_outage)
{
	know_text(KIND_LIMIT_RANGE,
		  RANGE("Container", "'min': {'cpu': '50m', 'memory': "
				     "'32Mi'}"));
	assert_fits(POD("'requests': {'cpu': '1', 'memory': '1Gi'}"), 50, NONE, 32);
	know_text(KIND_LIMIT_RANGE, RANGE("Pod", "'max': {'cpu': '50m'}"));
	assert_int_equal(
	    fitted(POD("'requests': {'cpu': '50m'}, 'limits': {'cpu': '50m'}"), true),
	    SKIP_LIMIT_RANGE);
	assert_string_equal(
	    fit.why, "cpu: it asks for 5m, the namespace's LimitRange leaves 0m");
	assert_fits(POD("'requests': {'cpu': '20m'}, 'limits': {'cpu': '30m'}"), 10, 20,
		    16);
	assert_fits(POD("'requests': {'cpu': '20m'}, 'limits': {'cpu': '42m'}"), 5, 8,
		    8);
}

CASE(a_pod_or_its_namespace_may_say_how_much)
{
	know_text(KIND_NAMESPACE, "{'metadata': {'name': 'n', 'annotations': "
				  "{'dormouse.dev/resources': 'cpu=3m'}}}");
	assert_fits(POD("'requests': {'cpu': '1'}"), 3, NONE, 16);
	assert_fits(POD("'limits': {'cpu': '1', 'memory': '1Gi'}"), 3, 3, 16);
	assert_fits("{'metadata': {'annotations': {'dormouse.dev/resources': "
		    "'memory=9Mi,cpu=0.02'}}, 'spec': {'containers': [{'name': 'a', "
		    "'resources': {'limits': {'cpu': '1'}}}]}}",
		    20, 20, 9);
	assert_fits("{'metadata': {'annotations': {'dormouse.dev/resources': 'lots'}}, "
		    "'spec': {'containers': [{'name': 'a', 'resources': {'limits': "
		    "{'cpu': '1'}}}]}}",
		    3, 3, 16);
}

CASE(a_quota_is_for_the_pods_of_its_scopes)
{
	static const struct {
		const char *scopes, *pod;
		bool holds;
	} cases[] = {
	    {"", "", true},
	    {"'scopes': ['NotTerminating'],", "", true},
	    {"'scopes': ['Terminating'],", "", false},
	    {"'scopes': ['Terminating'],", "'activeDeadlineSeconds': 5,", true},
	    {"'scopes': ['NotTerminating', 'NotBestEffort'],", "", true},
	    {"'scopes': ['NotTerminating', 'BestEffort'],", "", false},
	    {"'scopes': ['CrossNamespacePodAffinity'],", "", false},
	    {"'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass', "
	     "'operator': 'In', 'values': ['low', 'high']}]},",
	     "'priorityClassName': 'high',", true},
	    {"'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass', "
	     "'operator': 'In', 'values': ['low', 'high']}]},",
	     "'priorityClassName': 'hig',", false},
	    {"'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass', "
	     "'operator': 'NotIn', 'values': ['low', 'high']}]},",
	     "", true},
	    {"'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass', "
	     "'operator': 'Exists'}]},",
	     "", false},
	    {"'scopeSelector': {'matchExpressions': [{'scopeName': 'PriorityClass', "
	     "'operator': 'DoesNotExist'}, {'scopeName': 'NotBestEffort', 'operator': "
	     "'Exists'}]},",
	     "", true},
	};
	char quota[1024], pod[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(quota, sizeof(quota),
			 "{'metadata': {'name': 'q', 'namespace': 'n'}, 'spec': {%s "
			 "'hard': {'requests.cpu': '1'}}, 'status': {'used': "
			 "{'requests.cpu': '900m'}}}",
			 cases[i].scopes);
		know_text(KIND_RESOURCE_QUOTA, quota);
		snprintf(pod, sizeof(pod),
			 "{'spec': {%s 'containers': [{'name': 'a', 'resources': "
			 "{'requests': {'cpu': '99m'}}}]}}",
			 cases[i].pod);
		assert_int_equal(fitted(pod, true),
				 cases[i].holds ? SKIP_RESOURCE_QUOTA : SKIP_NOTHING);
	}
	know_text(
	    KIND_RESOURCE_QUOTA,
	    "{'metadata': {'name': 'q', 'namespace': 'n'}, 'spec': {'hard': {'cpu': "
	    "'1'}}, 'status': {'used': {'cpu': '2'}}}");
	assert_int_equal(fitted(POD("'requests': {'cpu': '1m'}"), true),
			 SKIP_RESOURCE_QUOTA);
	assert_string_equal(
	    fit.why, "cpu: it asks for 5m, the namespace's ResourceQuota leaves 0m");
}

CASE(the_overhead_of_a_runtime_counts)
{
	know_text(
	    KIND_RESOURCE_QUOTA,
	    "{'metadata': {'name': 'q', 'namespace': 'n'}, 'spec': {'hard': {'cpu': "
	    "'100m'}}}");
	assert_fits(
	    "{'spec': {'overhead': {'cpu': '50m'}, 'containers': [{'name': 'a', "
	    "'resources': {'requests': {'cpu': '45m'}}}]}}",
	    5, NONE, 8);
	assert_int_equal(fitted("{'spec': {'overhead': {'cpu': '50m'}, 'containers': "
				"[{'name': 'a', 'resources': {'requests': {'cpu': "
				"'46m'}}}]}}",
				true),
			 SKIP_RESOURCE_QUOTA);
}

#define KNOWING(test) cmocka_unit_test_setup_teardown(test, know_nothing, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whatever_the_namespace_says_the_pod_is_created),
	    KNOWING(a_limit_of_cpu_is_for_those_who_need_one),
	    KNOWING(storage_is_asked_for_where_all_others_do),
	    KNOWING(the_limits_that_were_reported_are_no_outage),
	    KNOWING(a_pod_or_its_namespace_may_say_how_much),
	    KNOWING(a_quota_is_for_the_pods_of_its_scopes),
	    KNOWING(the_overhead_of_a_runtime_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
