/* SPDX-License-Identifier: Apache-2.0 */
/* template.c - the container and the volumes that a pod is given.
 *
 * The template is read once; the parts of the container that depend only on it are
 * written once, as JSON.
 */
#include "template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/sanitize.h"
#include "base/text.h"
#include "config/flags.h"
#include "config/options.h"
#include "http/listen.h"
#include "injector/json/json.h"
#include "template_check.h"

/* The bytes of the parts that the template decides: image, environment. */
#define PIECES_MAX 32768

#define STATE_FOLDER     "/var/lib/dormouse"
#define BASELINES_FOLDER "/etc/dormouse/baselines"
#define SIDECAR_USER     65532 /* the image has the same: see Dockerfile */

struct sidecar_template {
	char image_name[96]; /* for messages: sanitized, maybe truncated */
	bool image_pullable;
	char addresses[SIDECAR_PORTS][sizeof(((struct listen_address *)0)->text)];
	struct resources sizes[TEMPLATE_SIZES_MAX];
	unsigned size_count;
	bool keeps_state;
	const char *image, *pull_policy, *environment; /* JSON, in `pieces` */
	char pieces[PIECES_MAX];
};

const char *const sidecar_listen_flags[SIDECAR_PORTS] = {"listen", "alert-listen"};

/* The same as manifests/base/template.json, and read like that file. */
static const char builtin[] =
    "{\"image\": \"dormouse:0.1.0\", \"imagePullPolicy\": \"IfNotPresent\","
    " \"resources\": ["
    "{\"requests\": {\"cpu\": \"10m\", \"memory\": \"16Mi\"},"
    " \"limits\": {\"cpu\": \"50m\", \"memory\": \"16Mi\"}},"
    "{\"requests\": {\"cpu\": \"5m\", \"memory\": \"8Mi\"},"
    " \"limits\": {\"cpu\": \"20m\", \"memory\": \"8Mi\"}}]}";

static const struct {
	const char *variable, *field;
} identity[] = {
    {"POD_NAME", "metadata.name"},
    {"POD_NAMESPACE", "metadata.namespace"},
    {"POD_UID", "metadata.uid"},
    {"NODE_NAME", "spec.nodeName"},
};

/* --- writing --------------------------------------------------------------------- */

/* The member's text, `standard` if it is absent, or NULL if it is not a text. */
static const char *text_or(const cJSON *object, const char *name, const char *standard)
{
	const cJSON *member = json_member(object, name);

	return member ? cJSON_GetStringValue(member) : standard;
}

static void put_value(struct json_writer *w, const char *name, const char *value)
{
	json_object(w, NULL);
	json_string(w, "name", name);
	json_string(w, "value", value);
	json_end(w);
}

static void put_field(struct json_writer *w, const char *name, const char *field)
{
	json_object(w, NULL);
	json_string(w, "name", name);
	json_object(w, "valueFrom");
	json_object(w, "fieldRef");
	json_string(w, "apiVersion", "v1");
	json_string(w, "fieldPath", field);
	json_end(w);
	json_end(w);
	json_end(w);
}

/* Iterates over the flags of `dormouse run` that a pod's annotation may set. */
static const struct flag *next_flag(const struct flag *flag)
{
	const struct flag *end = options_flags.flags + options_flags.count;

	for (flag = flag ? flag + 1 : options_flags.flags; flag < end; flag++)
		if ((flag->commands >> OPTIONS_RUN & 1u) && flag->annotation)
			return flag;
	return NULL;
}

/* Writes a variable for each annotation of the pod; it is empty if the pod has none. */
static void put_annotation_fields(struct json_writer *w)
{
	char name[FLAG_VARIABLE_MAX], field[96];

	for (const struct flag *f = next_flag(NULL); f; f = next_flag(f)) {
		flags_variable("DORMOUSE_", f, name);
		snprintf(field, sizeof(field),
			 "metadata.annotations['dormouse.dev/%s']", f->name);
		put_field(w, name, field);
	}
}

/* Writes the variables that are the same in every pod, as elements of an array: without
 * its brackets, because a pod's own variables come before them. */
