/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a pod is. The cases are in owners.json, which the policy's test reads too. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/review/owner.h"
#include "review_fixture.h"

#define CASES "tests/unit/injector/owners.json"

static char *read_file(const char *path)
{
	static char text[128 << 10];
	FILE *file = fopen(path, "re");

	if (!file)
		print_error("%s: run this from the top folder\n", path);
	assert_non_null(file);
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	assert_in_range(length, 1, sizeof(text) - 2);
	text[length] = '\0';
	fclose(file);
	return text;
}

static cJSON *pod_with(const cJSON *metadata)
{
	cJSON *pod = cJSON_CreateObject();

	cJSON_AddItemToObject(pod, "metadata", cJSON_Duplicate(metadata, true));
	return pod;
}

CASE(each_case_of_the_table)
{
	cJSON *cases = tree_of_json(read_file(CASES));
	const cJSON *one;
	int wrong = 0;

	assert_in_range(cJSON_GetArraySize(cases), 80, 200);
	cJSON_ArrayForEach(one, cases)
	{
		cJSON *pod = pod_with(json_member(one, "metadata"));
		struct owner owner;

		owner_of_pod(pod, &owner);
		cJSON_Delete(pod);
		if (strcmp(owner.workload, json_text(one, "workload")) == 0 &&
		    strcmp(owner.key, json_text(one, "key")) == 0)
			continue;
		print_error("%s: %s, key %s\n", json_text(one, "case"), owner.workload,
			    owner.key);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	cJSON_Delete(cases);
}

static void assert_template(const char *version, const char *kind, const char *metadata,
			    const char *template_metadata, const char *workload)
{
	char text[512];
	struct owner owner;

	snprintf(text, sizeof(text),
		 "{'metadata': {%s}, 'spec': {'template': {'metadata': {%s}}}}",
		 metadata, template_metadata);
	cJSON *object = tree_of(text);
	owner_of_template(object, version, kind, at(object, "spec.template"), &owner);
	assert_string_equal(owner.workload, workload);
	cJSON_Delete(object);
}

/* The pods of a workload at hand are called as the API server's pods of it will be. */
CASE(a_template_belongs_to_its_controller)
{
	static const char hash[] = "'labels': {'pod-template-hash': '7c5'}";

	assert_template("apps/v1", "Deployment", "'name': 'web'", "", "Deployment/web");
	assert_template("apps/v1", "Deployment", "'name': 'web-7c5'", hash,
			"Deployment/web-7c5");
	assert_template("apps/v1", "ReplicaSet", "'name': 'web-7c5'", hash,
			"Deployment/web");
	assert_template("apps/v1", "ReplicaSet", "'name': 'web-7c5'", "",
			"ReplicaSet/web-7c5");
	assert_template("batch/v1", "CronJob", "'name': 'backup-29738880'", "",
			"CronJob/backup-29738880");
	assert_template("batch/v1", "Job", "'name': 'backup-29738880'", "",
			"CronJob/backup");
	assert_template("batch/v1", "Job", "'generateName': 'load-'", "", "Job/load");
	assert_template("apps/v1", "Deployment", "'name': 'a b'",
			"'labels': {'app.kubernetes.io/name': 'web'}", "Pod/web");
	assert_template("apps/v1", "Deployment", "", "'name': 'web'", "Pod/web");
	assert_template("apps/v1", "Deployment", "", "", "");
}

CASE(a_pod_at_hand_is_a_pod)
{
	cJSON *pod = tree_of("{'metadata': {'name': 'a', 'labels': "
			     "{'app.kubernetes.io/name': 'web'}}}");
	struct owner owner;

	owner_of_template(pod, "v1", "Pod", pod, &owner);
	assert_string_equal(owner.workload, "Pod/web");
	cJSON_Delete(pod);
}

/* For who knows kind and name from elsewhere. */
CASE(an_owner_that_is_set_has_its_key)
{
	struct owner owner = {"Pod/before", "pod.before.json"};

	assert_false(owner_set(&owner, "Deployment", NULL));
	assert_false(owner_set(&owner, NULL, "web"));
	assert_false(owner_set(&owner, "Deployment", "a/b"));
	assert_string_equal(owner.workload, "Pod/before");
	assert_true(owner_set(&owner, "StatefulSet", "db"));
	assert_string_equal(owner.workload, "StatefulSet/db");
	assert_string_equal(owner.key, "statefulset.db.json");
}

/* What is of another type than the API's counts as absent. */
CASE(members_of_other_types_are_passed_over)
{
	static const char *const pods[] = {
	    "{}",
	    "{'metadata': []}",
	    "{'metadata': {'name': 7, 'labels': 'x', 'ownerReferences': {}}}",
	    "{'metadata': {'ownerReferences': [1, null, {'controller': 'true', "
	    "'kind': 'A', 'name': 'b'}]}}",
	    "{'metadata': {'ownerReferences': [{'controller': true}]}}",
	    "{'metadata': {'ownerReferences': [{'controller': true, 'kind': 'Job', "
	    "'apiVersion': 1, 'name': []}], 'labels': {'app.kubernetes.io/name': 1}}}",
	};

	for (size_t i = 0; i < sizeof(pods) / sizeof(pods[0]); i++) {
		cJSON *pod = tree_of(pods[i]);
		struct owner owner;
		owner_of_pod(pod, &owner);
		assert_string_equal(owner.workload, "");
		assert_string_equal(owner.key, "");
		cJSON_Delete(pod);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_case_of_the_table),
	    cmocka_unit_test(a_template_belongs_to_its_controller),
	    cmocka_unit_test(a_pod_at_hand_is_a_pod),
	    cmocka_unit_test(an_owner_that_is_set_has_its_key),
	    cmocka_unit_test(members_of_other_types_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
