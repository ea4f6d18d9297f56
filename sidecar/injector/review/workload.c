/* SPDX-License-Identifier: Apache-2.0 */
/* workload.c - injects the pods in workloads and Lists: one table of kinds. */
#include "workload.h"

#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "base/text.h"
#include "injector/json/json.h"
#include "patch.h"
#include "patch_apply.h"
#include "ports.h"

#define KIND_MAX       64
#define PATH_MAX_STEPS 4
#define PLACE          512
#define LISTS_MAX      8 /* nested Lists */
#define SUPPORTED                                                                      \
	"Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or a List " \
	"of them"

struct kind {
	const char *name, *group;         /* "": the core group */
	const char *path[PATH_MAX_STEPS]; /* to the pod; NULL behind its end */
	bool job;
};

static const struct kind kinds[] = {
    {"Pod", "", {NULL}, false},
    {"Deployment", "apps", {"spec", "template", NULL}, false},
    {"StatefulSet", "apps", {"spec", "template", NULL}, false},
    {"DaemonSet", "apps", {"spec", "template", NULL}, false},
    {"ReplicaSet", "apps", {"spec", "template", NULL}, false},
    {"Job", "batch", {"spec", "template", NULL}, true},
    {"CronJob", "batch", {"spec", "jobTemplate", "spec", "template"}, true},
};

/* Kinds that have pods but are never injected here. A Rollout may have its pod in a
 * Deployment of another name. */
static const struct kind others[] = {
    {.name = "ReplicationController", .group = ""},
    {.name = "Rollout", .group = "argoproj.io"},
};

/* The state of one call of workload_inject(). */
struct walk {
	const struct injection *injection;
	const struct workload_audience *audience;
	struct error *err;
};

/* Returns the kind of that name in the group of an apiVersion, or NULL. */
static const struct kind *find_kind(const struct kind *table, size_t count,
				    const char *name, const char *version)
{
	const char *slash = strchr(version, '/');
	size_t length = slash ? (size_t)(slash - version) : 0;

	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, name) == 0 &&
		    strlen(table[i].group) == length &&
		    strncmp(table[i].group, version, length) == 0)
			return &table[i];
	return NULL;
}

#define FIND_KIND(table, name, version)                                                \
	find_kind(table, sizeof(table) / sizeof((table)[0]), name, version)

static cJSON *find_template(const struct kind *kind, cJSON *object)
{
	for (size_t i = 0; i < PATH_MAX_STEPS && kind->path[i]; i++)
		object = json_member(object, kind->path[i]);
	return object;
}

/* Writes the place of the pod, such as "Deployment/web: spec.template", for errors. */
static const char *place_of(const struct kind *kind, const char *name,
			    char place[PLACE])
{
	struct text t = text_over(place, PLACE);

	text_printf(&t, "%s/%s", kind->name, name);
	for (size_t i = 0; i < PATH_MAX_STEPS && kind->path[i]; i++)
		text_printf(&t, "%s%s", i == 0 ? ": " : ".", kind->path[i]);
	return place;
}

static int patch_pod(const struct injection *injection, const struct owner *owner,
		     cJSON *pod, struct error *err)
{
	char *memory = cJSON_malloc(PATCH_MAX);
	int result = -1;

	if (!memory)
		return fail_memory(err, "a patch");
	struct text patch = text_over(memory, PATCH_MAX);
	struct fit fit;
	/* No namespace rules are known here, so the sidecar always fits. */
	fit_sidecar(injection, "", pod, &fit);
	if (patch_write(injection, &fit, owner, pod, &patch, err) < 0)
		goto out;
	if (patch.overflowed)
		fail(err, "the patch is longer than %d bytes", PATCH_MAX);
	else
		result = patch_apply(pod, memory, patch.length, err);
out:
	cJSON_free(memory);
	return result;
}

static const char *text_or_nothing(const char *text)
{
	return text ? text : "";
}

static const char *name_of(const cJSON *object)
{
	const cJSON *metadata = json_member(object, "metadata");
	const char *name = json_text(metadata, "name");

	return name ? name : json_text(metadata, "generateName");
}

