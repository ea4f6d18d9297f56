/* SPDX-License-Identifier: Apache-2.0 */
/* resources.c - reads and writes amounts of resources. */
#include "resources.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "base/text.h"
#include "injector/json/json.h"
#include "injector/namespaces/quantity.h"

#define ANNOTATION_MAX 100

static const struct {
	const char *name;
	double per_unit; /* amounts per unit of the quantity */
	int64_t least; /* minimum in the annotation; RESOURCE_NONE: not allowed there */
	const char *such_as;
} table[RESOURCES] = {
    [RESOURCE_CPU] = {"cpu", 1000, 1, "1m"},
    [RESOURCE_MEMORY] = {"memory", 1, 8 << 20, "8Mi"},
    [RESOURCE_STORAGE] = {"ephemeral-storage", 1, RESOURCE_NONE, NULL},
};

const struct amounts amounts_none = {{RESOURCE_NONE, RESOURCE_NONE, RESOURCE_NONE}};

const char *resource_name(enum resource resource)
{
	return table[resource].name;
}

/* Tolerates binary errors: 0.3 cores are 300 thousandths, but 0.3 * 1000 is above
 * 300. */
static int64_t rounded(double value, enum rounding rounding)
{
	const double nearest = nearbyint(value);

	if (!(value >= 0))
		return RESOURCE_NONE;
	if (value >= (double)RESOURCE_MAX)
		return RESOURCE_MAX - 1;
	if (fabs(value - nearest) <= 1e-9 * nearest)
		return (int64_t)nearest;
	return (int64_t)(rounding == ROUND_UP ? ceil(value) : floor(value));
}

int64_t resource_amount(enum resource resource, const cJSON *quantity,
			enum rounding rounding)
{
	const char *text = cJSON_GetStringValue(quantity);
	double value;

	if (cJSON_IsNumber(quantity))
		value = quantity->valuedouble;
	else if (!text || quantity_read(text, &value) < 0)
		return RESOURCE_NONE;
	return rounded(value * table[resource].per_unit, rounding);
}

struct amounts resources_read(const cJSON *object, enum rounding rounding)
{
	struct amounts amounts;

	for (int r = 0; r < RESOURCES; r++)
		amounts.of[r] =
		    resource_amount(r, json_member(object, table[r].name), rounding);
	return amounts;
}

void resource_put(enum resource resource, int64_t amount, struct text *out)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti"};
	size_t unit = 0;

	if (resource == RESOURCE_CPU) {
		text_printf(out, "%lldm", (long long)amount);
		return;
	}
	while (unit < 4 && amount > 0 && amount % 1024 == 0) {
		amount /= 1024;
		unit++;
	}
	text_printf(out, "%lld%s", (long long)amount, units[unit]);
}

/* --- the annotation -------------------------------------------------------------- */

static int refuse(struct error *err, const char *text)
{
	char shown[81];

	return fail(err,
		    "invalid value \"%s\" for annotation " RESOURCES_ANNOTATION
		    ": expected at least cpu=%s,memory=%s, or one of the two",
		    sanitize(shown, sizeof(shown), text), table[RESOURCE_CPU].such_as,
		    table[RESOURCE_MEMORY].such_as);
}

/* Parses one part, such as "cpu=5m". Returns -1 if it is invalid. */
static int parse_one(const char *text, size_t length, struct amounts *amounts)
{
	const char *equals = memchr(text, '=', length);
	char value[ANNOTATION_MAX];
	double number;

	if (!equals)
		return -1;
	const size_t name = (size_t)(equals - text), rest = length - name - 1;
	if (rest >= sizeof(value))
		return -1;
	memcpy(value, equals + 1, rest);
	value[rest] = '\0';
	for (int r = 0; r < RESOURCES; r++) {
		if (strlen(table[r].name) != name ||
		    memcmp(table[r].name, text, name) != 0)
			continue;
		if (table[r].least == RESOURCE_NONE ||
		    amounts->of[r] != RESOURCE_NONE ||
		    quantity_read(value, &number) < 0)
			return -1;
		amounts->of[r] = rounded(number * table[r].per_unit, ROUND_UP);
		return amounts->of[r] >= table[r].least ? 0 : -1;
	}
	return -1;
}

int resources_parse(const char *text, struct amounts *amounts, struct error *err)
{
	struct amounts read = amounts_none;
	const char *at = text;

	if (strlen(text) > ANNOTATION_MAX)
		return refuse(err, text);
	for (;; at++) {
		const size_t length = strcspn(at, ",");
		if (parse_one(at, length, &read) < 0)
			return refuse(err, text);
		at += length;
		if (!*at)
			break;
	}
	*amounts = read;
	return 0;
}
