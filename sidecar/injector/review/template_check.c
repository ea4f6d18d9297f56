/* SPDX-License-Identifier: Apache-2.0 */
/* template_check.c - validates a template. */
#include "template_check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "base/text.h"
#include "config/flags.h"
#include "config/options.h"
#include "injector/json/json.h"
#include "template.h"

#define CLUSTER_MAX 253
#define IMAGE_MAX   1024
/* With less, the sidecar would be killed at its start: the design's own bound. */
#define MEMORY_MIN (2 << 20)

static int check_members(const cJSON *object, const char *what,
			 const char *const *known, struct error *err)
{
	const cJSON *member;
	char shown[64];

	if (object && !cJSON_IsObject(object))
		return fail(err, "%s: expected an object", what);
	cJSON_ArrayForEach(member, object)
	{
		const char *const *name = known;
		while (*name && strcmp(*name, member->string) != 0)
			name++;
		if (*name)
			continue;
		char list[128] = "";
		struct text t = text_over(list, sizeof(list));
		for (name = known; *name; name++)
			text_printf(&t, "%s%s", name == known ? "" : ", ", *name);
		return fail(err, "%s%s%s is not known: there are %s", what,
			    what[0] ? "." : "",
			    sanitize(shown, sizeof(shown), member->string), list);
	}
	return 0;
}

/* The member's text, `standard` if it is absent, or NULL if it is not a text. */
static const char *text_or(const cJSON *object, const char *name, const char *standard)
{
	const cJSON *member = json_member(object, name);

	return member ? cJSON_GetStringValue(member) : standard;
}

static bool has_blank(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7F)
			return true;
	return false;
}

static int check_image(const char *image, struct error *err)
{
	if (!image || !image[0] || strlen(image) > IMAGE_MAX || has_blank(image))
		return fail(err, "image: expected an image's name without blanks, such "
				 "as dormouse:0.1.0");
	return 0;
}

static int check_policy(const char *policy, struct error *err)
{
	static const char *const policies[] = {"Always", "IfNotPresent", "Never"};
	char shown[64];

	for (size_t i = 0; policy && i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policy, policies[i]) == 0)
			return 0;
	return fail(err,
		    "invalid value \"%s\" for imagePullPolicy: expected Always, "
		    "IfNotPresent or Never",
		    sanitize(shown, sizeof(shown), policy));
}

/* What a size must contain for a resource. */
static const struct {
	bool request, limit; /* it is required */
	int64_t least;
	const char *such_as;
} needs[RESOURCES] = {
    [RESOURCE_CPU] = {true, false, 1, "10m"},
    [RESOURCE_MEMORY] = {true, true, MEMORY_MIN, "16Mi"},
    [RESOURCE_STORAGE] = {false, false, 1, "1Mi"},
};

/* Reads one amount; it is RESOURCE_NONE if it is optional and missing. */
static int check_amount(const cJSON *size, const char *list, enum resource r,
			bool needed, int64_t *amount, struct error *err)
{
	const cJSON *member = json_member(json_member(size, list), resource_name(r));

	*amount = member ? resource_amount(r, member, ROUND_DOWN) : RESOURCE_NONE;
	if (!member && !needed)
		return 0;
	if (*amount == RESOURCE_NONE || *amount == 0)
		return fail(err, "%s.%s: expected a quantity such as %s", list,
			    resource_name(r), needs[r].such_as);
	if (*amount < needs[r].least)
		return fail(err, "%s.%s is too small: expected a quantity such as %s",
			    list, resource_name(r), needs[r].such_as);
	return 0;
}

static int check_resource(const cJSON *size, enum resource r, struct error *err)
{
	int64_t request, limit;

	if (check_amount(size, "requests", r, needs[r].request, &request, err) < 0 ||
	    check_amount(size, "limits", r, needs[r].limit, &limit, err) < 0)
		return -1;
	if (limit != RESOURCE_NONE && limit < request)
		return fail(err, "limits.%s is less than requests.%s", resource_name(r),
			    resource_name(r));
	if (limit != RESOURCE_NONE && request == RESOURCE_NONE)
		return fail(err, "requests.%s: expected a quantity such as %s",
			    resource_name(r), needs[r].such_as);
	return 0;
}

