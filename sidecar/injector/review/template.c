/* SPDX-License-Identifier: Apache-2.0 */
/* template.c - the container and the volume that a pod is given.
 *
 * Read once, written once as JSON text: what a review adds is a copy of bytes.
 */
#include "template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sanitize.h"
#include "base/text.h"
#include "config/flags.h"
#include "config/options.h"
#include "http/listen.h"
#include "injector/json/json.h"
#include "template_check.h"

/* Of the text of what a template decides: image, environment. */
#define PIECES_MAX 32768

struct sidecar_template {
	char image_name[96]; /* for sentences: made printable, perhaps cut */
	bool image_pullable;
	char addresses[SIDECAR_PORTS][sizeof(((struct listen_address *)0)->text)];
	struct resources sizes[TEMPLATE_SIZES_MAX];
	unsigned size_count;
	bool keeps_state;
	const char *image, *environment; /* JSON, in `pieces` */
	char pieces[PIECES_MAX];
};

const char *const sidecar_listen_flags[SIDECAR_PORTS] = {"listen", "alert-listen"};

/* As manifests/base/template.json. */
static const char builtin[] =
    "{\"image\": \"dormouse:0.1.0\", \"imagePullPolicy\": \"IfNotPresent\","
    " \"resources\": ["
    "{\"requests\": {\"cpu\": \"10m\", \"memory\": \"16Mi\"},"
    " \"limits\": {\"cpu\": \"50m\", \"memory\": \"16Mi\"}},"
    "{\"requests\": {\"cpu\": \"5m\", \"memory\": \"8Mi\"},"
    " \"limits\": {\"cpu\": \"20m\", \"memory\": \"8Mi\"}}]}";

/* --- what does not depend on the template ---------------------------------------- */

static const char before_image[] = "{\"name\":\"" SIDECAR_CONTAINER "\",";

static const char with_state[] =
    ",\"args\":[\"run\",\"--state=/var/lib/dormouse/state\"],";
static const char without_state[] = ",\"args\":[\"run\"],";

static const char native_only[] = "\"restartPolicy\":\"Always\",";

static const char before_environment[] =
    "\"ports\":[{\"name\":\"dormouse\",\"containerPort\":9477,\"protocol\":\"TCP\"}],"
    "\"env\":[";

/* Where the API server's token would be mounted, there is a volume without a token
 * already: the sidecar needs none. */
static const char state_mount[] =
    "{\"name\":\"%s\",\"mountPath\":\"/var/lib/dormouse\"},";
static const char no_token_mount[] =
    "{\"name\":\"%s\",\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\","
    "\"readOnly\":true}],";

/* An emptyDir is a pod's local data to `kubectl drain`, which then refuses to evict it,
 * and to autoscalers; a downwardAPI volume without items is empty and is none. */
static const char state_volume[] =
    "{\"name\":\"%s\",\"emptyDir\":{\"medium\":\"Memory\",\"sizeLimit\":\"1Mi\"}}";
static const char empty_volume[] = "{\"name\":\"%s\",\"downwardAPI\":{}}";

static const char after_mounts[] =
    "\"terminationMessagePolicy\":\"FallbackToLogsOnError\","
    "\"securityContext\":{\"allowPrivilegeEscalation\":false,"
    "\"capabilities\":{\"drop\":[\"ALL\"]},\"privileged\":false,"
    "\"readOnlyRootFilesystem\":true,\"runAsGroup\":65532,\"runAsNonRoot\":true,"
    "\"runAsUser\":65532,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}}";

static const struct {
	const char *variable, *field;
} identity[] = {
    {"POD_NAME", "metadata.name"},
    {"POD_NAMESPACE", "metadata.namespace"},
    {"POD_UID", "metadata.uid"},
    {"NODE_NAME", "spec.nodeName"},
    {"DORMOUSE_WORKLOAD", "metadata.labels['app.kubernetes.io/name']"},
};

/* --- writing --------------------------------------------------------------------- */

/* The member's text, or `standard` where it is absent; NULL: it is no text. */
static const char *text_or(const cJSON *object, const char *name, const char *standard)
{
	const cJSON *member = json_member(object, name);

	return member ? cJSON_GetStringValue(member) : standard;
}

static void put_value(struct text *t, const char *name, const char *value)
{
	text_printf(t, "{\"name\":\"%s\",\"value\":", name);
	text_json_string(t, value);
	text_put(t, "},");
}

