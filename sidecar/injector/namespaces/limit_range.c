/* SPDX-License-Identifier: Apache-2.0 */
/* limit_range.c - reads Kubernetes' LimitRange as its admission plugin does
 * (plugin/pkg/admission/limitranger/admission.go). */
#include "limit_range.h"

#include <math.h>
#include <string.h>

#include "injector/json/json.h"
#include "quantity.h"

#define UNLIMITED                                                                      \
	{                                                                              \
		0, RESOURCE_MAX, INFINITY, RESOURCE_NONE                               \
	}

const struct limit_range limit_range_none = {
    .container = {UNLIMITED, UNLIMITED, UNLIMITED},
    .pod = {UNLIMITED, UNLIMITED, UNLIMITED},
};

static double ratio_of(const cJSON *item, enum resource resource)
{
	const cJSON *member = json_member(json_member(item, "maxLimitRequestRatio"),
					  resource_name(resource));
	const char *text = cJSON_GetStringValue(member);
	double ratio = INFINITY;

	if (cJSON_IsNumber(member))
		ratio = member->valuedouble;
	else if (text && quantity_read(text, &ratio) < 0)
		return INFINITY;
	/* The ratio is at least 1, because a limit is never less than its request. */
	return ratio >= 1 ? ratio : 1;
}

/* Reads one of `spec.limits`, for all RESOURCES. Returns whether it bounds anything. */
static bool read_item(const cJSON *item, struct bounds *bounds)
{
	bool any = false;
	const struct amounts min = resources_read(json_member(item, "min"), ROUND_UP);
	const struct amounts max = resources_read(json_member(item, "max"), ROUND_DOWN);
	const struct amounts standard =
	    resources_read(json_member(item, "default"), ROUND_UP);

	for (int r = 0; r < RESOURCES; r++) {
		bounds[r].min = min.of[r] == RESOURCE_NONE ? 0 : min.of[r];
		bounds[r].max = max.of[r] == RESOURCE_NONE ? RESOURCE_MAX : max.of[r];
		bounds[r].ratio = ratio_of(item, r);
		bounds[r].standard = standard.of[r];
		any = any || bounds[r].min > 0 || bounds[r].max < RESOURCE_MAX ||
		      isfinite(bounds[r].ratio) || standard.of[r] != RESOURCE_NONE;
	}
	return any;
}

static void narrow(struct bounds *bounds, const struct bounds *by)
{
	if (by->min > bounds->min)
		bounds->min = by->min;
	if (by->max < bounds->max)
		bounds->max = by->max;
	if (by->ratio < bounds->ratio)
		bounds->ratio = by->ratio;
	if (bounds->standard == RESOURCE_NONE)
		bounds->standard = by->standard;
}

static void narrow_all(struct bounds *bounds, const struct bounds *by)
{
	for (int r = 0; r < RESOURCES; r++)
		narrow(&bounds[r], &by[r]);
}

void limit_range_narrow(struct limit_range *range, const struct limit_range *by)
{
	narrow_all(range->container, by->container);
	narrow_all(range->pod, by->pod);
}

bool limit_range_read(const cJSON *object, struct limit_range *range)
{
	const cJSON *item;
	struct bounds bounds[RESOURCES];
	bool any = false;

	*range = limit_range_none;
	cJSON_ArrayForEach(item, json_member(json_member(object, "spec"), "limits"))
	{
		const char *type = json_text(item, "type");
		const bool bounded = read_item(item, bounds);
		if (type && strcmp(type, "Container") == 0)
			narrow_all(range->container, bounds);
		else if (type && strcmp(type, "Pod") == 0)
			narrow_all(range->pod, bounds);
		else
			continue;
		any = any || bounded;
	}
	return any;
}
