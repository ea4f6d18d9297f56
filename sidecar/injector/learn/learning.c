/* SPDX-License-Identifier: Apache-2.0 */
/* learning.c - learns what each workload does, a pod at a time. */
#include "learning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/options.h"
#include "traffic_history.h"
#include "workload_name.h"

#define PROGRESS_S 5.0 /* between two lines of progress */

/* The run, and the workload that is being learnt. */
struct run {
	struct learning *l;
	const struct learning_source *source;
	struct prometheus *prometheus;
	struct detect_options detect;
	bool siblings_sought; /* of the workload */
	bool has_siblings;    /* a baseline is known of it */
	struct past siblings;
	struct baseline_document learnt; /* of the workload's pods so far */
	struct trial trial;
	struct identity pod; /* being played */
	double said_at;      /* clock_monotonic() */
};

/* --- what is said ----------------------------------------------------------------- */

static void say(const char *line)
{
	fprintf(stderr, "dormouse-injector: %s\n", line);
}

static void say_pods(const struct pods *pods)
{
	char line[256];
	struct text t = text_over(line, sizeof(line));

	text_printf(&t,
		    "%zu pods; their workloads are from: a label %zu, owners %zu, the "
		    "pod's name %zu",
		    pods->count, pods->found[POD_BY_LABEL], pods->found[POD_BY_OWNERS],
		    pods->found[POD_BY_NAME]);
	if (pods->nameless > 0)
		text_printf(&t, "; %llu series without the labels namespace and pod",
			    (unsigned long long)pods->nameless);
	say(line);
}

/* Says how far it is, a few times a minute. */
static void say_progress(struct run *r, size_t index)
{
	const double now = clock_monotonic();
	const struct pod *pod = r->l->pods.at[index];

	if (now - r->said_at < PROGRESS_S)
		return;
	r->said_at = now;
	fprintf(stderr, "dormouse-injector: pod %zu of %zu, %s/%s\n", index + 1,
		r->l->pods.count, pod->namespace, pod->name);
}

/* --- a workload ------------------------------------------------------------------- */

/* Whether the list has "Kind/name" or "NAMESPACE/Kind/name". */
static bool is_left_out(const char *list, const struct pod *pod)
{
	char full[sizeof(((struct owner *)0)->workload) + 64];

	snprintf(full, sizeof(full), "%s/%s", pod->namespace, pod->workload);
	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
		const size_t length = strcspn(at, ",");
		const bool same =
		    (length == strlen(full) && strncmp(at, full, length) == 0) ||
		    (length == strlen(pod->workload) &&
		     strncmp(at, pod->workload, length) == 0);
		if (same)
			return true;
	}
	return false;
}

/* Finds the baseline by which the workload's pods were judged, when the first of them
 * is at hand: of a Prometheus that fails the API server does not hear. One that no
 * monitor can use is as none. */
static int find_siblings(struct run *r, const struct workload *w, struct error *err)
{
	if (!r->source->known || r->siblings_sought)
		return 0;
	const int found = known_baselines_find(r->source->known, w->namespace,
					       &w->owner, &r->siblings, err);

	r->siblings_sought = true;
	r->has_siblings = found > 0;
	if (found == KNOWN_BASELINES_FAILED)
		return -1;
	if (found == KNOWN_BASELINES_BROKEN) {
		fail_within(err, "the baseline of %s/%s is not used", w->namespace,
			    w->owner.workload);
		say(err->text);
	}
	return 0;
}

static int begin_workload(struct run *r, const struct pod *pod, struct error *err)
{
	struct learning *l = r->l;
	struct workload *w = &l->at[l->count];

	*w = (struct workload){.namespace = pod->namespace};
	if (!workload_read(&w->owner, pod->workload))
		return fail(err, "the workload %s has no valid name", pod->workload);
	l->count++;
	r->siblings_sought = r->has_siblings = false;
	if (!r->source->options->evaluate)
		return 0;
	w->evaluation = calloc(1, sizeof(*w->evaluation));
	return w->evaluation ? 0 : fail_memory(err, "an evaluation");
}

/* Writes the workload's document. */
static int end_workload(struct run *r, struct error *err)
{
	struct workload *w = &r->l->at[r->l->count - 1];

	if (w->evaluation || w->pods == 0 || w->refused > 0 ||
	    r->learnt.past.watched_s <= 0)
		return 0;
	w->document = baseline_document_text(&r->learnt, err);
	if (!w->document)
		return -1;
	r->l->bytes += strlen(w->document);
	return r->l->bytes <= DOCUMENTS_MAX
		   ? 0
		   : fail(err, "the baselines are over %u MiB: name fewer --namespaces",
			  DOCUMENTS_MAX >> 20);
}

/* --- a pod ------------------------------------------------------------------------ */

static void show_alert(void *run_, const struct alert *alert)
{
	const struct run *r = run_;

	evaluation_show(r->l->at[r->l->count - 1].evaluation, r->pod.name, alert);
}