static int inject_pod(struct walk *w, const struct kind *kind, const char *version,
		      cJSON *object)
{
	const cJSON *metadata = json_member(object, "metadata");
	struct review_result result = {.status = 200};
	struct warnings warnings;
	cJSON *pod = find_template(kind, object);
	struct pod_facts facts = {
	    .pod = pod,
	    .namespace = text_or_nothing(json_text(metadata, "namespace")),
	    .own_namespace = w->injection->own_namespace,
	    .job = kind->job,
	    .native = w->injection->native,
	};
	struct owner owner;
	char place[PLACE];

	sanitize(result.name, sizeof(result.name), name_of(object));
	sanitize(result.namespace, sizeof(result.namespace), facts.namespace);
	warnings_clear(&warnings);
	if (!cJSON_IsObject(pod))
		return fail(w->err, "%s is missing",
			    place_of(kind, result.name, place));

	result.reason = eligibility_of(&facts);
	if (result.reason == SKIP_NOTHING) {
		annotations_check(pod, &warnings);
		ports_check(pod, w->injection->template, &warnings);
		owner_of_template(object, version, kind->name, pod, &owner);
		if (patch_pod(w->injection, &owner, pod, w->err) < 0)
			return fail_within(w->err, "%s",
					   place_of(kind, result.name, place));
	} else {
		result.outcome = REVIEW_SKIPPED;
	}
	result.warnings = warnings.count;
	w->audience->report(kind->name, result.name, &result, &warnings);
	return 0;
}

/* Gives "Deployment" for "DeploymentList". False for a plain List or another name. */
static bool item_kind(const char *list, char kind[KIND_MAX])
{
	size_t length = strlen(list);

	if (length <= 4 || length - 4 >= KIND_MAX ||
	    strcmp(list + length - 4, "List") != 0)
		return false;
	memcpy(kind, list, length - 4);
	kind[length - 4] = '\0';
	return true;
}

/* Whether an object contains a pod: a list of containers whose first one has a name. */
static bool holds_pod(const cJSON *item)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, item)
	{
		if (member->string && strcmp(member->string, "containers") == 0 &&
		    cJSON_IsArray(member) && json_text(member->child, "name"))
			return true;
		if (holds_pod(member))
			return true;
	}
	return false;
}

static bool is_list(const char *kind)
{
	char of[KIND_MAX];

	return kind && (strcmp(kind, "List") == 0 || item_kind(kind, of));
}

/* Sets an error about an object that is not injected. One in a list is also reported if
 * it has pods. */
static int pass_over(struct walk *w, const cJSON *object, const char *kind,
		     const char *version, bool listed)
{
	const char *name = name_of(object);
	char shown[3][KIND_MAX];

	fail(w->err, "%s %s%s%s is not injected: it takes a " SUPPORTED,
	     sanitize(shown[0], KIND_MAX, version),
	     sanitize(shown[1], KIND_MAX, kind[0] ? kind : "object without a kind"),
	     name ? " " : "", sanitize(shown[2], KIND_MAX, name));
	if (listed && (FIND_KIND(others, kind, version) || holds_pod(object)))
		w->audience->passed_over(w->err->text);
	return WORKLOAD_OTHER;
}

static int inject_object(struct walk *w, cJSON *object, const char *kind,
			 const char *version, unsigned lists);

static int inject_list(struct walk *w, cJSON *list, const char *kind,
		       const char *version, unsigned lists)
{
	unsigned injected = 0, passed = 0;
	char of[KIND_MAX], shown[KIND_MAX];
	bool typed = item_kind(kind, of);
	cJSON *item;

	cJSON_ArrayForEach(item, json_member(list, "items"))
	{
		const char *own_kind = json_text(item, "kind");
		const char *own_version = json_text(item, "apiVersion");
		if (!own_kind)
			own_kind = typed ? of : "";
		if (!own_version)
			own_version = version;
		int result = inject_object(w, item, own_kind, own_version, lists);
		if (result < 0)
			return -1;
		injected += result == 0;
		passed += result == WORKLOAD_OTHER;
	}
	if (passed == 0 || injected > 0)
		return 0;
	fail(w->err, "nothing in this %s is injected: it takes a " SUPPORTED,
	     sanitize(shown, sizeof(shown), kind));
	return WORKLOAD_OTHER;
}

/* `kind` and `version` are the object's own, or come from its list: an API server
 * leaves them out of the items of a DeploymentList. */
static int inject_object(struct walk *w, cJSON *object, const char *kind,
			 const char *version, unsigned lists)
{
	const struct kind *known = FIND_KIND(kinds, kind, version);

	if (known)
		return inject_pod(w, known, version, object);
	if (!is_list(kind))
		return pass_over(w, object, kind, version,
				 lists > 0 || w->audience->listed);
	if (lists == LISTS_MAX)
		return fail(w->err, "Lists within Lists, more than %d", LISTS_MAX);
	return inject_list(w, object, kind, version, lists + 1);
}

int workload_inject(const struct injection *injection, cJSON *object,
		    const struct workload_audience *audience, struct error *err)
{
	struct walk w = {.injection = injection, .audience = audience, .err = err};
	const char *kind = json_text(object, "kind");
	const char *version = json_text(object, "apiVersion");

	if (!kind || !version)
		return fail(err, "no Kubernetes object: kind or apiVersion is missing; "
				 "it takes a " SUPPORTED);
	return inject_object(&w, object, kind, version, 0);
}
