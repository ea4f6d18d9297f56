/* SPDX-License-Identifier: Apache-2.0 */
/* patch.c - writes the JSON Patch that adds the sidecar to a pod. */
#include "patch.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "injector/json/json.h"
#include "template.h"

#define DEFAULT_CONTAINER "kubectl.kubernetes.io/default-container"
#define VOLUME_NAMES_MAX  256
#define NAME_MAX_BYTES    253
#define EVICTABLE_VOLUMES "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
#define EVICTABLE_MAX     4096

/* The operations that were written so far. */
struct operations {
	struct json_writer json; /* of their array */
	bool annotated;          /* the pod has an object of annotations */
};

/* Begins "add"; the value follows, then end_add(). */
static void begin_add(struct operations *ops, const char *path)
{
	json_object(&ops->json, NULL);
	json_string(&ops->json, "op", "add");
	json_string(&ops->json, "path", path);
	json_name(&ops->json, "value");
}

static void end_add(struct operations *ops)
{
	json_end(&ops->json);
}

static void add_empty_object(struct operations *ops, const char *path)
{
	begin_add(ops, path);
	json_object(&ops->json, NULL);
	json_end(&ops->json);
	end_add(ops);
}

static void add_empty_array(struct operations *ops, const char *path)
{
	begin_add(ops, path);
	json_array(&ops->json, NULL);
	json_end(&ops->json);
	end_add(ops);
}

/* Appends a constant key to a path: RFC 6901 writes '~' as ~0 and '/' as ~1. */
static void put_key(struct text *path, const char *key)
{
	text_put(path, "/");
	for (; *key; key++) {
		if (*key == '~')
			text_put(path, "~0");
		else if (*key == '/')
			text_put(path, "~1");
		else
			text_put_bytes(path, key, 1);
	}
}

/* Sets an annotation. First adds the objects that contain it, if they are missing. */
static void add_annotation(struct operations *ops, const cJSON *pod, const char *key,
			   const char *value)
{
	const cJSON *metadata = json_member(pod, "metadata");
	char buffer[128];
	struct text path = text_over(buffer, sizeof(buffer));

	if (!ops->annotated && !metadata)
		add_empty_object(ops, "/metadata");
	if (!ops->annotated && !json_member(metadata, "annotations"))
		add_empty_object(ops, "/metadata/annotations");
	ops->annotated = true;
	text_put(&path, "/metadata/annotations");
	put_key(&path, key);
	begin_add(ops, buffer);
	json_string(&ops->json, NULL, value);
	end_add(ops);
}

static const char *annotation_of(const cJSON *pod, const char *key)
{
	return json_text(json_member(json_member(pod, "metadata"), "annotations"), key);
}

/* Makes kubectl choose the application and not the sidecar, whatever comes first. */
static void add_default_container(struct operations *ops, const cJSON *pod)
{
	const char *name = json_text(
	    json_member(json_member(pod, "spec"), "containers")->child, "name");

	if (name && strlen(name) <= NAME_MAX_BYTES &&
	    !annotation_of(pod, DEFAULT_CONTAINER))
		add_annotation(ops, pod, DEFAULT_CONTAINER, name);
}

/* Lists the state's volume as one that a pod may lose, so that autoscalers can evict
 * the pod (cluster-autoscaler's FAQ). */
static void add_evictable(struct operations *ops, const cJSON *pod, const char *volume)
{
	const char *listed = annotation_of(pod, EVICTABLE_VOLUMES);
	char list[EVICTABLE_MAX];
	struct text t = text_over(list, sizeof(list));

	text_printf(&t, "%s%s%s", listed ? listed : "", listed && listed[0] ? "," : "",
		    volume);
	if (!t.overflowed)
		add_annotation(ops, pod, EVICTABLE_VOLUMES, list);
}

/* The number in "dormouse-state-7", 0 for "dormouse-state", -1 for other names. */
static int volume_number(const char *name, const char *base)
{
	size_t prefix = strlen(base);
	char *end;

	if (!name || strncmp(name, base, prefix) != 0)
		return -1;
	if (!name[prefix])
		return 0;
	if (name[prefix] != '-' || name[prefix + 1] < '1' || name[prefix + 1] > '9')
		return -1;
	long number = strtol(name + prefix + 1, &end, 10);
	return *end || number >= VOLUME_NAMES_MAX ? -1 : (int)number;
}