static void put_common_environment(struct text *t, const cJSON *tree)
{
	const cJSON *flags = json_member(tree, "flags");
	const char *cluster = json_text(tree, "cluster");
	struct json_writer w = json_writer_over(t);
	char name[FLAG_VARIABLE_MAX];

	json_array(&w, NULL);
	for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++)
		put_field(&w, identity[i].variable, identity[i].field);
	if (cluster)
		put_value(&w, "DORMOUSE_CLUSTER", cluster);
	for (const struct flag *f = next_flag(NULL); f; f = next_flag(f))
		if (json_text(flags, f->name)) {
			flags_variable("DORMOUSE_DEFAULT_", f, name);
			put_value(&w, name, json_text(flags, f->name));
		}
	put_annotation_fields(&w);
	json_end(&w);
	t->data[--t->length] = '\0';
}

static void put_string(struct text *t, const char *value)
{
	struct json_writer w = json_writer_over(t);

	json_string(&w, NULL, value);
}

/* Ends a piece with its NUL, and returns the start of the next one. */
static const char *next_piece(struct text *t)
{
	text_put_bytes(t, "", 1);
	return t->data + t->length;
}

/* Stores where the sidecar listens. The template's addresses were checked before. */
static void take_addresses(struct sidecar_template *made, const cJSON *tree)
{
	for (size_t i = 0; i < SIDECAR_PORTS; i++) {
		const char *name = sidecar_listen_flags[i];
		const struct flag *flag =
		    flags_find(&options_flags, OPTIONS_RUN, name, strlen(name));
		const char *address = json_text(json_member(tree, "flags"), name);
		if (!address || !address[0])
			address =
			    flag && flag->default_value ? flag->default_value : "";
		snprintf(made->addresses[i], sizeof(made->addresses[i]), "%s", address);
	}
}

static void take_size(struct sidecar_template *made, const cJSON *size)
{
	if (made->size_count < TEMPLATE_SIZES_MAX)
		made->sizes[made->size_count++] = (struct resources){
		    resources_read(json_member(size, "requests"), ROUND_UP),
		    resources_read(json_member(size, "limits"), ROUND_DOWN),
		};
}

static void take_sizes(struct sidecar_template *made, const cJSON *resources)
{
	const cJSON *size;

	made->size_count = 0;
	if (cJSON_IsObject(resources)) {
		take_size(made, resources);
		return;
	}
	cJSON_ArrayForEach(size, resources)
	{
		take_size(made, size);
	}
}

static int write_pieces(struct sidecar_template *made, const cJSON *tree,
			const cJSON *standard, struct error *err)
{
	struct text t = text_over(made->pieces, sizeof(made->pieces));
	const cJSON *resources = json_member(tree, "resources");
	const char *image = text_or(tree, "image", json_text(standard, "image"));

	take_sizes(made, resources ? resources : json_member(standard, "resources"));
	made->keeps_state = cJSON_IsTrue(json_member(tree, "stateVolume"));
	sanitize(made->image_name, sizeof(made->image_name), image);
	made->image_pullable = strchr(image, '/') != NULL;
	take_addresses(made, tree);
	made->image = t.data;
	put_string(&t, image);
	made->pull_policy = next_piece(&t);
	put_string(&t, text_or(tree, "imagePullPolicy",
			       json_text(standard, "imagePullPolicy")));
	made->environment = next_piece(&t) + 1;
	put_common_environment(&t, tree);
	if (t.overflowed)
		return fail(err, "the container is longer than %d bytes", PIECES_MAX);
	return 0;
}

static cJSON *read_tree(const char *text, size_t length, struct error *err)
{
	static const struct json_limits limits = {
	    .depth = 8, .values = 256, .exact = true};
	enum json_refusal why;

	return json_read(text, length, &limits, &why, err);
}

struct sidecar_template *template_read(const char *text, size_t length,
				       struct error *err)
{
	struct sidecar_template *made = malloc(sizeof(*made));
	cJSON *standard = NULL, *tree = NULL;
	int result = -1;

