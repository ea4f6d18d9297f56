/* SPDX-License-Identifier: Apache-2.0 */
/* webhook_config.c - makes the JSON Patch that sets the CA. */
#include "webhook_config.h"

#include <stdio.h>
#include <string.h>

#include "base/json_writer.h"
#include "certificates.h"
#include "injector/json/base64.h"
#include "injector/json/json.h"

static bool has(const cJSON *webhook, const char *encoded)
{
	const char *bundle =
	    json_text(json_member(webhook, "clientConfig"), "caBundle");

	return bundle && strcmp(bundle, encoded) == 0;
}

static void begin_operation(struct json_writer *w, const char *op, int index,
			    const char *member)
{
	char path[64];

	snprintf(path, sizeof(path), "/webhooks/%d/%s", index, member);
	json_object(w, NULL);
	json_string(w, "op", op);
	json_string(w, "path", path);
}

static void put_operations(struct json_writer *w, int index, const char *name,
			   const char *encoded)
{
	begin_operation(w, "test", index, "name");
	json_string(w, "value", name);
	json_end(w);
	begin_operation(w, "add", index, "clientConfig/caBundle");
	json_string(w, "value", encoded);
	json_end(w);
}

int webhook_config_patch(const cJSON *config, const char *bundle, struct text *patch,
			 struct error *err)
{
	const cJSON *webhooks = json_member(config, "webhooks");
	char encoded[BASE64_BUNDLE_MAX];
	struct text t = text_over(encoded, sizeof(encoded));
	struct json_writer w = json_writer_over(patch);
	const cJSON *webhook;
	int index = 0, changed = 0;

	if (cJSON_GetArraySize(webhooks) > WEBHOOKS_MAX)
		return fail(err, "it has %d webhooks: expected at most %d",
			    cJSON_GetArraySize(webhooks), WEBHOOKS_MAX);
	base64_put(&t, bundle, strlen(bundle));
	cJSON_ArrayForEach(webhook, webhooks)
	{
		const char *name = json_text(webhook, "name");
		if (name && !has(webhook, encoded)) {
			if (changed++ == 0)
				json_array(&w, NULL);
			put_operations(&w, index, name, encoded);
		}
		index++;
	}
	if (changed)
		json_end(&w);
	if (patch->overflowed)
		return fail(err, "the patch is over %zu bytes", patch->capacity);
	return changed;
}
