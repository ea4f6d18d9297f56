/* SPDX-License-Identifier: Apache-2.0 */
/* Which pods are left alone, for which reason, and which of two reasons counts. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/review/eligibility.h"
#include "review_fixture.h"

static enum skip_reason judge(const char *pod, const char *namespace, bool native)
{
	cJSON *tree = tree_of(pod);
	const struct pod_facts facts = {
	    .pod = tree,
	    .namespace = namespace,
	    .own_namespace = "sidecars",
	    .native = native,
	};
	enum skip_reason reason = eligibility_of(&facts);

	cJSON_Delete(tree);
	return reason;
}

static void assert_judged(const char *pod, const char *reason)
{
	const char *found = skip_reason_name(judge(pod, "shop", false));

	if (strcmp(found, reason) != 0)
		print_error("%s\n", pod);
	assert_string_equal(found, reason);
}

static void assert_injected(const char *pod)
{
	assert_judged(pod, "");
}

CASE(an_ordinary_pod_gets_its_sidecar)
{
	assert_injected("{'spec': {'containers': [{'name': 'web'}]}}");
	assert_injected("{'metadata': {'labels': null, 'annotations': {}}, 'spec': "
			"{'hostNetwork': false, 'hostPID': true, 'containers': "
			"[{'name': 'dormouse-2'}], 'initContainers': null}}");
}

CASE(system_namespaces_are_left_alone)
{
	static const char pod[] = "{'spec': {'containers': [{'name': 'web'}]}}";

	assert_int_equal(judge(pod, "kube-system", true), SKIP_SYSTEM_NAMESPACE);
	assert_int_equal(judge(pod, "kube-public", true), SKIP_SYSTEM_NAMESPACE);
	assert_int_equal(judge(pod, "kube-node-lease", true), SKIP_SYSTEM_NAMESPACE);
	assert_int_equal(judge(pod, "sidecars", true), SKIP_SYSTEM_NAMESPACE);
	assert_int_equal(judge(pod, "sidecars-2", true), SKIP_NOTHING);
	assert_int_equal(judge(pod, "kubernetes", true), SKIP_NOTHING);
	assert_int_equal(judge(pod, "", true), SKIP_NOTHING);
	assert_string_equal(skip_reason_name(SKIP_SYSTEM_NAMESPACE),
			    "system-namespace");
}

CASE(an_unknown_own_namespace_is_no_namespace)
{
	cJSON *pod = tree_of("{'spec': {}}");
	const struct pod_facts facts = {
	    .pod = pod, .namespace = "", .own_namespace = ""};

	assert_int_equal(eligibility_of(&facts), SKIP_NOTHING);
	cJSON_Delete(pod);
}

CASE(mirror_pods_are_left_alone)
{
	assert_judged("{'metadata': {'annotations': {'kubernetes.io/config.mirror': "
		      "'5f0b'}}}",
		      "mirror-pod");
	assert_injected("{'metadata': {'labels': {'kubernetes.io/config.mirror': "
			"'5f0b'}}}");
}

CASE(pods_in_the_nodes_network_are_left_alone)
{
	assert_judged("{'spec': {'hostNetwork': true}}", "host-network");
	assert_injected("{'spec': {'hostNetwork': 'true'}}");
}

#define TERM(key, operator, values)                                                    \
	"{'matchExpressions': [{'key': '" key "', 'operator': '"                       \
	operator"', 'values': " values "}]}"
#define AFFINITY(terms)                                                                \
	"{'spec': {'affinity': {'nodeAffinity': "                                      \
	"{'requiredDuringSchedulingIgnoredDuringExecution': {'nodeSelectorTerms': "    \
	"[" terms "]}}}}}"

CASE(windows_pods_are_left_alone)
{
	assert_judged("{'spec': {'os': {'name': 'windows'}}}", "windows");
	assert_judged("{'spec': {'nodeSelector': {'kubernetes.io/os': 'windows'}}}",
		      "windows");
	assert_judged("{'spec': {'nodeSelector': {'beta.kubernetes.io/os': "
		      "'windows'}}}",
		      "windows");
	assert_judged("{'spec': {'securityContext': {'windowsOptions': "
		      "{'runAsUserName': 'ContainerUser'}}}}",
		      "windows");
	assert_injected("{'spec': {'os': {'name': 'linux'}, 'nodeSelector': "
			"{'kubernetes.io/os': 'linux'}, 'securityContext': "
			"{'windowsOptions': null}}}");
}

CASE(an_affinity_counts_where_it_admits_only_windows)
{
	assert_judged(AFFINITY(TERM("kubernetes.io/os", "In", "['windows']")),
		      "windows");
	assert_judged(AFFINITY(TERM("beta.kubernetes.io/os", "In", "['windows']")),
		      "windows");
	assert_judged(AFFINITY(TERM("kubernetes.io/os", "NotIn", "['linux']")),
		      "windows");
	assert_judged(AFFINITY(TERM("kubernetes.io/os", "In", "['windows']") ", " TERM(
			  "kubernetes.io/os", "In", "['windows']")),
		      "windows");
	assert_injected(
	    AFFINITY(TERM("kubernetes.io/os", "In", "['windows', 'linux']")));
	assert_injected(AFFINITY(TERM("kubernetes.io/os", "NotIn", "['windows']")));
	assert_injected(AFFINITY(TERM("kubernetes.io/os", "In", "[]")));
	assert_injected(AFFINITY(TERM("kubernetes.io/arch", "In", "['windows']")));
	/* Terms are alternatives: the second admits Linux. */
	assert_injected(
	    AFFINITY(TERM("kubernetes.io/os", "In", "['windows']") ", " TERM(
		"kubernetes.io/arch", "In", "['amd64']")));
	/* Only preferred. */
	assert_injected(
	    "{'spec': {'affinity': {'nodeAffinity': "
	    "{'preferredDuringSchedulingIgnoredDuringExecution': [{'weight': 1, "
	    "'preference': " TERM("kubernetes.io/os", "In", "['windows']") "}]}}}}");
}

