/* SPDX-License-Identifier: Apache-2.0 */
/* owner.c - which workload a pod belongs to: a table of controllers of controllers. */
#include "owner.h"

#include <stdio.h>
#include <string.h>

#include "injector/json/json.h"

/* The API server checks names only after admission, and owner references hardly at all:
 * they may contain anything. */
static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static bool is_letter(char c)
{
	return is_alphanumeric(c) && c > '9';
}

static bool consists_of(const char *text, size_t length, const char *others)
{
	for (size_t i = 0; i < length; i++)
		if (!is_alphanumeric(text[i]) && !strchr(others, text[i]))
			return false;
	return true;
}

static bool is_kind(const char *kind, size_t length)
{
	return length >= 1 && length <= OWNER_KIND_MAX && is_letter(kind[0]) &&
	       consists_of(kind, length, "-");
}

/* Names of objects are in lower case; values of labels need not be. */
static bool is_name(const char *name, size_t length)
{
	return length >= 1 && length <= OWNER_NAME_MAX && is_alphanumeric(name[0]) &&
	       is_alphanumeric(name[length - 1]) && consists_of(name, length, "-._");
}

static void write_key(struct owner *owner, const char *kind, const char *name,
		      size_t length)
{
	int size = snprintf(owner->key, sizeof(owner->key), "%s.%.*s.json", kind,
			    (int)length, name);

	if ((size_t)size >= sizeof(owner->key)) {
		owner->key[0] = '\0';
		return;
	}
	for (size_t i = 0; i < strlen(kind); i++)
		if (owner->key[i] >= 'A' && owner->key[i] <= 'Z')
			owner->key[i] = (char)(owner->key[i] - 'A' + 'a');
}

/* The name is the first `length` bytes of `name`. */
static bool set(struct owner *owner, const char *kind, const char *name, size_t length)
{
	if (!kind || !name || !is_kind(kind, strlen(kind)) || !is_name(name, length))
		return false;
	snprintf(owner->workload, sizeof(owner->workload), "%s/%.*s", kind, (int)length,
		 name);
	write_key(owner, kind, name, length);
	return true;
}

bool owner_set(struct owner *owner, const char *kind, const char *name)
{
	return set(owner, kind, name, name ? strlen(name) : 0);
}

/* Which controller makes which, and what it appends to its own name:
 * - "-" and the hash of the pod template, which is also in that label of the pods:
 *   pkg/controller/deployment/sync.go, and utils/replicaset in argo-rollouts
 * - NULL: "-" and the time in minutes since 1970, before Kubernetes 1.21 in seconds
 *   (getJobName() in pkg/controller/cronjob/utils.go): 8 to 11 digits. */
static const struct parent {
	const char *child, *group, *label, *kind;
} parents[] = {
    {"ReplicaSet", "apps/", "pod-template-hash", "Deployment"},
    {"ReplicaSet", "apps/", "rollouts-pod-template-hash", "Rollout"},
    {"Job", "batch/", NULL, "CronJob"},
};

/* The length of the digits at the end of a name. */
static size_t count_digits(const char *name, size_t length)
{
	size_t count = 0;

	while (count < length && name[length - 1 - count] >= '0' &&
	       name[length - 1 - count] <= '9')
		count++;
	return count;
}

/* How much shorter the parent's name is; 0: the name does not end as a child's does. */
static size_t suffix_of(const struct parent *parent, const char *name,
			const cJSON *labels)
{
	const char *hash = parent->label ? json_text(labels, parent->label) : NULL;
	size_t length = strlen(name);
	size_t appended = hash ? strlen(hash) : 0;

	if (!parent->label) {
		appended = count_digits(name, length);
		if (appended < 8 || appended > 11)
			return 0;
	}
	if (appended == 0 || appended >= length || name[length - appended - 1] != '-' ||
	    (hash && strcmp(name + length - appended, hash) != 0))
		return 0;
	return appended + 1;
}

/* Finds what the controller of that name belongs to, else takes the controller. No
 * controller has a longer name. */
static bool of_controller(struct owner *owner, const char *version, const char *kind,
			  const char *name, const cJSON *labels)
{
	if (!name || strlen(name) > OWNER_NAME_MAX)
		return false;
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		const struct parent *parent = &parents[i];
		if (!version || !kind || strcmp(parent->child, kind) != 0 ||
		    strncmp(version, parent->group, strlen(parent->group)) != 0)
			continue;
		size_t suffix = suffix_of(parent, name, labels);
		if (suffix > 0 && set(owner, parent->kind, name, strlen(name) - suffix))
			return true;
	}
	return owner_set(owner, kind, name);
}

static const cJSON *labels_of(const cJSON *pod)
{
	return json_member(json_member(pod, "metadata"), "labels");
}

/* Takes the name of an object. One that has only a generateName will get a random end
 * to it, so the name without that end is what stays. */
static bool of_object(struct owner *owner, const cJSON *object, const char *version,
		      const char *kind, const cJSON *labels)
{
	const cJSON *metadata = json_member(object, "metadata");
	const char *name = json_text(metadata, "name");
	size_t length;

	if (name && name[0])
		return of_controller(owner, version, kind, name, labels);
	name = json_text(metadata, "generateName");
	length = name ? strlen(name) : 0;
	if (length > OWNER_NAME_MAX)
		return false;
	while (length > 0 && name[length - 1] == '-')
		length--;
	return set(owner, kind, name, length);
}

void owner_of_pod(const cJSON *pod, struct owner *owner)
{
	const cJSON *labels = labels_of(pod), *reference;

	*owner = (struct owner){.workload = "", .key = ""};
	cJSON_ArrayForEach(reference,
			   json_member(json_member(pod, "metadata"), "ownerReferences"))
	{
		if (cJSON_IsTrue(json_member(reference, "controller")) &&
		    of_controller(owner, json_text(reference, "apiVersion"),
				  json_text(reference, "kind"),
				  json_text(reference, "name"), labels))
			return;
	}
	if (!owner_set(owner, "Pod", json_text(labels, "app.kubernetes.io/name")))
		of_object(owner, pod, NULL, "Pod", NULL);
}

void owner_of_template(const cJSON *object, const char *version, const char *kind,
		       const cJSON *pod, struct owner *owner)
{
	if (pod == object || !of_object(owner, object, version, kind, labels_of(pod)))
		owner_of_pod(pod, owner);
}
