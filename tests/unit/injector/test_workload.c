/* SPDX-License-Identifier: Apache-2.0 */
/* Where the pod is in what people write, and what is left as it is. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/review/workload.h"
#include "review_fixture.h"

static struct error err;
static struct sidecar_template *template;
static struct injection injection;

/* A line for each pod: "Kind/name outcome reason warnings". */
static char reports[4096];
static struct text report_text;

static int set_up(void **state)
{
	(void)state;
	template = template_read("", 0, &err);
	injection = (struct injection){
	    .template = template, .own_namespace = "dormouse-system", .native = true};
	return template ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	template_free(template);
	return 0;
}

static void note(const char *kind, const char *name, const struct review_result *result,
		 const struct warnings *warnings)
{
	text_printf(&report_text, "%s/%s %s %s %u\n", kind, name,
		    review_outcome_name(result->outcome),
		    skip_reason_name(result->reason), warnings->count);
}

static void note_passed_over(const char *sentence)
{
	text_printf(&report_text, "%.*s\n", (int)strcspn(sentence, ":"), sentence);
}

static struct workload_audience audience = {note, note_passed_over, false};

/* The object after it was injected, which the caller deletes. */
static cJSON *injected(const char *text)
{
	cJSON *tree = tree_of(text);

	report_text = text_over(reports, sizeof(reports));
	if (workload_inject(&injection, tree, &audience, &err) < 0)
		print_error("%s\n", err.text);
	return tree;
}

#define POD_SPEC "'spec': {'containers': [{'name': 'web'}]}"