static int check_size(const cJSON *size, struct error *err)
{
	static const char *const lists[] = {"requests", "limits", NULL};
	static const char *const names[] = {"cpu", "memory", "ephemeral-storage", NULL};

	if (!cJSON_IsObject(size))
		return fail(err, "expected an object with requests and limits, or an "
				 "array of them");
	if (check_members(size, "", lists, err) < 0 ||
	    check_members(json_member(size, "requests"), "requests", names, err) < 0 ||
	    check_members(json_member(size, "limits"), "limits", names, err) < 0)
		return -1;
	for (int r = 0; r < RESOURCES; r++)
		if (check_resource(size, r, err) < 0)
			return -1;
	return 0;
}

/* Checks one size, or several, of which a pod gets the first that fits. */
static int check_resources(const cJSON *resources, struct error *err)
{
	const cJSON *size;
	int number = 0;

	if (!cJSON_IsArray(resources))
		return check_size(resources, err) < 0 ? fail_within(err, "resources")
						      : 0;
	if (!resources->child || cJSON_GetArraySize(resources) > TEMPLATE_SIZES_MAX)
		return fail(err, "resources: expected 1 to %d sizes",
			    TEMPLATE_SIZES_MAX);
	cJSON_ArrayForEach(size, resources)
	{
		if (check_size(size, err) < 0)
			return fail_within(err, "resources[%d]", number);
		number++;
	}
	return 0;
}

static int refuse_unknown(struct error *err, const char *name)
{
	const char *near =
	    flags_nearest(&options_flags, OPTIONS_RUN, name, strlen(name));

	if (near)
		return fail(err, "flags.%s is not known; did you mean %s?", name, near);
	return fail(err, "flags.%s is not known: see dormouse run --help", name);
}

static int refuse_type(struct error *err, const char *source, const struct flag *flag)
{
	char expected[192];
	struct text t = text_over(expected, sizeof(expected));

	flags_expects(flag, &t);
	return fail(err, "invalid value for %s: expected a text in quotes: %s", source,
		    expected);
}

static int check_flags(const cJSON *flags, struct error *err)
{
	struct options scratch;
	const cJSON *member;
	char source[96], shown[81];

	if (flags && !cJSON_IsObject(flags))
		return fail(err, "flags: expected an object, such as {\"interval\": "
				 "\"30s\"}");
	memset(&scratch, 0, sizeof(scratch));
	cJSON_ArrayForEach(member, flags)
	{
		const struct flag *flag =
		    flags_find(&options_flags, OPTIONS_RUN, member->string,
			       strlen(member->string));
		const char *value = cJSON_GetStringValue(member);

		sanitize(shown, sizeof(shown), member->string);
		if (flag && strcmp(flag->name, TEMPLATE_STATE_FLAG) == 0)
			return fail(err, "flags.state: stateVolume gives the sidecar "
					 "a volume for its state");
		if (flag && strcmp(flag->name, TEMPLATE_BASELINE_FLAG) == 0)
			return fail(err, "flags.baseline: the sidecar reads the "
					 "ConfigMap dormouse-baselines");
		if (!flag)
			return refuse_unknown(err, shown);
		snprintf(source, sizeof(source), "flags.%s", flag->name);
		if (!value)
			return refuse_type(err, source, flag);
		if (flags_set(flag, &scratch, value) < 0)
			return flags_refuse(err, source, flag,
					    sanitize(shown, sizeof(shown), value));
	}
	return 0;
}

static int check_cluster(const cJSON *cluster, struct error *err)
{
	const char *name = cJSON_GetStringValue(cluster);

	if (cluster && (!name || !name[0] || strlen(name) > CLUSTER_MAX))
		return fail(err, "cluster: expected a name of at most %d bytes",
			    CLUSTER_MAX);
	return 0;
}

int template_check(const cJSON *tree, struct error *err)
{
	static const char *const members[] = {"image", "imagePullPolicy", "resources",
					      "flags", "cluster",         "stateVolume",
					      NULL};
	const cJSON *state = json_member(tree, "stateVolume");

	if (!cJSON_IsObject(tree))
		return fail(err, "expected an object, such as {\"image\": "
				 "\"dormouse:0.1.0\"}");
	if (check_members(tree, "", members, err) < 0 ||
	    check_image(text_or(tree, "image", "-"), err) < 0 ||
	    check_policy(text_or(tree, "imagePullPolicy", "Always"), err) < 0 ||
	    check_flags(json_member(tree, "flags"), err) < 0 ||
	    check_cluster(json_member(tree, "cluster"), err) < 0)
		return -1;
	if (state && !cJSON_IsBool(state))
		return fail(err, "stateVolume: expected true or false");
	if (json_member(tree, "resources"))
		return check_resources(json_member(tree, "resources"), err);
	return 0;
}