static int play(struct run *r, struct range *range, struct error *err)
{
	struct workload *w = &r->l->at[r->l->count - 1];
	struct baseline_document learnt;

	if (find_siblings(r, w, err) < 0)
		return -1;
	const struct trial_plan plan = {
	    .options = &r->detect,
	    .pod = &r->pod,
	    .siblings = r->has_siblings ? &r->siblings : NULL,
	    .learnt = &learnt,
	    .raised = w->evaluation ? show_alert : NULL,
	    .context = r,
	};

	const int result = trial_run(&r->trial, range, &plan, err);
	if (result == TRACE_INVALID) {
		w->refused++;
		fail_within(err, "%s/%s is left out", r->pod.namespace, r->pod.name);
		say(err->text);
		return 0;
	}
	if (result < 0)
		return -1;
	if (w->pods++ == 0)
		r->learnt = learnt;
	else
		baseline_document_merge(&r->learnt, &learnt);
	w->alerts += r->trial.alerts;
	w->watched_s += r->trial.last - r->trial.first;
	return w->evaluation ? evaluation_add(w->evaluation, &r->trial, range, &plan,
					      r->source->options->seed, err)
			     : 0;
}

static int learn_pod(struct run *r, const struct pod *pod, struct error *err)
{
	struct range *range = history_fetch(r->prometheus, pod, &r->source->span,
					    r->source->options->step_s, err);
	struct identity unused = {.labels = NULL};
	int result = 0;

	if (!range)
		return -1;
	r->pod = (struct identity){.name = pod->name,
				   .namespace = pod->namespace,
				   .uid = "",
				   .node = "",
				   .workload = pod->workload,
				   .cluster = "",
				   .images = ""};
	if (range_is_empty(range))
		r->l->at[r->l->count - 1].without++;
	else if (range_next_trace(range, &unused) == TRACE_SAMPLE)
		result = play(r, range, err);
	range_free(range);
	return result < 0 ? fail_within(err, "%s/%s", pod->namespace, pod->name) : 0;
}

/* --- all of them ------------------------------------------------------------------ */

/* The place of the first pod of the next workload. */
static size_t end_of_workload(const struct pods *pods, size_t first)
{
	size_t end = first + 1;

	while (end < pods->count && pods_same_workload(pods->at[first], pods->at[end]))
		end++;
	return end;
}

/* Learns the pods from `first` to before `end`: all, or as many as the limit says,
 * evenly taken. */
static int learn_workload(struct run *r, size_t first, size_t end, struct error *err)
{
	const struct pods *pods = &r->l->pods;
	const size_t all = end - first;
	const size_t played = all < WORKLOAD_PODS_MAX ? all : WORKLOAD_PODS_MAX;

	if (begin_workload(r, pods->at[first], err) < 0)
		return -1;
	r->l->at[r->l->count - 1].all_pods = all;
	for (size_t i = 0; i < played; i++) {
		const size_t index = first + i * all / played;

		say_progress(r, index);
		if (learn_pod(r, pods->at[index], err) < 0)
			return -1;
	}
	return end_workload(r, err);
}

static int learn_pods(struct run *r, struct error *err)
{
	const struct pods *pods = &r->l->pods;
	size_t end;

	for (size_t first = 0; first < pods->count; first = end) {
		end = end_of_workload(pods, first);
		if (!is_left_out(r->source->options->leave_out, pods->at[first]) &&
		    learn_workload(r, first, end, err) < 0)
			return -1;
	}
	return 0;
}

static unsigned count_played(const struct learning *l)
{
	unsigned played = 0;

	for (size_t i = 0; i < l->count; i++)
		played += l->at[i].pods;
	return played;
}

/* The detector is set by the variables of `dormouse replay`, such as
 * DORMOUSE_SENSITIVITY. */
static int read_detect_options(struct detect_options *detect, struct error *err)
{
	static char name[] = "replay";
	char *arguments[] = {name, NULL};
	struct options options;

	if (options_parse(&options, OPTIONS_REPLAY, 1, arguments, say, err) < 0)
		return -1;
	*detect = options.detect;
	return 0;
}

static int run(struct run *r, struct error *err)
{
	struct learning *l = r->l;

	if (pods_find(&l->pods, r->prometheus, r->source->namespaces, &r->source->span,
		      err) < 0)
		return -1;
	if (l->pods.count == 0)
		return fail(err,
			    "Prometheus at %s has no traffic of pods: no series "
			    "dormouse_network_transmit_bytes_total or "
			    "container_network_transmit_bytes_total with the "
			    "labels namespace and pod",
			    r->source->options->prometheus);
	say_pods(&l->pods);
	l->at = calloc(l->pods.count, sizeof(*l->at));
	if (!l->at)
		return fail_memory(err, "the workloads");
	if (learn_pods(r, err) < 0)
		return -1;
	return count_played(l) > 0
		   ? 0
		   : fail(err,
			  "nothing was learnt: Prometheus at %s has no counters of "
			  "any of the pods",
			  r->source->options->prometheus);
}

int learning_run(struct learning *l, const struct learning_source *source,
		 struct error *err)
{
	struct run *r = calloc(1, sizeof(*r));
	int result = -1;

	*l = (struct learning){.count = 0};
	if (!r)
		return fail_memory(err, "the learning");
	r->l = l;
	r->source = source;
	r->said_at = clock_monotonic();
	r->prometheus = prometheus_open(source->options, err);
	if (r->prometheus && read_detect_options(&r->detect, err) == 0)
		result = run(r, err);
	prometheus_close(r->prometheus);
	free(r);
	return result;
}

void learning_free(struct learning *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->at[i].document);
		free(l->at[i].evaluation);
	}
	free(l->at);
	pods_free(&l->pods);
}
