/* SPDX-License-Identifier: Apache-2.0 */
/* What is warned of in a pod's annotations and labels, and how. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/review/annotations.h"
#include "review_fixture.h"

static struct warnings warnings;

static void check_metadata(const char *metadata)
{
	char pod[8192];

	snprintf(pod, sizeof(pod), "{'metadata': {%s}}", metadata);
	cJSON *tree = tree_of(pod);
	warnings_clear(&warnings);
	annotations_check(tree, &warnings);
	cJSON_Delete(tree);
}

static void assert_quiet(const char *metadata)
{
	check_metadata(metadata);
	if (warnings.count > 0)
		print_error("%s\n", warnings.line[0]);
	assert_int_equal(warnings.count, 0);
}

static void assert_warned(const char *metadata, const char *line)
{
	check_metadata(metadata);
	assert_int_equal(warnings.count, 1);
	assert_string_equal(warnings.line[0], line);
}

CASE(good_annotations_and_those_of_others_are_silent)
{
	assert_quiet("");
	assert_quiet("'annotations': null, 'labels': null");
	assert_quiet("'annotations': {'a.example/interval': 'x', 'dormouse.dev': 'x', "
		     "'other-dormouse.dev/x': ''}");
	assert_quiet("'annotations': {'dormouse.dev/interval': '30s', "
		     "'dormouse.dev/expect': '02:00-02:30,23:00-01:00', "
		     "'dormouse.dev/egress-budget': '64KiB', "
		     "'dormouse.dev/profile': 'dormant', "
		     "'dormouse.dev/listen': '[::]:9999'}, "
		     "'labels': {'dormouse.dev/inject': 'true', 'app': 'x'}");
	assert_quiet("'labels': {'dormouse.dev/inject': 'false'}");
	/* Empty is unset. */
	assert_quiet("'annotations': {'dormouse.dev/interval': ''}");
}

/* Each flag of `dormouse run` but one. */
CASE(a_bad_value_is_told_with_what_would_do)
{
	assert_warned("'annotations': {'dormouse.dev/interval': '10x'}",
		      "dormouse: invalid value \"10x\" for annotation "
		      "dormouse.dev/interval: expected a duration of 100ms to 5m");
	assert_warned("'annotations': {'dormouse.dev/sensitivity': 'extreme'}",
		      "dormouse: invalid value \"extreme\" for annotation "
		      "dormouse.dev/sensitivity: expected low, normal or high");
}

CASE(each_value_is_looked_at_by_itself)
{
	assert_warned(
	    "'annotations': {'dormouse.dev/expect': "
	    "'02:00-02:30,02:00-02:30,02:00-02:30,02:00-02:30,02:00-02:30,"
	    "02:00-02:30,02:00-02:30,02:00-02:30,02:00-02:30'}",
	    "dormouse: invalid value \"02:00-02:30,02:00-"
	    "02:30,02:00-02:30,02:00-02:30,02:00-02:30,02:00-02:30,02:00...\" "
	    "for annotation dormouse.dev/expect: expected at most 8 windows such as "
	    "02:00-02:30, in UTC, separated by commas");
	/* The check of one pod leaves nothing behind for the next. */
	for (int i = 0; i < 3; i++)
		assert_quiet("'annotations': {'dormouse.dev/expect': "
			     "'02:00-02:30,03:00-03:30,04:00-04:30'}");
}

CASE(an_unknown_annotation_is_named)
{
	assert_warned("'annotations': {'dormouse.dev/intervall': '30s'}",
		      "dormouse: annotation dormouse.dev/intervall is not known; did "
		      "you mean dormouse.dev/interval?");
	assert_warned("'annotations': {'dormouse.dev/colour': 'red'}",
		      "dormouse: annotation dormouse.dev/colour is not known: there "
		      "is no flag --colour; see dormouse run --help");
	/* A flag of another command. */
	check_metadata("'annotations': {'dormouse.dev/summary': 'true'}");
	assert_int_equal(warnings.count, 1);
}

CASE(a_token_is_not_for_pods)
{
	assert_warned("'annotations': {'dormouse.dev/metrics-token-file': '/tmp/x'}",
		      "dormouse: annotation dormouse.dev/metrics-token-file is not for "
		      "pods: an injected sidecar has no volume for it");
}

CASE(the_state_is_not_for_pods)
{
	assert_warned("'annotations': {'dormouse.dev/state': '/tmp/x'}",
		      "dormouse: annotation dormouse.dev/state is not for pods: the "
		      "template's stateVolume gives the sidecar a volume");
}

