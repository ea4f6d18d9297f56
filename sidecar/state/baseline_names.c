/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_names.c - which members of a baseline document are known. */
#include "baseline_names.h"

#include <string.h>

#include "dormouse/past.h"

const char *const baseline_profiles[] = {"auto", "dormant", "busy", NULL};
const char *const baseline_sensitivities[] = {"low", "normal", "high", NULL};

static bool is_series(const char *name)
{
	for (unsigned s = 0; s < PAST_SERIES; s++)
		if (strcmp(name, past_series_name(s)) == 0)
			return true;
	return false;
}

/* One list for all depths: no name means two things. */
static bool is_known(const char *name)
{
	static const char names[] =
	    " format workload cluster since until pods watchedSeconds longestSeconds "
	    "startSeconds judgedSeconds dormantShare " BASELINE_SETTINGS
	    " interval learn dormantAfter profile sensitivity " BASELINE_WINDOWS
	    " " BASELINE_SHARES " " BASELINE_SIGNALS
	    " signal unit intervals mean stddev quantiles greatest third tenth "
	    "start " BASELINE_DEPARTURES
	    " number calendar words days timeOfDay everyDays times first last "
	    "typicalBytes mostBytes expected kind reach " BASELINE_PEERS
	    " prefix port protocol bytes connections ";
	const char *at = strstr(names, name);

	for (; at; at = strstr(at + 1, name))
		if (at > names && at[-1] == ' ' && at[strlen(name)] == ' ')
			return true;
	return is_series(name);
}

bool baseline_has_unknown(const cJSON *document)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, document)
	{
		if (child->string && !is_known(child->string))
			return true;
		if (baseline_has_unknown(child))
			return true;
	}
	return false;
}

/* Returns the element of `array` for the same thing: the same signal, prefix and port,
 * or number. */
static cJSON *same_element(const cJSON *array, const cJSON *of)
{
	static const char *const keys[] = {"signal", "prefix", "port", "protocol",
					   "timeOfDay"};
	cJSON *element;

	cJSON_ArrayForEach(element, array)
	{
		unsigned same = 0, count = 0;
		for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			const cJSON *a =
			    cJSON_GetObjectItemCaseSensitive(element, keys[i]);
			const cJSON *b = cJSON_GetObjectItemCaseSensitive(of, keys[i]);
			count += a || b;
			same += a && b && cJSON_Compare(a, b, true);
		}
		if (count > 0 && same == count)
			return element;
	}
	return NULL;
}

/* Whether the array's elements are of a kind that is not known: they have no known
 * key, or a signal of another name. */
static bool is_other_signal(const cJSON *element)
{
	const char *name =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(element, "signal"));

	return name && !is_series(name) && cJSON_IsObject(element);
}

static bool keep_elements(cJSON *array, const cJSON *from)
{
	const cJSON *element;

	cJSON_ArrayForEach(element, from)
	{
		cJSON *same = same_element(array, element);
		if (same && !baseline_keep_unknown(same, element))
			return false;
		if (same || !is_other_signal(element))
			continue;
		cJSON *copy = cJSON_Duplicate(element, true);
		if (!copy || !cJSON_AddItemToArray(array, copy)) {
			cJSON_Delete(copy);
			return false;
		}
	}
	return true;
}

static bool keep_copy(cJSON *document, const cJSON *member)
{
	cJSON *copy = cJSON_Duplicate(member, true);

	if (copy && cJSON_AddItemToObject(document, member->string, copy))
		return true;
	cJSON_Delete(copy);
	return false;
}

bool baseline_keep_unknown(cJSON *document, const cJSON *from)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, from)
	{
		cJSON *here;
		bool kept = true;

		if (!member->string)
			continue;
		here = cJSON_GetObjectItemCaseSensitive(document, member->string);
		if (here && cJSON_IsArray(here) && cJSON_IsArray(member))
			kept = keep_elements(here, member);
		else if (here && cJSON_IsObject(here) && cJSON_IsObject(member))
			kept = baseline_keep_unknown(here, member);
		else if (!here && !is_known(member->string))
			kept = keep_copy(document, member);
		if (!kept)
			return false;
	}
	return true;
}
