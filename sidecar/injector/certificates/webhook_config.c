/* SPDX-License-Identifier: Apache-2.0 */
/* webhook_config.c - the JSON Patch that puts the CA where it belongs. */
#include "webhook_config.h"

#include <string.h>

#include "certificates.h"
#include "injector/json/base64.h"
#include "injector/json/json.h"

static bool has(const cJSON *webhook, const char *encoded)
{
	const char *bundle =
	    json_text(json_member(webhook, "clientConfig"), "caBundle");

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
	const cJSON *webhooks = json_member(config, "webhooks");
	char encoded[BASE64_BUNDLE_MAX];
	struct text t = text_over(encoded, sizeof(encoded));
	const cJSON *webhook;
	int index = 0, changed = 0;

	if (cJSON_GetArraySize(webhooks) > WEBHOOKS_MAX)
		return fail(err, "it has %d webhooks, at most %d are looked after",
			    cJSON_GetArraySize(webhooks), WEBHOOKS_MAX);
	base64_put(&t, bundle, strlen(bundle));
	cJSON_ArrayForEach(webhook, webhooks)
	{
		const char *name = json_text(webhook, "name");
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
