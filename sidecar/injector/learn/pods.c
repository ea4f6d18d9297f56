/* SPDX-License-Identifier: Apache-2.0 */
/* pods.c - the pods that Prometheus has traffic of, and the workload of each. */
#include "pods.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "workload_name.h"

/* A question for the series of one metric. */
struct finding {
	struct pods *pods;
	const char *namespaces;
	enum pod_source source;
	/* For the owners of owners: */
	const char *kind; /* "ReplicaSet" */
	enum label label; /* that has its name */
};

/* --- the pods --------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct pod *x = a, *y = b;
	const int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->name, y->name);
}

static struct pod *new_pod(const char *namespace, const char *name)
{
	const size_t first = strlen(namespace) + 1, second = strlen(name) + 1;
	struct pod *pod = malloc(sizeof(*pod) + first + second);

	if (!pod)
		return NULL;
	*pod = (struct pod){.identified = POD_BY_NAME};
	memcpy(pod->namespace, namespace, first);
	memcpy(pod->namespace + first, name, second);
	pod->name = pod->namespace + first;
	return pod;
}

static void free_pod(void *pod_)
{
	struct pod *pod = pod_;

	free(pod->owner);
	free(pod->workload);
	free(pod);
}

static int make_room(struct pods *pods, struct error *err)
{
	/* It doubles whenever the count is a power of two. */
	if (pods->count & (pods->count - 1))
		return 0;
	const size_t room = pods->count ? pods->count * 2 : 1;
	struct pod **at = realloc(pods->at, room * sizeof(struct pod *));

	if (!at)
		return fail_memory(err, "the list of pods");
	pods->at = at;
	return 0;
}

/* Returns the pod of that name, which may be a new one; NULL on failure. */
static struct pod *get_pod(struct pods *pods, const char *namespace, const char *name,
			   bool *is_new, struct error *err)
{
	struct pod *pod = new_pod(namespace, name);
	struct pod *const *place = pod ? tsearch(pod, &pods->tree, by_name) : NULL;

	if (!place) {
		free(pod);
		fail_memory(err, "the list of pods");
		return NULL;
	}
	*is_new = *place == pod;
	if (!*is_new) {
		free(pod);
		return *place;
	}
	if (pods->count == PODS_MAX)
		fail(err, "more than %d pods: name fewer --namespaces", PODS_MAX);
	else if (make_room(pods, err) == 0)
		return pods->at[pods->count++] = pod;
	tdelete(pod, &pods->tree, by_name);
	free(pod);
	return NULL;
}

static struct pod *find_pod(const struct pods *pods, const char *namespace,
			    const char *name)
{
	struct pod *key = new_pod(namespace, name);
	struct pod *const *place = key ? tfind(key, &pods->tree, by_name) : NULL;

	free(key);
	return place ? *place : NULL;
}

static void forget_pod(void *pod)
{
	(void)pod; /* the list frees it */
}

static void free_tree(struct pods *pods)
{
	tdestroy(pods->tree, forget_pod);
	pods->tree = NULL;
}

void pods_free(struct pods *pods)
{
	free_tree(pods);
	for (size_t i = 0; i < pods->count; i++)
		free_pod(pods->at[i]);
	free(pods->at);
	*pods = (struct pods){.count = 0};
}

bool pods_same_workload(const struct pod *a, const struct pod *b)
{
	return strcmp(a->namespace, b->namespace) == 0 &&
	       strcmp(a->workload, b->workload) == 0;
}

/* --- their series ----------------------------------------------------------------- */

/* Whether the list, separated by commas, has the name. An empty list has all. */
static bool is_listed(const char *list, const char *name)
{
	const size_t length = strlen(name);

	if (!list[0])
		return true;
	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
			return true;
	return false;
}

static bool is_exported(const struct labels *l)
{
	return l->value[LABEL_EXPORTED_POD][0] != '\0';
}

