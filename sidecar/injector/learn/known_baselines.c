/* SPDX-License-Identifier: Apache-2.0 */
/* known_baselines.c - the baselines that are in the cluster. */
#include "known_baselines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_server.h"
#include "injector/json/json.h"

struct known_baselines {
	struct kubernetes *kubernetes;
	char namespace[OWNER_NAME_MAX + 1]; /* whose object it is; "": none so far */
	cJSON *object;                      /* NULL: the namespace has none */
};

struct known_baselines *known_baselines_open(const struct injector_options *options,
					     struct error *err)
{
	struct known_baselines *k = calloc(1, sizeof(*k));

	if (!k) {
		fail_memory(err, "the known baselines");
		return NULL;
	}
	k->kubernetes = api_server_open(options, err);
	if (k->kubernetes)
		return k;
	free(k);
	return NULL;
}

void known_baselines_close(struct known_baselines *k)
{
	if (!k)
		return;
	kubernetes_close(k->kubernetes);
	cJSON_Delete(k->object);
	free(k);
}

/* Has the namespace's object at hand. */
static int turn_to(struct known_baselines *k, const char *namespace, struct error *err)
{
	if (strcmp(k->namespace, namespace) == 0)
		return 0;
	cJSON_Delete(k->object);
	k->object = NULL;
	k->namespace[0] = '\0';
	if (api_server_baselines(k->kubernetes, namespace, &k->object, err) < 0)
		return -1;
	snprintf(k->namespace, sizeof(k->namespace), "%s", namespace);
	return 0;
}

int known_baselines_find(struct known_baselines *k, const char *namespace,
			 const struct owner *owner, struct past *past,
			 struct error *err)
{
	struct baseline_document b;

	if (turn_to(k, namespace, err) < 0)
		return KNOWN_BASELINES_FAILED;
	const char *text = json_text(json_member(k->object, "data"), owner->key);
	if (!owner->key[0] || !text)
		return 0;
	if (baseline_document_read(&b, text, strlen(text), err) < 0)
		return KNOWN_BASELINES_BROKEN;
	*past = b.past;
	baseline_document_end(&b);
	return 1;
}