CASE(a_pod_that_has_the_sidecar_is_left_alone)
{
	assert_judged("{'spec': {'containers': [{'name': 'a'}, {'name': 'dormouse'}]}}",
		      "already-injected");
	assert_judged("{'spec': {'initContainers': [{'name': 'dormouse'}]}}",
		      "already-injected");
	assert_judged("{'spec': {'ephemeralContainers': [{'name': 'dormouse'}]}}",
		      "already-injected");
	assert_injected("{'spec': {'containers': [{'name': 'Dormouse'}], 'volumes': "
			"[{'name': 'dormouse'}]}}");
}

CASE(a_pod_opts_out_by_its_label)
{
	assert_judged("{'metadata': {'labels': {'dormouse.dev/inject': 'false'}}}",
		      "opted-out");
	assert_injected("{'metadata': {'labels': {'dormouse.dev/inject': 'true'}}}");
	assert_injected("{'metadata': {'labels': {'dormouse.dev/inject': 'False'}}}");
	assert_injected("{'metadata': {'labels': {'dormouse.dev/inject': false}}}");
	assert_injected(
	    "{'metadata': {'annotations': {'dormouse.dev/inject': 'false'}}}");
}

CASE(a_jobs_pod_needs_a_native_sidecar)
{
	static const char pod[] = "{'metadata': {'ownerReferences': [{'apiVersion': "
				  "'v1', 'kind': 'Other'}, {'apiVersion': 'batch/v1', "
				  "'kind': 'Job', 'name': 'j'}]}}";

	assert_judged(pod, "job-without-native-sidecar");
	assert_int_equal(judge(pod, "shop", true), SKIP_NOTHING);
	assert_judged("{'metadata': {'ownerReferences': [{'apiVersion': "
		      "'batch/v1beta1', 'kind': 'Job'}]}}",
		      "job-without-native-sidecar");
	assert_injected("{'metadata': {'ownerReferences': [{'apiVersion': "
			"'batch.volcano.sh/v1alpha1', 'kind': 'Job'}]}}");
	assert_injected("{'metadata': {'ownerReferences': [{'apiVersion': 'apps/v1', "
			"'kind': 'ReplicaSet'}]}}");
}

