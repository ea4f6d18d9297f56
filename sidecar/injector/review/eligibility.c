/* SPDX-License-Identifier: Apache-2.0 */
/* eligibility.c - which pods get no sidecar: one table of reasons. */
#include "eligibility.h"

#include <string.h>

#include "injector/json/json.h"
#include "template.h"

static bool text_is(const cJSON *object, const char *name, const char *value)
{
	const char *text = json_text(object, name);

	return text && strcmp(text, value) == 0;
}

static const cJSON *spec_of(const struct pod_facts *facts)
{
	return json_member(facts->pod, "spec");
}

static const cJSON *metadata_of(const struct pod_facts *facts)
{
	return json_member(facts->pod, "metadata");
}

/* "kube-" is reserved for Kubernetes' own namespaces:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/ */
static bool in_system_namespace(const struct pod_facts *facts)
{
	return strncmp(facts->namespace, "kube-", 5) == 0 ||
	       (facts->own_namespace[0] &&
		strcmp(facts->namespace, facts->own_namespace) == 0);
}

static bool is_mirror_pod(const struct pod_facts *facts)
{
	return json_member(json_member(metadata_of(facts), "annotations"),
			   "kubernetes.io/config.mirror");
}

static bool has_host_network(const struct pod_facts *facts)
{
	return cJSON_IsTrue(json_member(spec_of(facts), "hostNetwork"));
}

/* --- Windows --------------------------------------------------------------------- */

static const char *const os_labels[] = {"kubernetes.io/os", "beta.kubernetes.io/os"};
#define OS_LABELS (sizeof(os_labels) / sizeof(os_labels[0]))

static bool names_os_label(const cJSON *expression)
{
	for (size_t i = 0; i < OS_LABELS; i++)
		if (text_is(expression, "key", os_labels[i]))
			return true;
	return false;
}

/* "In" with only windows, or "NotIn" with linux. */
static bool wants_windows(const cJSON *expression)
{
	const cJSON *value;
	unsigned windows = 0, linux_too = 0, others = 0;

	if (!names_os_label(expression))
		return false;
	cJSON_ArrayForEach(value, json_member(expression, "values"))
	{
		const char *os = cJSON_GetStringValue(value);
		if (os && strcmp(os, "windows") == 0)
			windows++;
		else if (os && strcmp(os, "linux") == 0)
			linux_too++;
		else
			others++;
	}
	if (text_is(expression, "operator", "In"))
		return windows > 0 && linux_too + others == 0;
	return text_is(expression, "operator", "NotIn") && linux_too > 0;
}

/* The terms are alternatives, so each must require Windows. A term without an
 * expression matches no node. */
static bool has_windows_affinity(const cJSON *spec)
{
	const cJSON *required =
	    json_member(json_member(json_member(spec, "affinity"), "nodeAffinity"),
			"requiredDuringSchedulingIgnoredDuringExecution");
	const cJSON *term, *expression;
	bool some = false;

	cJSON_ArrayForEach(term, json_member(required, "nodeSelectorTerms"))
	{
		bool windows = false;
		cJSON_ArrayForEach(expression, json_member(term, "matchExpressions"))
		{
			windows = windows || wants_windows(expression);
		}
		if (!windows)
			return false;
		some = true;
	}
	return some;
}

static bool is_windows(const struct pod_facts *facts)
{
	const cJSON *spec = spec_of(facts);
	const cJSON *selector = json_member(spec, "nodeSelector");
	const cJSON *options =
	    json_member(json_member(spec, "securityContext"), "windowsOptions");

	for (size_t i = 0; i < OS_LABELS; i++)
		if (text_is(selector, os_labels[i], "windows"))
			return true;
	return text_is(json_member(spec, "os"), "name", "windows") ||
	       (options && options->child) || has_windows_affinity(spec);
}

/* --- the rest -------------------------------------------------------------------- */

static bool is_injected(const struct pod_facts *facts)
{
	static const char *const lists[] = {"containers", "initContainers",
					    "ephemeralContainers"};
	const cJSON *container;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		cJSON_ArrayForEach(container, json_member(spec_of(facts), lists[i]))
		{
			if (text_is(container, "name", SIDECAR_CONTAINER))
				return true;
		}
	return false;
}

/* Any value but "true" and "false" causes a warning and counts as no label. */
static bool is_opted_out(const struct pod_facts *facts)
{
	return text_is(json_member(metadata_of(facts), "labels"), "dormouse.dev/inject",
		       "false");
}

/* A Job ends when all its ordinary containers end; an ordinary sidecar never ends. */
static bool is_endless_job(const struct pod_facts *facts)
{
	const cJSON *owner;

	if (facts->native || facts->job)
		return !facts->native;
	cJSON_ArrayForEach(owner, json_member(metadata_of(facts), "ownerReferences"))
	{
		const char *version = json_text(owner, "apiVersion");
		if (version && strncmp(version, "batch/", 6) == 0 &&
		    text_is(owner, "kind", "Job"))
			return true;
	}
	return false;
}

static const struct {
	const char *name;
	bool (*holds)(const struct pod_facts *facts);
} reasons[SKIP_REASONS] = {
    [SKIP_NOTHING] = {"", NULL},
    [SKIP_SYSTEM_NAMESPACE] = {"system-namespace", in_system_namespace},
    [SKIP_MIRROR_POD] = {"mirror-pod", is_mirror_pod},
    [SKIP_HOST_NETWORK] = {"host-network", has_host_network},
    [SKIP_WINDOWS] = {"windows", is_windows},
    [SKIP_ALREADY_INJECTED] = {"already-injected", is_injected},
    [SKIP_OPTED_OUT] = {"opted-out", is_opted_out},
    [SKIP_JOB] = {"job-without-native-sidecar", is_endless_job},
    [SKIP_LIMIT_RANGE] = {"limit-range", NULL},
    [SKIP_RESOURCE_QUOTA] = {"resource-quota", NULL},
};

const char *skip_reason_name(enum skip_reason reason)
{
	return reasons[reason].name;
}

enum skip_reason eligibility_of(const struct pod_facts *facts)
{
	for (int reason = SKIP_NOTHING + 1; reason < SKIP_REASONS; reason++)
		if (reasons[reason].holds && reasons[reason].holds(facts))
			return (enum skip_reason)reason;
	return SKIP_NOTHING;
}