	if (!made) {
		fail_memory(err, "a template");
		return NULL;
	}
	standard = read_tree(builtin, sizeof(builtin) - 1, err);
	if (standard)
		tree =
		    length > 0 ? read_tree(text, length, err) : read_tree("{}", 2, err);
	if (tree && template_check(tree, err) == 0)
		result = write_pieces(made, tree, standard, err);
	cJSON_Delete(tree);
	cJSON_Delete(standard);
	if (result == 0)
		return made;
	free(made);
	return NULL;
}

struct sidecar_template *template_load(const char *path, struct error *err)
{
	struct sidecar_template *made = NULL;
	char *text = malloc(TEMPLATE_MAX + 1);
	FILE *file = fopen(path, "re");
	size_t length = 0;

	if (!file || !text) {
		fail_errno(err, file ? ENOMEM : errno, "open template %s", path);
		goto out;
	}
	length = fread(text, 1, TEMPLATE_MAX + 1, file);
	if (ferror(file))
		fail_errno(err, errno, "read template %s", path);
	else if (length > TEMPLATE_MAX)
		fail(err, "template %s is longer than %d bytes", path, TEMPLATE_MAX);
	else if (length == 0)
		fail(err, "template %s is empty: expected an object such as {}", path);
	else if (!(made = template_read(text, length, err)))
		fail_within(err, "template %s", path);
out:
	if (file)
		fclose(file);
	free(text);
	return made;
}

void template_free(struct sidecar_template *t)
{
	free(t);
}

/* A name without a "/" means docker.io/library, where only Docker can push. */
int template_check_image(const struct sidecar_template *t, struct error *err)
{
	if (t->image_pullable)
		return 0;
	return fail(
	    err,
	    "the sidecar's image %s names no registry, nodes cannot pull it: name "
	    "one in the template, or say --image-loaded where every node has it",
	    t->image_name);
}

const char *template_address(const struct sidecar_template *t, size_t flag)
{
	return t->addresses[flag];
}

unsigned template_sizes(const struct sidecar_template *t)
{
	return t->size_count;
}

const struct resources *template_size(const struct sidecar_template *t, unsigned i)
{
	return &t->sizes[i];
}

bool template_keeps_state(const struct sidecar_template *t)
{
	return t->keeps_state;
}

const char *template_volume(const struct sidecar_template *t)
{
	return t->keeps_state ? "dormouse-state" : "dormouse-empty";
}

static void put_arguments(const struct sidecar_template *t, struct json_writer *w)
{
	json_array(w, "args");
	json_string(w, NULL, "run");
	if (t->keeps_state)
		json_string(w, NULL, "--state=" STATE_FOLDER "/state");
	json_end(w);
}

static bool has_baseline(const struct sidecar_shape *shape)
{
	return shape->owner->key[0] != '\0';
}

/* Writes the pod's own variables and those of all pods. */
static void put_environment(const struct sidecar_template *t,
			    const struct sidecar_shape *shape, struct json_writer *w)
{
	char path[sizeof(BASELINES_FOLDER "/") + OWNER_KEY_MAX];

	json_array(w, "env");
	if (shape->owner->workload[0])
		put_value(w, "DORMOUSE_WORKLOAD", shape->owner->workload);
	if (has_baseline(shape)) {
		snprintf(path, sizeof(path), BASELINES_FOLDER "/%s", shape->owner->key);
		put_value(w, "DORMOUSE_BASELINE", path);
	}
	json_raw(w, NULL, t->environment);
	json_end(w);
}

static void put_ports(struct json_writer *w)
{
	json_array(w, "ports");
	json_object(w, NULL);
	json_string(w, "name", "dormouse");
	json_unsigned(w, "containerPort", 9477);
	json_string(w, "protocol", "TCP");
	json_end(w);
	json_end(w);
}

static void put_amounts(const char *list, const struct amounts *amounts,
			struct json_writer *w)
{
	json_object(w, list);
	for (int r = 0; r < RESOURCES; r++) {
		if (amounts->of[r] == RESOURCE_NONE)
			continue;
		json_begin_string(w, resource_name(r));
		resource_put(r, amounts->of[r], w->out);
		json_end_string(w);
	}
	json_end(w);
}

