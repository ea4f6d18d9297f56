/* SPDX-License-Identifier: Apache-2.0 */
/* Ports that a pod's own containers and the sidecar both want. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/review/ports.h"
#include "review_fixture.h"

static struct error err;
static struct warnings warnings;

/* The warnings of a pod by a template, both as text. */
static unsigned warned_by(const char *template, const char *pod)
{
	char *copy = quoted(template);
	struct sidecar_template *t = template_read(copy, strlen(copy), &err);
	cJSON *tree = tree_of(pod);

	assert_non_null(t);
	warnings_clear(&warnings);
	ports_check(tree, t, &warnings);
	cJSON_Delete(tree);
	template_free(t);
	free(copy);
	return warnings.count;
}

static unsigned warned(const char *pod)
{
	return warned_by("{}", pod);
}

#define POD(container) "{'spec': {'containers': [{'name': 'web', " container "}]}}"
#define ANNOTATED(annotations, ports)                                                  \
	"{'metadata': {'annotations': {" annotations "}}, 'spec': {'containers': "     \
	"[{'name': 'web', 'ports': [" ports "]}]}}"

CASE(the_warning_names_container_port_and_way_out)
{
	assert_int_equal(
	    warned(POD("'ports': [{'containerPort': 80}, {'containerPort': 9477}]")),
	    1);
	assert_string_equal(
	    warnings.line[0],
	    "dormouse: container web: port 9477 is the sidecar's as well, and whoever "
	    "starts later cannot listen there; annotation dormouse.dev/listen would "
	    "move "
	    "the sidecar's, such as [::]:19477");
	assert_int_equal(warned(POD("'ports': [{'containerPort': 9478}]")), 1);
	assert_non_null(strstr(warnings.line[0],
			       "dormouse.dev/alert-listen would move the sidecar's, "
			       "such as 127.0.0.1:19478"));
}

CASE(a_port_is_wanted_wherever_it_is_said)
{
	static const char *const pods[] = {
	    POD("'ports': [{'containerPort': 9477, 'protocol': 'TCP'}]"),
	    POD("'livenessProbe': {'httpGet': {'port': 9477}}"),
	    POD("'readinessProbe': {'tcpSocket': {'port': 9477}}"),
	    POD("'startupProbe': {'grpc': {'port': 9477}}"),
	    POD("'lifecycle': {'preStop': {'httpGet': {'port': 9477}}}"),
	    POD("'lifecycle': {'postStart': {'tcpSocket': {'port': 9477}}}"),
	    "{'spec': {'containers': [{'name': 'a'}], 'initContainers': [{'name': 'b', "
	    "'ports': [{'containerPort': 9477}]}]}}",
	    /* Once for a container, however often it says so. */
	    POD("'ports': [{'containerPort': 9477}, {'containerPort': 9477}], "
		"'livenessProbe': {'httpGet': {'port': 9477}}"),
	};

	for (size_t i = 0; i < sizeof(pods) / sizeof(pods[0]); i++)
		assert_int_equal(warned(pods[i]), 1);
	assert_int_equal(
	    warned("{'spec': {'containers': [{'name': 'a', 'ports': [{'containerPort': "
		   "9477}, {'containerPort': 9478}]}, {'name': 'b', 'ports': "
		   "[{'containerPort': 9478}]}]}}"),
	    3);
}

CASE(what_is_no_conflict_is_not_warned_of)
{
	static const char *const pods[] = {
	    "{}",
	    POD("'ports': []"),
	    POD("'ports': [{'containerPort': 9479}]"),
	    POD("'ports': [{'containerPort': 9477, 'protocol': 'UDP'}]"),
	    POD("'ports': [{'containerPort': 80, 'hostPort': 9477}]"),
	    POD("'ports': [{'containerPort': '9477'}]"),
	    POD("'ports': [{'containerPort': 9477.5}]"),
	    POD("'ports': [{'containerPort': 94770000000000000001}]"),
	    POD("'ports': 9477"),
	    POD("'livenessProbe': {'httpGet': {'port': 'dormouse'}}"),
	    POD("'livenessProbe': {'httpGet': {'port': 9477, 'host': '192.0.2.1'}}"),
	};

	for (size_t i = 0; i < sizeof(pods) / sizeof(pods[0]); i++)
		assert_int_equal(warned(pods[i]), 0);
}

/* The pod's annotations, else the template, else the defaults. */
CASE(the_sidecars_ports_are_those_that_it_will_take)
{
	static const char mine[] =
	    "{'flags': {'listen': ':7001', 'alert-listen': '127.0.0.1:0'}}";
	static const char listen[] = ANNOTATED("'dormouse.dev/listen': '[::1]:65000'",
					       "{'containerPort': 9477}, "
					       "{'containerPort': 65000}");

	assert_int_equal(warned(listen), 1);
	assert_non_null(strstr(warnings.line[0], "port 65000 is the sidecar's"));
	assert_non_null(strstr(warnings.line[0], "such as [::]:55000"));
	assert_int_equal(warned(ANNOTATED("'dormouse.dev/alert-listen': '127.0.0.1:1'",
					  "{'containerPort': 1}")),
			 1);
	/* One that the sidecar will not take, either. */
	assert_int_equal(warned(ANNOTATED("'dormouse.dev/listen': 'everywhere:1'",
					  "{'containerPort': 1}, {'containerPort': "
					  "9477}")),
			 1);
	assert_int_equal(
	    warned(ANNOTATED("'dormouse.dev/listen': ''", "{'containerPort': 9477}")),
	    1);
	assert_int_equal(
	    warned(ANNOTATED("'dormouse.dev/listen': ':0'", "{'containerPort': 9477}")),
	    0);

	assert_int_equal(warned_by(mine, ANNOTATED("", "{'containerPort': 9477}, "
						       "{'containerPort': 9478}, "
						       "{'containerPort': 7001}")),
			 1);
	assert_int_equal(warned_by(mine, listen), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_warning_names_container_port_and_way_out),
	    cmocka_unit_test(a_port_is_wanted_wherever_it_is_said),
	    cmocka_unit_test(what_is_no_conflict_is_not_warned_of),
	    cmocka_unit_test(the_sidecars_ports_are_those_that_it_will_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