static const char *namespace_of(const struct labels *l)
{
	return l->value[LABEL_EXPORTED_NAMESPACE][0]
		   ? l->value[LABEL_EXPORTED_NAMESPACE]
		   : l->value[LABEL_NAMESPACE];
}

static const char *pod_of(const struct labels *l)
{
	return l->value[is_exported(l) ? LABEL_EXPORTED_POD : LABEL_POD];
}

static int replace(char **member, const char *value, struct error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return fail_memory(err, "the list of pods");
	free(*member);
	*member = copy;
	return 0;
}

static const char *const kinds[] = {"Deployment", "StatefulSet", "DaemonSet", "CronJob",
				    "Job",        "ReplicaSet",  "Rollout",   "Pod"};

/* The kind for the word "deployment" of the label workload_type, or NULL. */
static const char *kind_of_type(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcasecmp(kinds[i], type) == 0)
			return kinds[i];
	return NULL;
}

/* The label has "Deployment/reports", or the kind stands in workload_type, as the rules
 * of kubernetes-mixin have it. */
static int take_workload_label(struct pod *pod, const struct labels *l,
			       struct error *err)
{
	const char *name = l->value[LABEL_WORKLOAD];
	const char *kind = kind_of_type(l->value[LABEL_WORKLOAD_TYPE]);
	struct owner owner;

	if (!(kind ? owner_set(&owner, kind, name) : workload_read(&owner, name)))
		return 0;
	pod->identified = POD_BY_LABEL;
	return replace(&pod->workload, owner.workload, err);
}

static int take_series(void *finding_, const struct labels *l, struct error *err)
{
	const struct finding *f = finding_;
	const char *namespace = namespace_of(l), *name = pod_of(l);
	bool is_new;

	if (!name_is_valid(namespace) || !name_is_valid(name)) {
		f->pods->nameless++;
		return 0;
	}
	if (!is_listed(f->namespaces, namespace))
		return 0;
	struct pod *pod = get_pod(f->pods, namespace, name, &is_new, err);
	if (!pod)
		return -1;
	if (is_new) {
		pod->source = f->source;
		pod->exported = is_exported(l);
	}
	return pod->source == f->source ? take_workload_label(pod, l, err) : 0;
}

static int find_series(struct finding *f, struct prometheus *p, const char *selector,
		       const struct span *span, struct error *err)
{
	const struct answer_taker taker = {.series = take_series, .context = f};

	return prometheus_series(p, selector, span, &taker, err);
}

/* --- their owners ----------------------------------------------------------------- */

/* Sets the owner to the controller that the series tells. Returns false if it tells
 * none. */
static bool controller_of(const struct labels *l, struct owner *owner)
{
	return strcmp(l->value[LABEL_OWNER_IS_CONTROLLER], "false") != 0 &&
	       owner_set(owner, l->value[LABEL_OWNER_KIND], l->value[LABEL_OWNER_NAME]);
}

static int take_pod_owner(void *finding_, const struct labels *l, struct error *err)
{
	const struct finding *f = finding_;
	struct owner owner;
	struct pod *pod = find_pod(f->pods, namespace_of(l), pod_of(l));

	return pod && controller_of(l, &owner)
		   ? replace(&pod->owner, owner.workload, err)
		   : 0;
}

static int by_owner(const void *a, const void *b)
{
	const struct pod *x = *(struct pod *const *)a, *y = *(struct pod *const *)b;
	const int order = strcmp(x->namespace, y->namespace);

	return order ? order
		     : strcmp(x->owner ? x->owner : "", y->owner ? y->owner : "");
}

