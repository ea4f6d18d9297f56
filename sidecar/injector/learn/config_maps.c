/* SPDX-License-Identifier: Apache-2.0 */
/* config_maps.c - baselines as ConfigMaps, one a namespace, a key a workload. */
#include "config_maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_server.h"
#include "base/output.h"
#include "injector/json/json.h"
#include "injector/json/json_print.h"
#include "injector/json/memory_stream.h"

#define ATTEMPTS 5 /* to write an object that others change as well */
#define LARGEST  3 /* baselines that an error names */

/* The workloads of one namespace. */
struct group {
	const struct workload *at;
	size_t count;
};

/* Takes the next namespace's workloads. */
static bool next_group(const struct learning *l, struct group *g)
{
	const struct workload *end = l->at + l->count;

	g->at = g->at ? g->at + g->count : l->at;
	for (g->count = 0; g->at + g->count < end; g->count++)
		if (strcmp(g->at[g->count].namespace, g->at->namespace) != 0)
			break;
	return g->count > 0;
}

/* Whether the workload's baseline has a place in a ConfigMap. */
static bool is_written(const struct workload *w)
{
	return w->document && w->owner.key[0];
}

static size_t size_of(const struct workload *w)
{
	return is_written(w) ? strlen(w->owner.key) + strlen(w->document) : 0;
}

/* --- too much --------------------------------------------------------------------- */

/* The largest that is smaller than `last`, or equal and behind it; NULL: none. */
static const struct workload *next_largest(const struct group *g,
					   const struct workload *last)
{
	const struct workload *best = NULL;

	for (size_t i = 0; i < g->count; i++) {
		const struct workload *w = &g->at[i];

		if (last && (size_of(w) > size_of(last) ||
			     (size_of(w) == size_of(last) && w <= last)))
			continue;
		if (!best || size_of(w) > size_of(best))
			best = w;
	}
	return best;
}

/* `others`: bytes that are there beside ours. */
static int check_size(const struct group *g, size_t others, struct error *err)
{
	char names[160];
	struct text t = text_over(names, sizeof(names));
	const struct workload *w = NULL;
	size_t size = others;

	for (size_t i = 0; i < g->count; i++)
		size += size_of(&g->at[i]);
	if (size <= CONFIG_MAP_MAX)
		return 0;
	for (int i = 0; i < LARGEST && (w = next_largest(g, w)) && is_written(w); i++)
		text_printf(&t, "%s%s", i > 0 ? "," : "", w->owner.workload);
	return fail(err,
		    "the baselines of namespace %s take %zu KiB, of which a ConfigMap "
		    "has room for %u: leave out the largest: --leave-out %s",
		    g->at->namespace, size >> 10, CONFIG_MAP_MAX >> 10, names);
}

int config_maps_fit(const struct learning *l, struct error *err)
{
	struct group g = {.at = NULL};

	while (next_group(l, &g))
		if (check_size(&g, 0, err) < 0)
			return -1;
	return 0;
}

/* --- the object ------------------------------------------------------------------- */

/* Adds the members of `data`, of which `written` says whether each is. */
static int add_data(cJSON *object, const struct group *g, char *const *documents,
		    struct error *err)
{
	cJSON *data = cJSON_AddObjectToObject(object, "data");

	for (size_t i = 0; i < g->count && data; i++)
		if (documents[i] &&
		    !cJSON_AddStringToObject(data, g->at[i].owner.key, documents[i]))
			data = NULL;
	return data ? 0 : fail_memory(err, "a ConfigMap");
}

/* Makes the object with these documents, NULL for those that it is not to have.
 * `version`: of the object there, which must not have changed; NULL: there is none. */
static cJSON *make_object(const struct group *g, char *const *documents,
			  const char *version, struct error *err)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *metadata = NULL;
	bool whole = object && cJSON_AddStringToObject(object, "apiVersion", "v1") &&
		     cJSON_AddStringToObject(object, "kind", "ConfigMap");

	if (whole)
		metadata = cJSON_AddObjectToObject(object, "metadata");
	whole =
	    metadata &&
	    cJSON_AddStringToObject(metadata, "name", BASELINES_CONFIG_MAP) &&
	    cJSON_AddStringToObject(metadata, "namespace", g->at->namespace) &&
	    (!version || cJSON_AddStringToObject(metadata, "resourceVersion", version));
	if (!whole)
		fail_memory(err, "a ConfigMap");
	else if (add_data(object, g, documents, err) == 0)
		return object;
	cJSON_Delete(object);
	return NULL;
}