/* Chooses the base, or the base with the first number that is free in the pod. */
static int choose_volume(const cJSON *volumes, const char *base, char name[32],
			 struct error *err)
{
	bool taken[VOLUME_NAMES_MAX] = {false};
	const cJSON *volume;
	unsigned number = 0;

	cJSON_ArrayForEach(volume, volumes)
	{
		int of_volume = volume_number(json_text(volume, "name"), base);
		if (of_volume >= 0)
			taken[of_volume] = true;
	}
	while (number < VOLUME_NAMES_MAX && taken[number])
		number++;
	if (number == VOLUME_NAMES_MAX)
		return fail(err, "spec.volumes has every name from %s to %s-%d", base,
			    base, VOLUME_NAMES_MAX - 1);
	if (number == 0)
		snprintf(name, 32, "%s", base);
	else
		snprintf(name, 32, "%s-%u", base, number);
	return 0;
}

static int check_kind(const cJSON *item, int kind, const char *name, struct error *err)
{
	if (!item || (item->type & 0xFF) == kind)
		return 0;
	return fail(err, "%s: expected an %s", name,
		    kind == cJSON_Array ? "array" : "object");
}

/* Checks the pod, because the API server rejects a pod whose patch does not apply. The
 * API server has already checked all this before the review. */
static int check_pod(const cJSON *pod, struct error *err)
{
	const cJSON *metadata = json_member(pod, "metadata");
	const cJSON *spec = json_member(pod, "spec");
	const cJSON *containers = json_member(spec, "containers");

	if (!spec)
		return fail(err, "spec is missing");
	if (check_kind(metadata, cJSON_Object, "metadata", err) < 0 ||
	    check_kind(json_member(metadata, "annotations"), cJSON_Object,
		       "metadata.annotations", err) < 0 ||
	    check_kind(spec, cJSON_Object, "spec", err) < 0 ||
	    check_kind(json_member(spec, "volumes"), cJSON_Array, "spec.volumes", err) <
		0 ||
	    check_kind(json_member(spec, "initContainers"), cJSON_Array,
		       "spec.initContainers", err) < 0 ||
	    check_kind(containers, cJSON_Array, "spec.containers", err) < 0)
		return -1;
	if (!containers || !containers->child)
		return fail(err, "spec.containers is missing or empty");
	return 0;
}

static void add_volumes(struct operations *ops, const struct sidecar_template *template,
			const struct sidecar_shape *shape, const cJSON *spec)
{
	if (!json_member(spec, "volumes"))
		add_empty_array(ops, "/spec/volumes");
	begin_add(ops, "/spec/volumes/-");
	template_put_volume(template, shape, &ops->json);
	end_add(ops);
	if (!shape->owner->key[0])
		return;
	begin_add(ops, "/spec/volumes/-");
	template_put_baselines(shape, &ops->json);
	end_add(ops);
}

int patch_write(const struct injection *injection, const struct fit *fit,
		const struct owner *owner, const cJSON *pod, struct text *patch,
		struct error *err)
{
	const struct sidecar_template *template = injection->template;
	const cJSON *spec = json_member(pod, "spec");
	const cJSON *volumes = json_member(spec, "volumes");
	char volume[32], baselines[32];
	struct sidecar_shape shape = {
	    .native = injection->native,
	    .resources = &fit->resources,
	    .volume = volume,
	    .baselines = baselines,
	    .owner = owner,
	};
	struct operations ops = {.json = json_writer_over(patch)};

	if (check_pod(pod, err) < 0 ||
	    choose_volume(volumes, template_volume(template), volume, err) < 0 ||
	    choose_volume(volumes, TEMPLATE_BASELINES, baselines, err) < 0)
		return -1;
	json_array(&ops.json, NULL);
	add_default_container(&ops, pod);
	if (template_keeps_state(template))
		add_evictable(&ops, pod, volume);
	add_volumes(&ops, template, &shape, spec);

	if (shape.native && !json_member(spec, "initContainers"))
		add_empty_array(&ops, "/spec/initContainers");
	begin_add(&ops, shape.native ? "/spec/initContainers/0" : "/spec/containers/-");
	template_put_container(template, &shape, &ops.json);
	end_add(&ops);
	json_end(&ops.json);
	return 0;
}