static void put_field(struct text *t, const char *name, const char *field)
{
	text_printf(t,
		    "{\"name\":\"%s\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":"
		    "\"v1\",\"fieldPath\":\"%s\"}}},",
		    name, field);
}

/* Each flag of `dormouse run` that a pod's annotation may set. */
static const struct flag *next_flag(const struct flag *flag)
{
	const struct flag *end = options_flags.flags + options_flags.count;

	for (flag = flag ? flag + 1 : options_flags.flags; flag < end; flag++)
		if ((flag->commands >> OPTIONS_RUN & 1u) && flag->annotation)
			return flag;
	return NULL;
}

static void put_environment(struct text *t, const cJSON *tree)
{
	const cJSON *flags = json_member(tree, "flags");
	const char *cluster = json_text(tree, "cluster");
	char name[FLAG_VARIABLE_MAX], field[96];

	for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++)
		put_field(t, identity[i].variable, identity[i].field);
	if (cluster)
		put_value(t, "DORMOUSE_CLUSTER", cluster);
	for (const struct flag *f = next_flag(NULL); f; f = next_flag(f))
		if (json_text(flags, f->name)) {
			flags_variable("DORMOUSE_DEFAULT_", f, name);
			put_value(t, name, json_text(flags, f->name));
		}
	for (const struct flag *f = next_flag(NULL); f; f = next_flag(f)) {
		flags_variable("DORMOUSE_", f, name);
		snprintf(field, sizeof(field),
			 "metadata.annotations['dormouse.dev/%s']", f->name);
		put_field(t, name, field);
	}
	/* The last comma goes. */
	if (!t->overflowed && t->length > 0)
		t->data[--t->length] = '\0';
}

static void put_amounts(struct text *t, const char *list, const struct amounts *amounts)
{
	const char *comma = "";

	text_printf(t, "\"%s\":{", list);
	for (int r = 0; r < RESOURCES; r++) {
		if (amounts->of[r] == RESOURCE_NONE)
			continue;
		text_printf(t, "%s\"%s\":\"", comma, resource_name(r));
		resource_put(r, amounts->of[r], t);
		text_put(t, "\"");
		comma = ",";
	}
	text_put(t, "}");
}

/* Nothing at all where nothing is said. */
static void put_resources(struct text *t, const struct resources *resources)
{
	if (memcmp(&resources->requests, &amounts_none, sizeof(amounts_none)) == 0)
		return;
	text_put(t, "\"resources\":{");
	put_amounts(t, "requests", &resources->requests);
	text_put(t, ",");
	put_amounts(t, "limits", &resources->limits);
	text_put(t, "},");
}

/* Ends a piece with its NUL, and begins the next one. */
static const char *next_piece(struct text *t)
{
	text_put_bytes(t, "", 1);
	return t->data + t->length;
}

/* Where it listens; what a template says was checked. */
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
	text_put(&t, "\"image\":");
	text_json_string(&t, image);
	text_put(&t, ",\"imagePullPolicy\":");
	text_json_string(&t, text_or(tree, "imagePullPolicy",
				     json_text(standard, "imagePullPolicy")));
	made->environment = next_piece(&t);
	put_environment(&t, tree);
	text_put(&t, "],");
	if (t.overflowed)
		return fail(err, "its container would be longer than %d bytes",
			    PIECES_MAX);
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
		fail(err, "template %s: it is longer than %d bytes", path,
		     TEMPLATE_MAX);
	else if (length == 0)
		fail(err, "template %s: it is empty; {} would do", path);
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

/* Without a "/" a name means docker.io/library, where nobody but Docker pushes. */
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

void template_put_container(const struct sidecar_template *t,
			    const struct sidecar_shape *shape, struct text *out)
{
	text_put_bytes(out, before_image, sizeof(before_image) - 1);
	text_put(out, t->image);
	text_put(out, t->keeps_state ? with_state : without_state);
	if (shape->native)
		text_put_bytes(out, native_only, sizeof(native_only) - 1);
	text_put_bytes(out, before_environment, sizeof(before_environment) - 1);
	text_put(out, t->environment);
	put_resources(out, shape->resources);
	text_put(out, "\"volumeMounts\":[");
	if (t->keeps_state)
		text_printf(out, state_mount, shape->volume);
	text_printf(out, no_token_mount, shape->volume);
	text_put_bytes(out, after_mounts, sizeof(after_mounts) - 1);
}

void template_put_volume(const struct sidecar_template *t,
			 const struct sidecar_shape *shape, struct text *out)
{
	text_printf(out, t->keeps_state ? state_volume : empty_volume, shape->volume);
}