CASE(each_kind_has_its_pod_where_it_has_it)
{
	static const struct {
		const char *version, *kind, *path, *object;
	} cases[] = {
	    {"v1", "Pod", "", POD_SPEC},
	    {"apps/v1", "Deployment", "spec.template.",
	     "'spec': {'template': {" POD_SPEC "}}"},
	    {"apps/v1", "StatefulSet", "spec.template.",
	     "'spec': {'template': {" POD_SPEC "}}"},
	    {"apps/v1", "DaemonSet", "spec.template.",
	     "'spec': {'template': {" POD_SPEC "}}"},
	    {"apps/v1", "ReplicaSet", "spec.template.",
	     "'spec': {'template': {" POD_SPEC "}}"},
	    {"batch/v1", "Job", "spec.template.",
	     "'spec': {'template': {" POD_SPEC "}}"},
	    {"batch/v1", "CronJob", "spec.jobTemplate.spec.template.",
	     "'spec': {'jobTemplate': {'spec': {'template': {" POD_SPEC "}}}}"},
	    {"batch/v1beta1", "CronJob", "spec.jobTemplate.spec.template.",
	     "'spec': {'jobTemplate': {'spec': {'template': {" POD_SPEC "}}}}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512], path[128], expected[64];
		snprintf(
		    text, sizeof(text),
		    "{'apiVersion': '%s', 'kind': '%s', 'metadata': {'name': 'n'}, "
		    "%s}",
		    cases[i].version, cases[i].kind, cases[i].object);
		cJSON *tree = injected(text);
		snprintf(path, sizeof(path), "%sspec.initContainers.0.name",
			 cases[i].path);
		assert_string_equal(text_at(tree, path), "dormouse");
		snprintf(path, sizeof(path), "%smetadata.annotations", cases[i].path);
		assert_string_equal(
		    json_text(at(tree, path),
			      "kubectl.kubernetes.io/default-container"),
		    "web");
		snprintf(expected, sizeof(expected), "%s/n injected  0\n",
			 cases[i].kind);
		assert_string_equal(reports, expected);
		cJSON_Delete(tree);
	}
}

CASE(a_job_is_left_alone_without_native_sidecars)
{
	static const char job[] =
	    "{'apiVersion': 'batch/v1', 'kind': 'Job', 'metadata': {'name': 'j'}, "
	    "'spec': {'template': {" POD_SPEC "}}}";
	cJSON *before = tree_of(job);

	injection.native = false;
	cJSON *tree = injected(job);
	injection.native = true;
	assert_string_equal(reports, "Job/j skipped job-without-native-sidecar 0\n");
	assert_true(cJSON_Compare(before, tree, true));
	cJSON_Delete(tree);
	cJSON_Delete(before);
}

CASE(the_namespace_is_the_workloads)
{
	cJSON *tree = injected("{'apiVersion': 'apps/v1', 'kind': 'Deployment', "
			       "'metadata': {'name': 'd', 'namespace': 'kube-system'}, "
			       "'spec': {'template': {" POD_SPEC "}}}");

	assert_string_equal(reports, "Deployment/d skipped system-namespace 0\n");
	cJSON_Delete(tree);
}

CASE(warnings_are_reported_with_the_workload)
{
	cJSON *tree = injected(
	    "{'apiVersion': 'apps/v1', 'kind': 'Deployment', "
	    "'metadata': {'name': 'd'}, 'spec': {'template': "
	    "{'metadata': {'annotations': {'dormouse.dev/x': ''}}, " POD_SPEC "}}}");

	assert_string_equal(reports, "Deployment/d injected  1\n");
	cJSON_Delete(tree);
}

CASE(a_list_is_injected_one_by_one)
{
	cJSON *tree = injected(
	    "{'apiVersion': 'v1', 'kind': 'List', 'items': ["
	    "{'apiVersion': 'v1', 'kind': 'Service', 'spec': {'template': {" POD_SPEC
	    "}}}, "
	    "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'generateName': "
	    "'a-'}, " POD_SPEC "}, "
	    "{'apiVersion': 'v1', 'kind': 'List', 'items': [{'apiVersion': 'v1', "
	    "'kind': 'Pod', 'metadata': {'name': 'b'}, " POD_SPEC "}]}, "
	    "{'apiVersion': 'serving.knative.dev/v1', 'kind': 'Deployment', 'spec': "
	    "{}}, "
	    "7, {}]}");

	assert_string_equal(reports, "v1 Service is not injected\n"
				     "Pod/a- injected  0\nPod/b injected  0\n");
	assert_null(at(tree, "items.0.spec.template.spec.initContainers"));
	assert_string_equal(text_at(tree, "items.1.spec.initContainers.0.name"),
			    "dormouse");
	assert_string_equal(text_at(tree, "items.2.items.0.spec.initContainers.0.name"),
			    "dormouse");
	cJSON_Delete(tree);
}

/* As the API server prints it: its items say neither kind nor version. */
CASE(a_list_of_one_kind_tells_its_items_kind)
{
	cJSON *tree = injected("{'apiVersion': 'apps/v1', 'kind': 'DeploymentList', "
			       "'items': [{'metadata': {'name': 'd'}, 'spec': "
			       "{'template': {" POD_SPEC "}}}]}");

	assert_string_equal(reports, "Deployment/d injected  0\n");
	cJSON_Delete(tree);
	tree = injected("{'apiVersion': 'v1', 'kind': 'PodList', 'items': []}");
	assert_string_equal(reports, "");
	cJSON_Delete(tree);
}

static void assert_told(const char *text, int expected, const char *message)
{
	cJSON *tree = tree_of(text);

	report_text = text_over(reports, sizeof(reports));
	assert_int_equal(workload_inject(&injection, tree, &audience, &err), expected);
	if (strncmp(err.text, message, strlen(message)) != 0)
		print_error("%s\n", err.text);
	assert_memory_equal(err.text, message, strlen(message));
	cJSON_Delete(tree);
}

static void assert_refused(const char *text, const char *message)
{
	assert_told(text, -1, message);
}

static void assert_other(const char *text, const char *message)
{
	assert_told(text, WORKLOAD_OTHER, message);
}

CASE(what_has_no_pods_is_named)
{
	assert_other("{'apiVersion': 'v1', 'kind': 'Service'}",
		     "v1 Service is not injected: it takes a Pod, Deployment, ");
	assert_other("{'apiVersion': 'apps.example/v1', 'kind': 'Deployment'}",
		     "apps.example/v1 Deployment is not injected");
	assert_other("{'apiVersion': 'v1', 'kind': 'Deployment'}",
		     "v1 Deployment is not injected");
	assert_refused("{'kind': 'Pod'}",
		       "no Kubernetes object: kind or apiVersion is");
	assert_refused("[]", "no Kubernetes object");
	assert_refused("{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': "
		       "{'name': 'd'}}",
		       "Deployment/d: spec.template is missing");
	assert_refused("{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': "
		       "{'name': 'd'}, 'spec': {'template': {'spec': {'containers': "
		       "[]}}}}",
		       "Deployment/d: spec.template: spec.containers is missing or "
		       "empty");
	assert_refused("{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'p'}}",
		       "Pod/p: spec is missing");
}

/* What has pods and gets no sidecar is named, wherever it stands; what has none passes.
 */
CASE(what_has_pods_is_named_in_a_list_as_well)
{
	static const struct {
		const char *object, *name;
	} cases[] = {
	    {"'apiVersion': 'v1', 'kind': 'ReplicationController', 'metadata': "
	     "{'name': "
	     "'n'}, 'spec': {'template': {" POD_SPEC "}}",
	     "v1 ReplicationController n is not injected"},
	    {"'apiVersion': 'v1', 'kind': 'ReplicationController'",
	     "v1 ReplicationController is not injected"},
	    {"'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout', 'metadata': "
	     "{'generateName': 'n-'}, 'spec': {'workloadRef': {}}",
	     "argoproj.io/v1alpha1 Rollout n- is not injected"},
	    {"'apiVersion': 'v1', 'kind': 'PodTemplate', 'template': {" POD_SPEC "}",
	     "v1 PodTemplate is not injected"},
	    {"'apiVersion': 'serving.knative.dev/v1', 'kind': 'Service', 'spec': "
	     "{'template': {" POD_SPEC "}}",
	     "serving.knative.dev/v1 Service is not injected"},
	    {"'apiVersion': 'x/v1', 'kind': 'Set', 'spec': {'sets': [{}, {'pod': "
	     "{" POD_SPEC "}}]}",
	     "x/v1 Set is not injected"},
	    {"'apiVersion': 'v1', 'kind': 'Service', 'spec': {'containers': 'no'}", ""},
	    {"'apiVersion': 'v1', 'kind': 'ConfigMap', 'data': {'containers': [1]}",
	     ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024], expected[256], alone[512];
		snprintf(alone, sizeof(alone), "{%s}", cases[i].object);
		if (cases[i].name[0])
			assert_other(alone, cases[i].name);
		snprintf(text, sizeof(text),
			 "{'apiVersion': 'v1', 'kind': 'List', 'items': [%s, "
			 "{'apiVersion': 'v1', 'kind': 'Pod', " POD_SPEC "}]}",
			 alone);
		snprintf(expected, sizeof(expected), "%s%sPod/ injected  0\n",
			 cases[i].name, cases[i].name[0] ? "\n" : "");
		cJSON *tree = injected(text);
		assert_string_equal(reports, expected);
		cJSON_Delete(tree);

		snprintf(text, sizeof(text),
			 "{'apiVersion': 'v1', 'kind': 'List', 'items': [%s]}", alone);
		assert_other(text, "nothing in this List is injected: it takes a Pod");
	}
}

CASE(lists_within_lists_are_bounded)
{
	char text[2048];
	struct text t = text_over(text, sizeof(text));

	for (int i = 0; i < 9; i++)
		text_put(&t, "{'apiVersion': 'v1', 'kind': 'List', 'items': [");
	for (int i = 0; i < 9; i++)
		text_put(&t, "]}");
	assert_refused(text, "Lists within Lists, more than 8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_has_its_pod_where_it_has_it),
	    cmocka_unit_test(a_job_is_left_alone_without_native_sidecars),
	    cmocka_unit_test(the_namespace_is_the_workloads),
	    cmocka_unit_test(warnings_are_reported_with_the_workload),
	    cmocka_unit_test(a_list_is_injected_one_by_one),
	    cmocka_unit_test(a_list_of_one_kind_tells_its_items_kind),
	    cmocka_unit_test(what_has_no_pods_is_named),
	    cmocka_unit_test(what_has_pods_is_named_in_a_list_as_well),
	    cmocka_unit_test(lists_within_lists_are_bounded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
