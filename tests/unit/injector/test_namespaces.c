/* SPDX-License-Identifier: Apache-2.0 */
/* test_namespaces.c - what a namespace's objects say, and what becomes of those that
 * say nothing, too much, or nonsense. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/namespaces/limit_range.h"
#include "injector/namespaces/namespaces.h"
#include "review_fixture.h"

static struct namespaces *known;
static struct error err;

static int start(void **state)
{
	(void)state;
	known = namespaces_new(&err);
	return known ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	namespaces_free(known);
	return 0;
}

static int put(enum namespaces_kind kind, const char *json)
{
	cJSON *tree = tree_of(json);

	err.text[0] = '\0';
	const int result = namespaces_put(known, kind, tree, &err);
	cJSON_Delete(tree);
	return result;
}

static struct namespace_rules rules_of(const char *namespace)
{
	static struct namespace_rules rules;

	namespaces_rules(known, namespace, &rules);
	return rules;
}

#define META(name, namespace)                                                          \
	"'metadata': {'name': '" name "', 'namespace': '" namespace "'}"
#define ANNOTATED(name, value)                                                         \
	"{'metadata': {'name': '" name "', 'annotations': {'dormouse.dev/resources': " \
	"'" value "'}}}"
#define RANGE(limits) "{" META("r", "n") ", 'spec': {'limits': [" limits "]}}"
#define QUOTA(spec)   "{" META("q", "n") ", 'spec': {'hard': {'cpu': '1'}, " spec "}}"

#define FORTY_DIGITS    "1111111111222222222233333333334444444444"
#define NUMBER_TOO_LONG "'" FORTY_DIGITS FORTY_DIGITS FORTY_DIGITS "'"
#define AMOUNT_TOO_LONG ("cpu=" FORTY_DIGITS FORTY_DIGITS FORTY_DIGITS)
#define TWENTY_LETTERS  "aaaaabbbbbcccccddddd"
#define LETTERS63       TWENTY_LETTERS TWENTY_LETTERS TWENTY_LETTERS "eee"

/* --- objects ------------------------------------------------------------------------
 */
CASE(an_object_without_a_usable_name_is_refused)
{
	static const char *const unnamed[] = {
	    "{'spec': {'limits': []}}",         "{'metadata': {'name': 'r'}}",
	    "{'metadata': {'namespace': 'n'}}", "{" META("", "n") "}",
	    "{" META("r", LETTERS63 "a") "}",
	};
	cJSON *nobody = tree_of(unnamed[0]);

	assert_int_equal(put(KIND_LIMIT_RANGE, RANGE("{'type': 'Container', 'min': "
						     "{'cpu': '5m'}}")),
			 0);
	for (size_t i = 0; i < sizeof(unnamed) / sizeof(unnamed[0]); i++) {
		assert_int_equal(put(KIND_LIMIT_RANGE, unnamed[i]), -1);
		assert_string_equal(err.text,
				    "an object's name is missing or too long");
	}
	namespaces_remove(known, KIND_LIMIT_RANGE, nobody);
	cJSON_Delete(nobody);
	assert_int_equal(namespaces_figures(known).objects, 1);
	assert_int_equal(namespaces_figures(known).dropped, 0);
	/* Nor is a name too long to be known an overflow of the query. */
	assert_int_equal(rules_of(LETTERS63 LETTERS63).quota_count, 0);
	assert_int_equal(rules_of("").limits.container[RESOURCE_CPU].min, 0);
	assert_int_equal(rules_of("n").limits.container[RESOURCE_CPU].min, 5);
}