CASE(the_sidecars_size_is_read_as_it_will_be)
{
	assert_warned("'annotations': {'dormouse.dev/resources': 'cpu=5m,memory=4Mi'}",
		      "dormouse: invalid value \"cpu=5m,memory=4Mi\" for annotation "
		      "dormouse.dev/resources: expected at least cpu=1m,memory=8Mi, or "
		      "one of the "
		      "two");
	check_metadata("'annotations': {'dormouse.dev/resources': 'memory=8Mi,cpu=1'}");
	assert_int_equal(warnings.count, 0);
	assert_warned("'labels': {'dormouse.dev/resources': 'x'}",
		      "dormouse: label dormouse.dev/resources is not read: it is an "
		      "annotation");
}

CASE(labels_and_annotations_taken_for_each_other_are_told)
{
	assert_warned("'annotations': {'dormouse.dev/inject': 'false'}",
		      "dormouse: annotation dormouse.dev/inject is not read: it is a "
		      "label, of a pod");
	assert_warned("'annotations': {'dormouse.dev/injection': 'enabled'}",
		      "dormouse: annotation dormouse.dev/injection is not read: it is "
		      "a label, of a namespace");
	assert_warned("'labels': {'dormouse.dev/interval': '30s'}",
		      "dormouse: label dormouse.dev/interval is not read: it is an "
		      "annotation");
	assert_warned("'labels': {'dormouse.dev/injection': 'enabled'}",
		      "dormouse: label dormouse.dev/injection is not read: it is a "
		      "label of namespaces; a pod's is dormouse.dev/inject");
}

CASE(a_label_takes_true_or_false)
{
	assert_warned("'labels': {'dormouse.dev/inject': 'yes'}",
		      "dormouse: invalid value \"yes\" for label "
		      "dormouse.dev/inject: expected true or false, in quotes in "
		      "YAML");
	assert_warned("'labels': {'dormouse.dev/inject': ''}",
		      "dormouse: invalid value \"\" for label dormouse.dev/inject: "
		      "expected true or false, in quotes in YAML");
}

CASE(beyond_sixteen_they_are_only_counted)
{
	char metadata[4096];
	struct text t = text_over(metadata, sizeof(metadata));

	text_put(&t, "'annotations': {");
	for (int i = 0; i < 40; i++)
		text_printf(&t, "%s'dormouse.dev/x%d': ''", i ? ", " : "", i);
	text_put(&t, "}");
	check_metadata(metadata);
	assert_int_equal(warnings.count, 17);
	assert_non_null(strstr(warnings.line[0], "dormouse.dev/x0 "));
	assert_non_null(strstr(warnings.line[15], "dormouse.dev/x15 "));
	assert_string_equal(warnings.line[16], "dormouse: and 24 more");
}

CASE(they_are_short_and_in_one_line)
{
	char metadata[4096];
	struct text t = text_over(metadata, sizeof(metadata));

	text_put(&t, "'annotations': {'dormouse.dev/interval': '\\n\\u0085\\u001b[31m");
	for (int i = 0; i < 900; i++)
		text_put(&t, "\xC3\xA9");
	text_put(&t, "'}");
	check_metadata(metadata);
	assert_int_equal(warnings.count, 1);
	assert_true(strlen(warnings.line[0]) <= 256);
	assert_non_null(strstr(warnings.line[0], "\"???"));
	assert_non_null(strstr(warnings.line[0],
			       "...\" for annotation dormouse.dev/interval: "
			       "expected a duration of 100ms to 5m"));
	for (const char *p = warnings.line[0]; *p; p++)
		assert_true((unsigned char)*p >= 0x20);

	warnings_clear(&warnings);
	warnings_add(&warnings, "%0400d", 7);
	assert_int_equal(strlen(warnings.line[0]), 256);
}

CASE(what_is_no_metadata_is_silent)
{
	assert_quiet("'annotations': ['dormouse.dev/x'], 'labels': 'dormouse.dev/x'");
	assert_quiet("'annotations': {'dormouse.dev/interval': 7}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_annotations_and_those_of_others_are_silent),
	    cmocka_unit_test(a_bad_value_is_told_with_what_would_do),
	    cmocka_unit_test(each_value_is_looked_at_by_itself),
	    cmocka_unit_test(an_unknown_annotation_is_named),
	    cmocka_unit_test(a_token_is_not_for_pods),
	    cmocka_unit_test(the_state_is_not_for_pods),
	    cmocka_unit_test(the_sidecars_size_is_read_as_it_will_be),
	    cmocka_unit_test(labels_and_annotations_taken_for_each_other_are_told),
	    cmocka_unit_test(a_label_takes_true_or_false),
	    cmocka_unit_test(beyond_sixteen_they_are_only_counted),
	    cmocka_unit_test(they_are_short_and_in_one_line),
	    cmocka_unit_test(what_is_no_metadata_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
