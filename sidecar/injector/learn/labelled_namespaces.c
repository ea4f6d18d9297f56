/* SPDX-License-Identifier: Apache-2.0 */
/* labelled_namespaces.c - the namespaces whose pods get a sidecar. */
#include "labelled_namespaces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_server.h"
#include "injector/json/json.h"
#include "workload_name.h"

/* The webhook's and the policy's selector: manifests/base/webhook.yaml. */
#define SELECTOR "dormouse.dev/injection in (enabled,required)"
#define METADATA "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

#define PAGE      100
#define LIST_MAX  (4u << 20) /* bytes of the names */
#define PATH_ROOM 4096

struct names {
	char *list;
	size_t length;
};

static int add_name(struct names *names, const char *name, struct error *err)
{
	const size_t length = strlen(name);

	if (names->length + length + 2 > LIST_MAX)
		return fail(err, "too many namespaces: name some by --namespaces");
	char *list = realloc(names->list, names->length + length + 2);
	if (!list)
		return fail_memory(err, "the namespaces");
	names->list = list;
	if (names->length > 0)
		list[names->length++] = ',';
	memcpy(list + names->length, name, length + 1);
	names->length += length;
	return 0;
}

static int add_page(struct names *names, const cJSON *page, struct error *err)
{
	const cJSON *object;

	cJSON_ArrayForEach(object, json_member(page, "items"))
	{
		const char *name = json_text(json_member(object, "metadata"), "name");

		if (name && name_is_valid(name) && add_name(names, name, err) < 0)
			return -1;
	}
	return 0;
}

/* Writes the path of a page; `token`: the continue token of the one before, or NULL. */
static int put_path(char path[PATH_ROOM], const char *token, struct error *err)
{
	struct text t = text_over(path, PATH_ROOM);

	text_printf(&t, "/api/v1/namespaces?limit=%d&labelSelector=", PAGE);
	client_put_escaped(&t, SELECTOR);
	if (token)
		text_put(&t, "&continue=");
	client_put_escaped(&t, token ? token : "");
	return t.overflowed ? fail(err, "a list's continue is too long") : 0;
}

/* Reads a page. Returns 1 if there is another one, whose path it has written. */
static int read_page(struct kubernetes *k, struct names *names, char path[PATH_ROOM],
		     struct error *err)
{
	const struct kubernetes_request request = {
	    .method = "GET", .path = path, .accept = METADATA};
	cJSON *page;
	long status;

	if (kubernetes_ask(k, &request, &status, &page, err) < 0)
		return -1;
	int result = add_page(names, page, err);
	const char *token = json_text(json_member(page, "metadata"), "continue");
	if (result == 0 && token && token[0])
		result = put_path(path, token, err) < 0 ? -1 : 1;
	cJSON_Delete(page);
	return result;
}

static int read_all(struct kubernetes *k, struct names *names, struct error *err)
{
	char path[PATH_ROOM];
	int more = put_path(path, NULL, err) < 0 ? -1 : 1;

	while (more > 0)
		more = read_page(k, names, path, err);
	if (more == 0 && !names->list)
		return fail(err, "no namespace is labelled dormouse.dev/injection: "
				 "name some by --namespaces");
	return more;
}

char *labelled_namespaces(const struct injector_options *options, struct error *err)
{
	struct names names = {.list = NULL};
	struct kubernetes *k = api_server_open(options, err);
	int result = -1;

	if (k)
		result = read_all(k, &names, err);
	kubernetes_close(k);
	if (result == 0)
		return names.list;
	free(names.list);
	return NULL;
}