static char **own_documents(const struct group *g, bool *any, struct error *err)
{
	char **documents = calloc(g->count, sizeof(*documents));

	*any = false;
	if (!documents)
		fail_memory(err, "a ConfigMap");
	for (size_t i = 0; documents && i < g->count; i++)
		if (is_written(&g->at[i])) {
			documents[i] = g->at[i].document;
			*any = true;
		}
	return documents;
}

static int print_group(const struct group *g, FILE *out, struct error *err)
{
	bool any;
	char **documents = own_documents(g, &any, err);
	cJSON *object = documents && any ? make_object(g, documents, NULL, err) : NULL;
	const int result = documents && (!any || object) ? 0 : -1;

	if (object)
		json_print(object, out);
	cJSON_Delete(object);
	free(documents);
	return result;
}

int config_maps_print(const struct learning *l, struct error *err)
{
	struct group g = {.at = NULL};

	while (next_group(l, &g)) {
		struct memory_stream printed = {0};
		FILE *out = memory_stream_open(&printed, err);
		int result = out ? print_group(&g, out, err) : -1;

		if (out && memory_stream_close(out, err) < 0)
			result = -1;
		if (result == 0)
			output_put(printed.text, printed.length);
		free(printed.text);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* --- in the cluster --------------------------------------------------------------- */

struct writing {
	const struct config_map_writer *writer;
	struct kubernetes *kubernetes;
	bool tells; /* the first look at each ConfigMap: then it is only looked */
};

/* Writes the object. An object that is not there is made by a server-side apply,
 * because the right to create by a name can only be given for that
 * (kubernetes.io/docs/reference/access-authn-authz/rbac). Returns 0, 1 for a conflict,
 * -1 on failure. */
static int put_object(struct writing *w, const struct group *g, const cJSON *object,
		      bool is_new, struct error *err)
{
	char path[512];
	char *body = cJSON_PrintUnformatted(object);
	const struct kubernetes_request request = {
	    .method = "PATCH",
	    .path = path,
	    .type = is_new ? "application/apply-patch+yaml"
			   : "application/merge-patch+json",
	    .body = body,
	    .answer_max = API_SERVER_BASELINES_MAX};
	cJSON *answer;
	long status;

	if (!body)
		return fail_memory(err, "a ConfigMap");
	snprintf(path, sizeof(path),
		 "/api/v1/namespaces/%s/configmaps/%s?fieldManager=dormouse-learn%s",
		 g->at->namespace, BASELINES_CONFIG_MAP, is_new ? "&force=true" : "");
	const int result =
	    kubernetes_ask(w->kubernetes, &request, &status, &answer, err);
	cJSON_Delete(result == 0 ? answer : NULL);
	free(body);
	if (result == 0)
		return 0;
	return kubernetes_conflict(&request, status) ? 1 : -1;
}

/* Adds to the document that was learnt what the old one has besides: peers, which
 * Prometheus does not know, and members that this version does not know. Returns the
 * text, to be freed. An old one that cannot be read is replaced. */
static char *keep_rest(const char *learnt, const char *old, struct error *err)
{
	struct baseline_document b, o;
	struct error unread;
	char *text = NULL;

	if (!old || baseline_document_read(&o, old, strlen(old), &unread) < 0) {
		text = strdup(learnt);
		if (!text)
			fail_memory(err, "a baseline");
		return text;
	}
	if (baseline_document_read(&b, learnt, strlen(learnt), err) == 0) {
		memcpy(b.peer, o.peer, sizeof(b.peer));
		b.peer_count = o.peer_count;
		b.unknown = o.unknown;
		o.unknown = NULL;
		text = baseline_document_text(&b, err);
		baseline_document_end(&b);
	}
	baseline_document_end(&o);
	return text;
}

static void free_documents(char **documents, const struct group *g)
{
	for (size_t i = 0; documents && i < g->count; i++)
		free(documents[i]);
	free(documents);
}

static void tell(const struct writing *w, const struct workload *workload,
		 enum config_map_change change, const char *old)
{
	if (w->tells && w->writer->tell)
		w->writer->tell(w->writer->context, workload, change, old);
}

/* Makes the documents that are to be written, NULL for those that need not be. `others`
 * receives the bytes of what is there besides. */
static char **changed_documents(const struct writing *w, const struct group *g,
				const cJSON *data, size_t *changed, struct error *err)
{
	char **documents = calloc(g->count, sizeof(*documents));

	*changed = 0;
	if (!documents)
		fail_memory(err, "a ConfigMap");
	for (size_t i = 0; documents && i < g->count; i++) {
		const struct workload *one = &g->at[i];
		const char *old = json_text(data, one->owner.key);

		if (!is_written(one))
			continue;
		documents[i] = keep_rest(one->document, old, err);
		if (!documents[i]) {
			free_documents(documents, g);
			return NULL;
		}
		const bool same = old && strcmp(old, documents[i]) == 0;
		tell(w, one, same ? CHANGE_NONE : old ? CHANGE_OTHER : CHANGE_NEW, old);
		*changed += !same;
		if (same) {
			free(documents[i]);
			documents[i] = NULL;
		}
	}
	return documents;
}

/* Bytes of the keys that are not ours. */
static size_t bytes_of_others(const cJSON *data, const struct group *g)
{
	const cJSON *member;
	size_t bytes = 0;

	cJSON_ArrayForEach(member, data)
	{
		bool ours = false;

		for (size_t i = 0; i < g->count && !ours; i++)
			ours = is_written(&g->at[i]) &&
			       strcmp(g->at[i].owner.key, member->string) == 0;
		if (!ours && cJSON_IsString(member))
			bytes += strlen(member->string) + strlen(member->valuestring);
	}
	return bytes;
}

/* Looks at the namespace's ConfigMap and, if `writes`, writes what differs. Returns 0,
 * 1 for a conflict, -1 on failure. */
static int try_group(struct writing *w, const struct group *g, bool writes,
		     struct error *err)
{
	cJSON *there = NULL, *object = NULL;
	char **documents = NULL;
	size_t changed;
	int result = -1;

	if (api_server_baselines(w->kubernetes, g->at->namespace, &there, err) < 0)
		return -1;
	const cJSON *data = json_member(there, "data");
	const char *version =
	    json_text(json_member(there, "metadata"), "resourceVersion");
	if (there && !version) {
		fail(err, "the ConfigMap of namespace %s has no resourceVersion",
		     g->at->namespace);
		goto out;
	}
	if (check_size(g, bytes_of_others(data, g), err) < 0)
		goto out;
	documents = changed_documents(w, g, data, &changed, err);
	if (!documents)
		goto out;
	result = 0;
	if (!writes || changed == 0)
		goto out;
	object = make_object(g, documents, version, err);
	result = object ? put_object(w, g, object, !there, err) : -1;
out:
	cJSON_Delete(object);
	free_documents(documents, g);
	cJSON_Delete(there);
	return result;
}

static int write_group(struct writing *w, const struct group *g, struct error *err)
{
	int result = 1;

	for (int i = 0; i < ATTEMPTS && result > 0; i++)
		result = try_group(w, g, true, err);
	return result > 0 ? fail_within(err, "after %d attempts", ATTEMPTS) : result;
}

static int write_all(struct writing *w, const struct learning *l, struct error *err)
{
	struct group g = {.at = NULL};

	w->tells = true;
	while (next_group(l, &g))
		if (try_group(w, &g, false, err) < 0)
			return -1;
	w->tells = false;
	g = (struct group){.at = NULL};
	while (w->writer->writes && next_group(l, &g))
		if (write_group(w, &g, err) < 0)
			return -1;
	return 0;
}

int config_maps_write(const struct learning *l, const struct config_map_writer *writer,
		      struct error *err)
{
	struct writing w = {.writer = writer,
			    .kubernetes = api_server_open(writer->options, err)};

	if (!w.kubernetes)
		return -1;
	const int result = write_all(&w, l, err);
	kubernetes_close(w.kubernetes);
	return result;
}