/* Writes the resources, or nothing if the sidecar has none. */
static void put_resources(const struct resources *resources, struct json_writer *w)
{
	if (memcmp(&resources->requests, &amounts_none, sizeof(amounts_none)) == 0)
		return;
	json_object(w, "resources");
	put_amounts("requests", &resources->requests, w);
	put_amounts("limits", &resources->limits, w);
	json_end(w);
}

static void put_mount(const char *volume, const char *path, bool read_only,
		      struct json_writer *w)
{
	json_object(w, NULL);
	json_string(w, "name", volume);
	json_string(w, "mountPath", path);
	if (read_only)
		json_bool(w, "readOnly", true);
	json_end(w);
}

/* Mounts a volume without a token where the API server's token would be mounted,
 * because the sidecar needs no token. */
static void put_mounts(const struct sidecar_template *t,
		       const struct sidecar_shape *shape, struct json_writer *w)
{
	json_array(w, "volumeMounts");
	if (t->keeps_state)
		put_mount(shape->volume, STATE_FOLDER, false, w);
	put_mount(shape->volume, "/var/run/secrets/kubernetes.io/serviceaccount", true,
		  w);
	if (has_baseline(shape))
		put_mount(shape->baselines, BASELINES_FOLDER, true, w);
	json_end(w);
}

static void put_security(struct json_writer *w)
{
	json_object(w, "securityContext");
	json_bool(w, "allowPrivilegeEscalation", false);
	json_object(w, "capabilities");
	json_array(w, "drop");
	json_string(w, NULL, "ALL");
	json_end(w);
	json_end(w);
	json_bool(w, "privileged", false);
	json_bool(w, "readOnlyRootFilesystem", true);
	json_unsigned(w, "runAsGroup", SIDECAR_USER);
	json_bool(w, "runAsNonRoot", true);
	json_unsigned(w, "runAsUser", SIDECAR_USER);
	json_object(w, "seccompProfile");
	json_string(w, "type", "RuntimeDefault");
	json_end(w);
	json_end(w);
}

void template_put_container(const struct sidecar_template *t,
			    const struct sidecar_shape *shape, struct json_writer *w)
{
	json_object(w, NULL);
	json_string(w, "name", SIDECAR_CONTAINER);
	json_raw(w, "image", t->image);
	json_raw(w, "imagePullPolicy", t->pull_policy);
	put_arguments(t, w);
	if (shape->native)
		json_string(w, "restartPolicy", "Always");
	put_ports(w);
	put_environment(t, shape, w);
	put_resources(shape->resources, w);
	put_mounts(t, shape, w);
	json_string(w, "terminationMessagePolicy", "FallbackToLogsOnError");
	put_security(w);
	json_end(w);
}

/* `kubectl drain` and autoscalers treat an emptyDir as the pod's local data, and drain
 * then refuses to evict the pod. A downwardAPI volume without items is empty too, but
 * is not local data. */
void template_put_volume(const struct sidecar_template *t,
			 const struct sidecar_shape *shape, struct json_writer *w)
{
	json_object(w, NULL);
	json_string(w, "name", shape->volume);
	json_object(w, t->keeps_state ? "emptyDir" : "downwardAPI");
	if (t->keeps_state) {
		json_string(w, "medium", "Memory");
		json_string(w, "sizeLimit", "1Mi");
	}
	json_end(w);
	json_end(w);
}

/* Only the workload's own key: the pod cannot read what others send, and the kubelet
 * changes the file only when it changed. "optional" is for the ConfigMap and for the
 * key: without them the folder is empty until they come. */
void template_put_baselines(const struct sidecar_shape *shape, struct json_writer *w)
{
	if (!has_baseline(shape))
		return;
	json_object(w, NULL);
	json_string(w, "name", shape->baselines);
	json_object(w, "configMap");
	json_string(w, "name", BASELINES_CONFIG_MAP);
	json_array(w, "items");
	json_object(w, NULL);
	json_string(w, "key", shape->owner->key);
	json_string(w, "path", shape->owner->key);
	json_end(w);
	json_end(w);
	json_bool(w, "optional", true);
	json_end(w);
	json_end(w);
}