/* The place of the first pod of that owner, in the order of by_owner(). */
static size_t first_of(const struct pods *pods, const struct pod *key)
{
	size_t low = 0, high = pods->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (by_owner(&pods->at[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Gives the pods of a ReplicaSet or a Job the workload that owns it. */
static int promote(struct pods *pods, const struct pod *key, const char *workload,
		   struct error *err)
{
	for (size_t i = first_of(pods, key); i < pods->count; i++) {
		struct pod *pod = pods->at[i];

		if (by_owner(&pod, &key) != 0)
			break;
		if (pod->identified == POD_BY_LABEL)
			continue;
		pod->identified = POD_BY_OWNERS;
		if (replace(&pod->workload, workload, err) < 0)
			return -1;
	}
	return 0;
}

static int take_owner_of_owner(void *finding_, const struct labels *l,
			       struct error *err)
{
	const struct finding *f = finding_;
	struct owner owner, workload;

	if (!owner_set(&owner, f->kind, l->value[f->label]) ||
	    !controller_of(l, &workload))
		return 0;
	struct pod *key = new_pod(namespace_of(l), "");
	if (!key)
		return fail_memory(err, "the list of pods");
	key->owner = owner.workload;
	const int result = promote(f->pods, key, workload.workload, err);
	free(key);
	return result;
}

static void sort(struct pods *pods, int (*compare)(const void *, const void *))
{
	if (pods->count > 0)
		qsort(pods->at, pods->count, sizeof(struct pod *), compare);
}

static int find_owners(struct finding *f, struct prometheus *p, const struct span *span,
		       struct error *err)
{
	const struct answer_taker pods = {.series = take_pod_owner, .context = f};
	const struct answer_taker owners = {.series = take_owner_of_owner,
					    .context = f};

	if (prometheus_series(p, "kube_pod_owner", span, &pods, err) < 0)
		return -1;
	sort(f->pods, by_owner);
	f->kind = "ReplicaSet";
	f->label = LABEL_REPLICASET;
	if (prometheus_series(p, "kube_replicaset_owner", span, &owners, err) < 0)
		return -1;
	f->kind = "Job";
	f->label = LABEL_JOB_NAME;
	return prometheus_series(p, "kube_job_owner", span, &owners, err);
}

/* --- their workloads -------------------------------------------------------------- */

/* Names the workload of a pod that neither a label nor its owner's owner names. */
static int name_workload(struct pod *pod, struct error *err)
{
	static const char replicaset[] = "ReplicaSet/";
	struct owner owner;
	bool named;

	pod->identified = pod->owner ? POD_BY_OWNERS : POD_BY_NAME;
	if (!pod->owner)
		named = workload_of_pod(&owner, pod->name);
	else if (strncmp(pod->owner, replicaset, strlen(replicaset)) == 0)
		named = workload_of_replicaset(&owner, pod->owner + strlen(replicaset));
	else
		named = workload_read(&owner, pod->owner);
	return named ? replace(&pod->workload, owner.workload, err)
		     : fail(err, "the pod %s has no workload", pod->name);
}

static int name_workloads(struct pods *pods, struct error *err)
{
	for (size_t i = 0; i < pods->count; i++) {
		struct pod *pod = pods->at[i];

		if (!pod->workload && name_workload(pod, err) < 0)
			return -1;
		pods->found[pod->identified]++;
	}
	return 0;
}

static int by_workload(const void *a, const void *b)
{
	const struct pod *x = *(struct pod *const *)a, *y = *(struct pod *const *)b;
	int order = strcmp(x->namespace, y->namespace);

	if (order == 0)
		order = strcmp(x->workload, y->workload);
	return order ? order : strcmp(x->name, y->name);
}

int pods_find(struct pods *pods, struct prometheus *p, const char *namespaces,
	      const struct span *span, struct error *err)
{
	struct finding f = {.pods = pods, .namespaces = namespaces};

	*pods = (struct pods){.count = 0};
	f.source = POD_OF_DORMOUSE;
	if (find_series(&f, p, "dormouse_network_transmit_bytes_total", span, err) < 0)
		return -1;
	f.source = POD_OF_CONTAINER;
	if (find_series(&f, p, "container_network_transmit_bytes_total", span, err) < 0)
		return -1;
	if (pods->count == 0)
		return 0;
	if (find_owners(&f, p, span, err) < 0 || name_workloads(pods, err) < 0)
		return -1;
	free_tree(pods);
	sort(pods, by_workload);
	return 0;
}