CASE(an_object_that_says_nothing_takes_no_room)
{
	assert_int_equal(put(KIND_NAMESPACE, "{'metadata': {'name': 'n'}}"), 0);
	assert_int_equal(put(KIND_NAMESPACE, ANNOTATED("n", "")), 0);
	assert_int_equal(put(KIND_LIMIT_RANGE, RANGE("")), 0);
	assert_int_equal(
	    put(KIND_LIMIT_RANGE, RANGE("{'type': 'PersistentVolumeClaim', 'max': "
					"{'cpu': '1'}}, {'max': {'cpu': '1'}}")),
	    0);
	assert_int_equal(put(KIND_RESOURCE_QUOTA,
			     "{" META("q", "n") ", 'spec': {'hard': {'pods': '5'}}}"),
			 0);
	assert_int_equal(namespaces_figures(known).objects, 0);
}

CASE(a_bad_annotation_of_a_namespace_is_told_and_ends_the_old_one)
{
	assert_int_equal(put(KIND_NAMESPACE, ANNOTATED("shop", "cpu=7m")), 0);
	assert_int_equal(rules_of("shop").resources.of[RESOURCE_CPU], 7);
	assert_int_equal(put(KIND_NAMESPACE, ANNOTATED("shop", "cpu=lots")), -1);
	assert_string_equal(err.text,
			    "namespace shop: invalid value \"cpu=lots\" for annotation "
			    "dormouse.dev/resources: expected at least "
			    "cpu=1m,memory=8Mi, or one of the two");
	assert_int_equal(rules_of("shop").resources.of[RESOURCE_CPU], RESOURCE_NONE);
}

static void put_numbered(unsigned number, int expected)
{
	char json[160];

	snprintf(json, sizeof(json), ANNOTATED("n%u", "memory=9Mi"), number);
	assert_int_equal(put(KIND_NAMESPACE, json), expected);
}

CASE(what_is_too_much_is_dropped_and_counted_until_there_is_room)
{
	for (unsigned i = 0; i < NAMESPACES_OBJECTS_MAX; i++)
		put_numbered(i, 0);
	put_numbered(NAMESPACES_OBJECTS_MAX, -1);
	assert_non_null(strstr(err.text, "n8192: no room: over 8192 objects"));
	assert_int_equal(namespaces_figures(known).objects, NAMESPACES_OBJECTS_MAX);
	assert_int_equal(namespaces_figures(known).dropped, 1);
	assert_int_equal(rules_of("n8191").resources.of[RESOURCE_MEMORY], 9 << 20);
	assert_int_equal(rules_of("n8192").resources.of[RESOURCE_MEMORY],
			 RESOURCE_NONE);
	/* One that is known may change, and one that goes makes room. */
	assert_int_equal(put(KIND_NAMESPACE, ANNOTATED("n17", "memory=10Mi")), 0);
	assert_int_equal(put(KIND_NAMESPACE, "{'metadata': {'name': 'n18'}}"), 0);
	put_numbered(NAMESPACES_OBJECTS_MAX, 0);
	assert_int_equal(rules_of("n8192").resources.of[RESOURCE_MEMORY], 9 << 20);
	assert_int_equal(rules_of("n17").resources.of[RESOURCE_MEMORY], 10 << 20);
}

CASE(of_too_many_quotas_the_first_ones_count)
{
	char json[160];

	for (int i = 0; i < 2 * QUOTAS_MAX; i++) {
		snprintf(json, sizeof(json),
			 "{" META("q%02d", "n") ", 'spec': {'hard': {'cpu': '%d'}}}", i,
			 1 + i);
		assert_int_equal(put(KIND_RESOURCE_QUOTA, json), 0);
	}
	const struct namespace_rules rules = rules_of("n");
	assert_int_equal(rules.quota_count, QUOTAS_MAX);
	for (int i = 0; i < QUOTAS_MAX; i++)
		assert_int_equal(rules.quotas[i].left.requests.of[RESOURCE_CPU],
				 1000 * (1 + i));
}

/* --- LimitRanges --------------------------------------------------------------------
 */
/* The bounds of the CPU, for a container or the pod. */
static struct bounds bounds_by(const char *type, const char *item)
{
	char json[512];
	struct limit_range range;

