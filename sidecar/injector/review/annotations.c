/* SPDX-License-Identifier: Apache-2.0 */
/* annotations.c - checks a pod's dormouse.dev/... as the sidecar will read it. */
#include "annotations.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "config/flags.h"
#include "config/options.h"
#include "injector/json/json.h"
#include "injector/namespaces/resources.h"

#define DOMAIN "dormouse.dev/"

void warnings_clear(struct warnings *w)
{
	w->count = 0;
	w->left_out = 0;
}

void warnings_add(struct warnings *w, const char *format, ...)
{
	char text[2 * WARNING_SIZE];
	int prefix = snprintf(text, sizeof(text), "dormouse: ");
	va_list args;

	if (w->left_out > 0 || w->count == WARNINGS_MAX) {
		w->left_out++;
		w->count = WARNINGS_MAX + 1;
		snprintf(w->line[WARNINGS_MAX], WARNING_SIZE, "dormouse: and %u more",
			 w->left_out);
		return;
	}
	va_start(args, format);
	vsnprintf(text + prefix, sizeof(text) - (size_t)prefix, format, args);
	va_end(args);
	sanitize(w->line[w->count++], WARNING_SIZE, text);
}

/* Returns what follows "dormouse.dev/" in a key, or NULL for any other key. */
static const char *own_name(const cJSON *member)
{
	if (strncmp(member->string, DOMAIN, sizeof(DOMAIN) - 1) != 0)
		return NULL;
	return member->string + sizeof(DOMAIN) - 1;
}

static const struct flag *flag_of_run(const char *name)
{
	return flags_find(&options_flags, OPTIONS_RUN, name, strlen(name));
}

static void check_flag(const struct flag *flag, const char *value, struct warnings *w)
{
	static _Thread_local struct options scratch;
	char source[FLAG_VARIABLE_MAX + 32], shown[81];
	struct error err;

	if (flags_set(flag, &scratch, value) == 0)
		return;
	snprintf(source, sizeof(source), "annotation " DOMAIN "%s", flag->name);
	flags_refuse(&err, source, flag, sanitize(shown, sizeof(shown), value));
	warnings_add(w, "%s", err.text);
}

static void check_resources(const char *value, struct warnings *w)
{
	struct amounts amounts;
	struct error err;

	if (value && value[0] && resources_parse(value, &amounts, &err) < 0)
		warnings_add(w, "%s", err.text);
}

static void check_annotation(const cJSON *annotation, struct warnings *w)
{
	const char *name = own_name(annotation);
	const char *value = cJSON_GetStringValue(annotation);
	char shown[81];

	if (!name)
		return;
	sanitize(shown, sizeof(shown), name);
	if (strcmp(name, "inject") == 0 || strcmp(name, "injection") == 0) {
		warnings_add(
		    w, "annotation " DOMAIN "%s is not read: it is a label, of %s",
		    shown, name[6] ? "a namespace" : "a pod");
		return;
	}
	if (strcmp(name, "state") == 0) {
		warnings_add(w, "annotation " DOMAIN "state is not for pods: the "
				"template's stateVolume gives the sidecar a volume");
		return;
	}
	if (strcmp(name, "baseline") == 0) {
		warnings_add(w, "annotation " DOMAIN "baseline is not for pods: the "
				"sidecar reads the ConfigMap dormouse-baselines");
		return;
	}
	if (strcmp(name, "metrics-token-file") == 0) {
		warnings_add(w, "annotation " DOMAIN "metrics-token-file is not for "
				"pods: an injected sidecar has no volume for it");
		return;
	}
	if (strcmp(name, RESOURCES_NAME) == 0) {
		check_resources(value, w);
		return;
	}

	const struct flag *flag = flag_of_run(name);
	const char *near =
	    flag ? NULL
		 : flags_nearest(&options_flags, OPTIONS_RUN, name, strlen(name));
	if (near)
		warnings_add(w,
			     "annotation " DOMAIN "%s is not known; did you "
			     "mean " DOMAIN "%s?",
			     shown, near);
	else if (!flag)
		warnings_add(w,
			     "annotation " DOMAIN "%s is not known: there is no flag "
			     "--%s; see dormouse run --help",
			     shown, shown);
	else if (value && value[0])
		check_flag(flag, value, w);
}

static void check_label(const cJSON *label, struct warnings *w)
{
	const char *name = own_name(label), *value = cJSON_GetStringValue(label);
	char shown[81];

	if (!name)
		return;
	if (strcmp(name, "inject") == 0) {
		if (value && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			warnings_add(
			    w,
			    "invalid value \"%s\" for label " DOMAIN
			    "inject: expected true or false, in quotes in YAML",
			    sanitize(shown, sizeof(shown), value));
		return;
	}
	sanitize(shown, sizeof(shown), name);
	if (strcmp(name, "injection") == 0)
		warnings_add(w,
			     "label " DOMAIN "injection is not read: it is a label of "
			     "namespaces; a pod's is " DOMAIN "inject");
	else if (flag_of_run(name) || strcmp(name, RESOURCES_NAME) == 0)
		warnings_add(w, "label " DOMAIN "%s is not read: it is an annotation",
			     shown);
}

void annotations_check(const cJSON *pod, struct warnings *w)
{
	const cJSON *metadata = json_member(pod, "metadata"), *member;

	cJSON_ArrayForEach(member, json_member(metadata, "annotations"))
	{
		if (member->string)
			check_annotation(member, w);
	}
	cJSON_ArrayForEach(member, json_member(metadata, "labels"))
	{
		if (member->string)
			check_label(member, w);
	}
}
