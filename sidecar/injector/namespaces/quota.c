/* SPDX-License-Identifier: Apache-2.0 */
/* quota.c - reads what is left of Kubernetes' ResourceQuota, and for which pods it is.
 *
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/ has the names and scopes.
 * `status.used` lags behind new pods until the next update arrives, so what is left is
 * an upper bound.
 */
#include "quota.h"

#include <string.h>

#include "base/text.h"
#include "injector/json/json.h"

/* "cpu" is short for "requests.cpu". */
static const struct {
	const char *name;
	enum resource resource;
	bool limit;
} tracked[] = {
    {"cpu", RESOURCE_CPU, false},
    {"requests.cpu", RESOURCE_CPU, false},
    {"limits.cpu", RESOURCE_CPU, true},
    {"memory", RESOURCE_MEMORY, false},
    {"requests.memory", RESOURCE_MEMORY, false},
    {"limits.memory", RESOURCE_MEMORY, true},
    {"ephemeral-storage", RESOURCE_STORAGE, false},
    {"requests.ephemeral-storage", RESOURCE_STORAGE, false},
    {"limits.ephemeral-storage", RESOURCE_STORAGE, true},
};

/* --- what is left ----------------------------------------------------------------- */

static bool read_left(const cJSON *object, struct resources *left)
{
	const cJSON *status = json_member(object, "status");
	const cJSON *hard = json_member(json_member(object, "spec"), "hard");
	const cJSON *used = json_member(status, "used");
	bool any = false;

	for (int r = 0; r < RESOURCES; r++)
		left->requests.of[r] = left->limits.of[r] = RESOURCE_MAX;
	for (size_t i = 0; i < sizeof(tracked) / sizeof(tracked[0]); i++) {
		const enum resource r = tracked[i].resource;
		int64_t *of =
		    tracked[i].limit ? &left->limits.of[r] : &left->requests.of[r];
		const int64_t most =
		    resource_amount(r, json_member(hard, tracked[i].name), ROUND_DOWN);
		int64_t taken =
		    resource_amount(r, json_member(used, tracked[i].name), ROUND_UP);

		if (most == RESOURCE_NONE)
			continue;
		if (taken == RESOURCE_NONE)
			taken = 0;
		if (most - taken < *of)
			*of = most - taken;
		any = true;
	}
	return any;
}

/* --- for which pods ----------------------------------------------------------------
 */

static const char *const scope_names[] = {
    [SCOPE_TERMINATING] = "Terminating",
    [SCOPE_NOT_TERMINATING] = "NotTerminating",
    [SCOPE_BEST_EFFORT] = "BestEffort",
    [SCOPE_NOT_BEST_EFFORT] = "NotBestEffort",
};

static enum quota_scope scope_named(const char *name)
{
	for (int s = 0; name && s <= SCOPE_NOT_BEST_EFFORT; s++)
		if (strcmp(name, scope_names[s]) == 0)
			return s;
	return SCOPE_OTHER;
}

static enum quota_scope priority_scope(const char *operator)
{
	static const struct {
		const char *operator;
		enum quota_scope scope;
	} operators[] = {
	    {"In", SCOPE_PRIORITY},
	    {"NotIn", SCOPE_NOT_PRIORITY},
	    {"Exists", SCOPE_ANY_PRIORITY},
	    {"DoesNotExist", SCOPE_NO_PRIORITY},
	};

	for (size_t i = 0; operator&& i<sizeof(operators) / sizeof(operators[0]); i++)
		if (strcmp(operator, operators[i].operator) == 0)
			return operators[i].scope;
	return SCOPE_OTHER;
}

/* Reads one of scopeSelector.matchExpressions. The values of several expressions on
 * priority classes share one list; this is wrong only if their operators differ. */
static enum quota_scope read_expression(const cJSON *expression,
					struct text *priorities)
{
	const char *name = json_text(expression, "scopeName");
	const cJSON *value;

	if (!name || strcmp(name, "PriorityClass") != 0)
		return scope_named(name);
	cJSON_ArrayForEach(value, json_member(expression, "values"))
	{
		if (cJSON_IsString(value))
			text_printf(priorities, "%s,", value->valuestring);
	}
	return priority_scope(json_text(expression, "operator"));
}

static void read_scopes(const cJSON *spec, struct quota *quota)
{
	struct text priorities =
	    text_over(quota->priorities, sizeof(quota->priorities));
	const cJSON *one;

	quota->scopes = 0;
	text_put(&priorities, ",");
	cJSON_ArrayForEach(one, json_member(spec, "scopes"))
	{
		quota->scopes |= 1u << scope_named(cJSON_GetStringValue(one));
	}
	cJSON_ArrayForEach(
	    one, json_member(json_member(spec, "scopeSelector"), "matchExpressions"))
	{
		quota->scopes |= 1u << read_expression(one, &priorities);
	}
	if (priorities.overflowed)
		quota->scopes |= 1u << SCOPE_OTHER;
}

bool quota_read(const cJSON *object, struct quota *quota)
{
	memset(quota, 0, sizeof(*quota));
	read_scopes(json_member(object, "spec"), quota);
	return read_left(object, &quota->left) && !(quota->scopes & 1u << SCOPE_OTHER);
}
