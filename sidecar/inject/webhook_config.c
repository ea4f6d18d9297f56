/* SPDX-License-Identifier: Apache-2.0 */
/* webhook_config.c - the JSON Patch that puts the CA where it belongs. */
#include "webhook_config.h"

#include <string.h>

#include "secret.h"

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool has(const cJSON *webhook, const char *encoded)
{
	const char *bundle = text_of(
	    cJSON_GetObjectItemCaseSensitive(webhook, "clientConfig"), "caBundle");

	return bundle && strcmp(bundle, encoded) == 0;
}

static void put_operations(struct text *patch, int index, const char *name,
			   const char *encoded, bool first)
{
	text_printf(patch,
		    "%s{\"op\":\"test\",\"path\":\"/webhooks/%d/name\",\"value\":",
		    first ? "[" : ",", index);
	text_json_string(patch, name);
	text_printf(patch,
		    "},{\"op\":\"add\",\"path\":\"/webhooks/%d/clientConfig/caBundle\","
		    "\"value\":\"",
		    index);
	text_put(patch, encoded); /* base64 needs no escape */
	text_put(patch, "\"}");
}

int webhook_config_patch(const cJSON *config, const char *bundle, struct text *patch,
			 struct error *err)
{
	const cJSON *webhooks = cJSON_GetObjectItemCaseSensitive(config, "webhooks");
	char encoded[BUNDLE_MAX * 4 / 3 + 8];
	struct text t = text_over(encoded, sizeof(encoded));
	const cJSON *webhook;
	int index = 0, changed = 0;

	if (secret_encode(bundle, &t, err) < 0)
		return -1;
	if (cJSON_GetArraySize(webhooks) > WEBHOOKS_MAX)
		return fail(err, "it has %d webhooks, at most %d are looked after",
			    cJSON_GetArraySize(webhooks), WEBHOOKS_MAX);
	cJSON_ArrayForEach(webhook, webhooks)
	{
		const char *name = text_of(webhook, "name");
		if (name && !has(webhook, encoded))
			put_operations(patch, index, name, encoded, changed++ == 0);
		index++;
	}
	if (changed)
		text_put(patch, "]");
	if (patch->overflowed)
		return fail(err, "the patch is over %zu bytes", patch->capacity);
	return changed;
}