CASE(the_template_of_a_job_needs_one_too)
{
	cJSON *pod = tree_of("{'spec': {}}");
	struct pod_facts facts = {
	    .pod = pod, .namespace = "", .own_namespace = "", .job = true};

	assert_int_equal(eligibility_of(&facts), SKIP_JOB);
	facts.native = true;
	assert_int_equal(eligibility_of(&facts), SKIP_NOTHING);
	cJSON_Delete(pod);
}

#define JOB_OWNER "'ownerReferences': [{'apiVersion': 'batch/v1', 'kind': 'Job'}]"

/* Each pod has the reason of its row and all those that follow. */
CASE(the_first_reason_counts)
{
	static const char *const parts[] = {
	    [SKIP_MIRROR_POD] = "'annotations': {'kubernetes.io/config.mirror': 'x'}",
	    [SKIP_HOST_NETWORK] = "'hostNetwork': true",
	    [SKIP_WINDOWS] = "'os': {'name': 'windows'}",
	    [SKIP_ALREADY_INJECTED] = "'containers': [{'name': 'dormouse'}]",
	    [SKIP_OPTED_OUT] = "'labels': {'dormouse.dev/inject': 'false'}",
	    [SKIP_JOB] = JOB_OWNER,
	};

	for (int first = SKIP_SYSTEM_NAMESPACE; first <= SKIP_JOB; first++) {
		char spec[256] = "", metadata[512] = "", pod[1024];
		struct text s = text_over(spec, sizeof(spec));
		struct text m = text_over(metadata, sizeof(metadata));
		for (int i = SKIP_MIRROR_POD; i <= SKIP_JOB; i++) {
			bool in_spec = i == SKIP_HOST_NETWORK || i == SKIP_WINDOWS ||
				       i == SKIP_ALREADY_INJECTED;
			struct text *t = in_spec ? &s : &m;
			if (i >= first)
				text_printf(t, "%s%s", t->length > 0 ? ", " : "",
					    parts[i]);
		}
		snprintf(pod, sizeof(pod), "{'metadata': {%s}, 'spec': {%s}}", metadata,
			 spec);
		const char *namespace =
		    first == SKIP_SYSTEM_NAMESPACE ? "kube-system" : "shop";
		assert_int_equal(judge(pod, namespace, false), first);
	}
}

CASE(what_is_no_pod_at_all_does_no_harm)
{
	static const char *const pods[] = {
	    "null",
	    "[]",
	    "'pod'",
	    "{'metadata': 7, 'spec': 'x'}",
	    "{'metadata': {'labels': [], 'annotations': 'x', 'ownerReferences': {}}, "
	    "'spec': {'containers': {}, 'initContainers': 'x', 'nodeSelector': [1], "
	    "'affinity': {'nodeAffinity': {"
	    "'requiredDuringSchedulingIgnoredDuringExecution': {'nodeSelectorTerms': "
	    "[1, {'matchExpressions': [null, {'key': 1}]}]}}}}}",
	};

	for (size_t i = 0; i < sizeof(pods) / sizeof(pods[0]); i++)
		assert_injected(pods[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_ordinary_pod_gets_its_sidecar),
	    cmocka_unit_test(system_namespaces_are_left_alone),
	    cmocka_unit_test(an_unknown_own_namespace_is_no_namespace),
	    cmocka_unit_test(mirror_pods_are_left_alone),
	    cmocka_unit_test(pods_in_the_nodes_network_are_left_alone),
	    cmocka_unit_test(windows_pods_are_left_alone),
	    cmocka_unit_test(an_affinity_counts_where_it_admits_only_windows),
	    cmocka_unit_test(a_pod_that_has_the_sidecar_is_left_alone),
	    cmocka_unit_test(a_pod_opts_out_by_its_label),
	    cmocka_unit_test(a_jobs_pod_needs_a_native_sidecar),
	    cmocka_unit_test(the_template_of_a_job_needs_one_too),
	    cmocka_unit_test(the_first_reason_counts),
	    cmocka_unit_test(what_is_no_pod_at_all_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
