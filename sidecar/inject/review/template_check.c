/* SPDX-License-Identifier: Apache-2.0 */
/* template_check.c - what a template may say. */
#include "template_check.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../json.h"
#include "dormouse/flags.h"
#include "dormouse/options.h"
#include "dormouse/text.h"
#include "printable.h"
#include "quantity.h"

#define CLUSTER_MAX 253
#define IMAGE_MAX   1024
/* Below that it would be killed as it starts: the design's own bound. */
#define MEMORY_MIN 0x1p21
/* "0.3" and "300m" are the same, in binary hardly. */
#define EQUAL_WITHIN 1e-9

static int check_members(const cJSON *object, const char *what,
			 const char *const *known, struct error *err)
{
	const cJSON *member;
	char shown[64];

	if (object && !cJSON_IsObject(object))
		return fail(err, "%s: it takes an object", what);
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
			    printable(shown, sizeof(shown), member->string), list);
	}
	return 0;
}

/* The member's text, or `standard` where it is absent; NULL: it is no text. */
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
		return fail(err, "image: it takes an image's name without blanks, such "
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
		    "imagePullPolicy: \"%s\" will not do: it takes Always, "
		    "IfNotPresent or Never",
		    printable(shown, sizeof(shown), policy));
}

/* The amount of one resource in requests or limits; NAN where it is none. */
static double amount(const cJSON *resources, const char *list, const char *name)
{
	const cJSON *member = json_member(json_member(resources, list), name);
	const char *text = cJSON_GetStringValue(member);
	double value = NAN;

	if (cJSON_IsNumber(member))
		return member->valuedouble;
	if (text)
		quantity_read(text, &value);
	return value;
}

/* A pod is Guaranteed only while each of its containers asks for as much as it may
 * have. */
static int check_resource(const cJSON *resources, const char *name, bool needed,
			  double minimum, const char *such_as, struct error *err)
{
	double request = amount(resources, "requests", name);
	double limit = amount(resources, "limits", name);

	if (!needed && !json_member(json_member(resources, "requests"), name) &&
	    !json_member(json_member(resources, "limits"), name))
		return 0;
	if (!(request > 0) || !(limit > 0))
		return fail(err,
			    "resources: %s must stand in requests and in limits, "
			    "as a quantity such as %s",
			    name, such_as);
	if (fabs(request - limit) > limit * EQUAL_WITHIN)
		return fail(err,
			    "resources: the request and the limit of %s must be "
			    "equal, or Guaranteed pods would no longer be",
			    name);
	if (limit < minimum)
		return fail(err, "resources: %s of %g is too little; %s would do", name,
			    limit, such_as);
	return 0;
}

static int check_resources(const cJSON *resources, struct error *err)
{
	static const char *const lists[] = {"requests", "limits", NULL};
	static const char *const names[] = {"cpu", "memory", "ephemeral-storage", NULL};

	if (!cJSON_IsObject(resources))
		return fail(err, "resources: it takes an object with requests and "
				 "limits");
	if (check_members(resources, "resources", lists, err) < 0 ||
	    check_members(json_member(resources, "requests"), "resources.requests",
			  names, err) < 0 ||
	    check_members(json_member(resources, "limits"), "resources.limits", names,
			  err) < 0)
		return -1;
	if (check_resource(resources, "cpu", true, 1e-3, "10m", err) < 0 ||
	    check_resource(resources, "memory", true, MEMORY_MIN, "16Mi", err) < 0)
		return -1;
	return check_resource(resources, "ephemeral-storage", false, 0, "1Mi", err);
}

static int refuse_unknown(struct error *err, const char *name)
{
	const char *near =
	    flags_nearest(&options_flags, OPTIONS_RUN, name, strlen(name));

	if (near)
		return fail(err, "flags.%s is not known; did you mean %s?", name, near);
	return fail(err, "flags.%s is not known: see dormouse run --help", name);
}

static int check_flags(const cJSON *flags, struct error *err)
{
	struct options scratch;
	const cJSON *member;
	char source[96], shown[81];

	if (flags && !cJSON_IsObject(flags))
		return fail(err, "flags: it takes an object, such as {\"interval\": "
				 "\"30s\"}");
	memset(&scratch, 0, sizeof(scratch));
	cJSON_ArrayForEach(member, flags)
	{
		const struct flag *flag =
		    flags_find(&options_flags, OPTIONS_RUN, member->string,
			       strlen(member->string));
		const char *value = cJSON_GetStringValue(member);

		printable(shown, sizeof(shown), member->string);
		if (flag && strcmp(flag->name, TEMPLATE_STATE_FLAG) == 0)
			return fail(err, "flags.state: the sidecar's state is in a "
					 "volume of its own");
		if (!flag)
			return refuse_unknown(err, shown);
		snprintf(source, sizeof(source), "flags.%s", flag->name);
		if (!value)
			return fail(err, "%s: it takes a text, in quotes: %s", source,
				    flag->wants);
		if (flag->set(&scratch, value) < 0)
			return flags_refuse(err, source, flag,
					    printable(shown, sizeof(shown), value));
	}
	return 0;
}

static int check_cluster(const cJSON *cluster, struct error *err)
{
	const char *name = cJSON_GetStringValue(cluster);

	if (cluster && (!name || !name[0] || strlen(name) > CLUSTER_MAX))
		return fail(err, "cluster: it takes a name of at most %d bytes",
			    CLUSTER_MAX);
	return 0;
}

int template_check(const cJSON *tree, struct error *err)
{
	static const char *const members[] = {"image", "imagePullPolicy", "resources",
					      "flags", "cluster",         NULL};

	if (!cJSON_IsObject(tree))
		return fail(err, "it takes an object, such as {\"image\": "
				 "\"dormouse:0.1.0\"}");
	if (check_members(tree, "", members, err) < 0 ||
	    check_image(text_or(tree, "image", "-"), err) < 0 ||
	    check_policy(text_or(tree, "imagePullPolicy", "Always"), err) < 0 ||
	    check_flags(json_member(tree, "flags"), err) < 0 ||
	    check_cluster(json_member(tree, "cluster"), err) < 0)
		return -1;
	if (json_member(tree, "resources"))
		return check_resources(json_member(tree, "resources"), err);
	return 0;
}