	snprintf(json, sizeof(json), RANGE("{'type': '%s', %s}"), type, item);
	cJSON *tree = tree_of(json);
	limit_range_read(tree, &range);
	cJSON_Delete(tree);
	return strcmp(type, "Pod") == 0 ? range.pod[RESOURCE_CPU]
					: range.container[RESOURCE_CPU];
}

CASE(a_ratio_is_a_number_or_a_quantity_of_at_least_one)
{
	static const struct {
		const char *says;
		double ratio;
	} cases[] = {
	    {"2.5", 2.5},       {"'2'", 2}, {"'2500m'", 2.5},
	    {"0.5", 1},         {"'0'", 1}, {"'a lot'", INFINITY},
	    {"null", INFINITY},
	};
	char item[80];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(item, sizeof(item), "'maxLimitRequestRatio': {'cpu': %s}",
			 cases[i].says);
		if (bounds_by("Container", item).ratio != cases[i].ratio)
			fail_msg("ratio %s", cases[i].says);
		assert_true(bounds_by("Pod", item).ratio == cases[i].ratio);
	}
}

/* What is not whole is rounded to the narrower side; what is none bounds nothing. */
CASE(amounts_are_rounded_so_that_the_bound_holds)
{
	static const struct {
		const char *says;
		int64_t min, max;
	} cases[] = {
	    {"'0.3'", 300, 300},
	    {"'1.5m'", 2, 1},
	    {"0.0015", 2, 1},
	    {"'+2'", 2000, 2000},
	    {"'-1'", 0, RESOURCE_MAX},
	    {"'1E+30'", RESOURCE_MAX - 1, RESOURCE_MAX - 1},
	    {"1e300", RESOURCE_MAX - 1, RESOURCE_MAX - 1},
	    {"'m'", 0, RESOURCE_MAX},
	    {"[1]", 0, RESOURCE_MAX},
	    {"'1e400'", 0, RESOURCE_MAX},
	    {NUMBER_TOO_LONG, 0, RESOURCE_MAX},
	};
	char item[400];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(item, sizeof(item), "'min': {'cpu': %s}, 'max': {'cpu': %s}",
			 cases[i].says, cases[i].says);
		const struct bounds found = bounds_by("Container", item);
		if (found.min != cases[i].min || found.max != cases[i].max)
			fail_msg("%s: %lld to %lld", cases[i].says,
				 (long long)found.min, (long long)found.max);
	}
}

/* --- the annotation -----------------------------------------------------------------
 */
CASE(each_bad_annotation_is_refused)
{
	static const char *const bad[] = {
	    "",
	    ",",
	    "cpu",
	    "cpu=",
	    "cpu=0",
	    "cpu=5m,",
	    "cpu=5m,cpu=6m",
	    "cpu=5m memory=8Mi",
	    "memory=7Mi",
	    "memory=-8Mi",
	    "cpus=5m",
	    "gpu=1",
	    "ephemeral-storage=1Gi",
	    "cpu=5m,memory=8Mi,pods=1",
	    AMOUNT_TOO_LONG,
	};
	struct amounts amounts = {{1, 2, 3}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (resources_parse(bad[i], &amounts, &err) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(strstr(err.text, "for annotation "
						 "dormouse.dev/resources: expected"));
	}
	assert_int_equal(amounts.of[RESOURCE_CPU], 1);
	assert_int_equal(resources_parse("memory=1Gi,cpu=0.25", &amounts, &err), 0);
	assert_int_equal(amounts.of[RESOURCE_CPU], 250);
	assert_int_equal(amounts.of[RESOURCE_MEMORY], 1 << 30);
	assert_int_equal(amounts.of[RESOURCE_STORAGE], RESOURCE_NONE);
}

/* --- quotas -------------------------------------------------------------------------
 */
static unsigned quotas_by(const char *json)
{
	assert_int_equal(put(KIND_RESOURCE_QUOTA, json), 0);
	return rules_of("n").quota_count;
}

#define SELECTED(expression)                                                           \
	QUOTA("'scopeSelector': {'matchExpressions': [" expression "]}")

/* A quota for pods that cannot be told from others must not shrink every sidecar. */
CASE(a_quota_for_nobody_knows_whom_is_left_out)
{
	static const char *const unknown[] = {
	    QUOTA("'scopes': ['Novel']"),
	    QUOTA("'scopes': [7]"),
	    SELECTED("{}"),
	    SELECTED("{'scopeName': 'Novel'}"),
	    SELECTED("{'scopeName': 'PriorityClass'}"),
	    SELECTED("{'scopeName': 'PriorityClass', 'operator': 'Near'}"),
	    /* Names that do not fit. */
	    SELECTED("{'scopeName': 'PriorityClass', 'operator': 'In', 'values': ["
		     "'" LETTERS63 "', '" LETTERS63 "', '" LETTERS63 "', '" LETTERS63
		     "']}"),
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_int_equal(quotas_by(QUOTA("'scopes': []")), 1);
		if (quotas_by(unknown[i]) != 0)
			fail_msg("case %zu counts", i);
	}
}

CASE(the_priorities_of_a_quota_are_its_names)
{
	assert_int_equal(quotas_by(SELECTED("{'scopeName': 'PriorityClass', "
					    "'operator': 'In', 'values': "
					    "['high', 7, 'low']}")),
			 1);
	assert_string_equal(rules_of("n").quotas[0].priorities, ",high,low,");
	assert_int_equal(rules_of("n").quotas[0].scopes, 1u << SCOPE_PRIORITY);
	assert_int_equal(quotas_by(SELECTED("{'scopeName': 'BestEffort', "
					    "'operator': 'Exists'}")),
			 1);
	assert_int_equal(rules_of("n").quotas[0].scopes, 1u << SCOPE_BEST_EFFORT);
}

CASE(what_is_left_of_a_quota_is_the_least_that_any_name_leaves)
{
	assert_int_equal(
	    quotas_by("{" META(
		"q",
		"n") ", 'spec': {'hard': {'cpu': '2', "
		     "'requests.cpu': '3', 'limits.memory': '1Gi'}}, 'status': "
		     "{'used': {'requests.cpu': '2500m', 'limits.memory': '2Gi'}}}"),
	    1);
	const struct resources left = rules_of("n").quotas[0].left;
	assert_int_equal(left.requests.of[RESOURCE_CPU], 500);
	assert_true(left.limits.of[RESOURCE_MEMORY] == -(INT64_C(1) << 30));
	assert_true(left.limits.of[RESOURCE_CPU] == RESOURCE_MAX);
	assert_true(left.requests.of[RESOURCE_STORAGE] == RESOURCE_MAX);
	/* The other way round. */
	assert_int_equal(
	    quotas_by("{" META(
		"q",
		"n") ", 'spec': {'hard': {'cpu': '2', "
		     "'requests.cpu': '3'}}, 'status': {'used': {'cpu': '1900m'}}}"),
	    1);
	assert_int_equal(rules_of("n").quotas[0].left.requests.of[RESOURCE_CPU], 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
	    TEST(an_object_without_a_usable_name_is_refused),
	    TEST(an_object_that_says_nothing_takes_no_room),
	    TEST(a_bad_annotation_of_a_namespace_is_told_and_ends_the_old_one),
	    TEST(what_is_too_much_is_dropped_and_counted_until_there_is_room),
	    TEST(of_too_many_quotas_the_first_ones_count),
	    cmocka_unit_test(a_ratio_is_a_number_or_a_quantity_of_at_least_one),
	    cmocka_unit_test(amounts_are_rounded_so_that_the_bound_holds),
	    cmocka_unit_test(each_bad_annotation_is_refused),
	    TEST(a_quota_for_nobody_knows_whom_is_left_out),
	    TEST(the_priorities_of_a_quota_are_its_names),
	    TEST(what_is_left_of_a_quota_is_the_least_that_any_name_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
