/* SPDX-License-Identifier: Apache-2.0 */
/* The patch: it only adds, it applies, and nothing that was there is changed. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/review/patch.h"
#include "injector/review/patch_apply.h"
#include "review_fixture.h"

static struct error err;
static char written[PATCH_MAX];
static const char *template_text = "";

/* The patch for a pod, as a tree; NULL: it was refused. */
static cJSON *patch_for(const cJSON *pod, bool native)
{
	struct sidecar_template *template =
	    template_read(template_text, strlen(template_text), &err);
	const struct injection injection = {
	    .template = template, .own_namespace = "", .native = native};
	struct text out = text_over(written, sizeof(written));

	assert_non_null(template);
	struct owner owner;
	struct fit fit;
	fit_sidecar(&injection, "", pod, &fit);
	owner_of_pod(pod, &owner);
	int result = patch_write(&injection, &fit, &owner, pod, &out, &err);
	template_free(template);
	if (result < 0)
		return NULL;
	assert_false(out.overflowed);
	return tree_of_json(written);
}

static cJSON *patch_for_text(const char *text, bool native)
{
	cJSON *pod = tree_of(text);
	cJSON *patch = patch_for(pod, native);

	cJSON_Delete(pod);
	return patch;
}

/* "path path ..." of the operations, all of which must be "add". */
static void assert_paths(cJSON *patch, const char *expected)
{
	char paths[1024] = "";
	struct text t = text_over(paths, sizeof(paths));
	const cJSON *operation;

	assert_non_null(patch);
	cJSON_ArrayForEach(operation, patch)
	{
		assert_string_equal(json_text(operation, "op"), "add");
		assert_int_equal(cJSON_GetArraySize(operation), 3);
		text_printf(&t, "%s%s", t.length > 0 ? " " : "",
			    json_text(operation, "path"));
	}
	assert_string_equal(paths, expected);
	cJSON_Delete(patch);
}

#define ANNOTATION "/metadata/annotations/kubectl.kubernetes.io~1default-container"

CASE(missing_parents_are_added_first)
{
	assert_paths(patch_for_text("{'spec': {'containers': [{'name': 'a'}]}}", true),
		     "/metadata /metadata/annotations " ANNOTATION
		     " /spec/volumes /spec/volumes/- /spec/initContainers "
		     "/spec/initContainers/0");
	assert_paths(patch_for_text("{'metadata': {'annotations': null}, 'spec': "
				    "{'containers': [{'name': 'a'}], 'volumes': null, "
				    "'initContainers': null}}",
				    true),
		     "/metadata/annotations " ANNOTATION
		     " /spec/volumes /spec/volumes/- /spec/initContainers "
		     "/spec/initContainers/0");
}

CASE(parents_that_are_there_are_not)
{
	static const char pod[] =
	    "{'metadata': {'annotations': {}}, 'spec': {'containers': [{'name': 'a'}], "
	    "'volumes': [], 'initContainers': []}}";

	assert_paths(patch_for_text(pod, true),
		     ANNOTATION " /spec/volumes/- /spec/initContainers/0");
	assert_paths(patch_for_text(pod, false),
		     ANNOTATION " /spec/volumes/- /spec/containers/-");
}

CASE(a_default_container_that_is_named_stays)
{
	assert_paths(
	    patch_for_text("{'metadata': {'annotations': "
			   "{'kubectl.kubernetes.io/default-container': 'b'}}, 'spec': "
			   "{'containers': [{'name': 'a'}, {'name': 'b'}]}}",
			   false),
	    "/spec/volumes /spec/volumes/- /spec/containers/-");
}

CASE(no_default_container_without_a_name)
{
	assert_paths(patch_for_text("{'spec': {'containers': [{}]}}", false),
		     "/spec/volumes /spec/volumes/- /spec/containers/-");
}

/* The pod with its patch applied. */
static cJSON *patched(const char *text, bool native)
{
	cJSON *pod = tree_of(text);
	cJSON *patch = patch_for(pod, native);

	assert_non_null(patch);
	cJSON_Delete(patch);
	if (patch_apply(pod, written, strlen(written), &err) < 0)
		print_error("%s\n", err.text);
	return pod;
}

static const char full[] =
    "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'p', 'annotations': "
    "{'a/b': 'c'}, 'labels': {'x': 'y'}}, 'spec': {'initContainers': [{'name': "
    "'first'}, {'name': 'second'}], 'containers': [{'name': 'web', 'image': 'i'}, "
    "{'name': 'other'}], 'volumes': [{'name': 'data', 'emptyDir': {}}], "
    "'priority': 0}}";

CASE(the_native_sidecar_is_the_first_init_container)
{
	cJSON *pod = patched(full, true);

	assert_string_equal(text_at(pod, "spec.initContainers.0.name"), "dormouse");
	assert_string_equal(text_at(pod, "spec.initContainers.0.restartPolicy"),
			    "Always");
	assert_string_equal(text_at(pod, "spec.initContainers.1.name"), "first");
	assert_int_equal(cJSON_GetArraySize(at(pod, "spec.initContainers")), 3);
	assert_int_equal(cJSON_GetArraySize(at(pod, "spec.containers")), 2);
	cJSON_Delete(pod);
}

CASE(the_plain_sidecar_is_the_last_container)
{
	cJSON *pod = patched(full, false);

	assert_string_equal(text_at(pod, "spec.containers.0.name"), "web");
	assert_string_equal(text_at(pod, "spec.containers.2.name"), "dormouse");
	assert_string_equal(text_at(pod, "spec.containers.2.restartPolicy"),
			    "(nothing)");
	assert_int_equal(cJSON_GetArraySize(at(pod, "spec.initContainers")), 2);
	cJSON_Delete(pod);
}

/* Takes away what was added, and compares. */
CASE(nothing_that_was_there_is_changed)
{
	cJSON *before = tree_of(full);

	for (int native = 0; native < 2; native++) {
		cJSON *pod = patched(full, native);
		const cJSON *spec = at(pod, "spec");
		cJSON *annotations = at(pod, "metadata.annotations");

		assert_string_equal(
		    json_text(annotations, "kubectl.kubernetes.io/default-container"),
		    "web");
		assert_string_equal(text_at(pod, "spec.volumes.1.name"),
				    "dormouse-empty");
		assert_string_equal(text_at(pod, "spec.volumes.2.name"),
				    "dormouse-baselines");
		assert_null(at(pod, "spec.volumes.3"));
		cJSON_DeleteItemFromObjectCaseSensitive(
		    annotations, "kubectl.kubernetes.io/default-container");
		cJSON_DeleteItemFromArray(at(spec, "volumes"), 2);
		cJSON_DeleteItemFromArray(at(spec, "volumes"), 1);
		if (native)
			cJSON_DeleteItemFromArray(at(spec, "initContainers"), 0);
		else
			cJSON_DeleteItemFromArray(at(spec, "containers"), 2);
		assert_true(cJSON_Compare(before, pod, true));
		cJSON_Delete(pod);
	}
	cJSON_Delete(before);
}

CASE(a_taken_volume_name_is_passed_over)
{
	cJSON *pod = patched("{'spec': {'containers': [{'name': 'a'}], 'volumes': "
			     "[{'name': 'dormouse-empty-1'}, {'name': "
			     "'dormouse-empty'}, {'name': 'dormouse-empty-03'}, {}, "
			     "{'name': 'dormouse-empty-3'}]}}",
			     true);

	assert_string_equal(text_at(pod, "spec.volumes.5.name"), "dormouse-empty-2");
	assert_string_equal(text_at(pod, "spec.initContainers.0.volumeMounts.0.name"),
			    "dormouse-empty-2");
	cJSON_Delete(pod);
}

/* A volume of that name is the application's, whatever is in it. */
CASE(a_taken_name_of_the_baselines_is_passed_over)
{
	cJSON *pod = patched("{'metadata': {'name': 'p'}, 'spec': {'containers': "
			     "[{'name': 'a'}], 'volumes': [{'name': "
			     "'dormouse-baselines', 'configMap': {'name': "
			     "'dormouse-baselines'}}]}}",
			     true);

	assert_string_equal(text_at(pod, "spec.volumes.1.name"), "dormouse-empty");
	assert_string_equal(text_at(pod, "spec.volumes.2.name"),
			    "dormouse-baselines-1");
	assert_string_equal(text_at(pod, "spec.initContainers.0.volumeMounts.1.name"),
			    "dormouse-baselines-1");
	cJSON_Delete(pod);
}

CASE(a_pod_of_nobody_has_no_baseline)
{
	cJSON *pod = patched("{'spec': {'containers': [{'name': 'a'}]}}", true);

	assert_int_equal(cJSON_GetArraySize(at(pod, "spec.volumes")), 1);
	assert_null(at(pod, "spec.initContainers.0.volumeMounts.1"));
	assert_string_equal(text_at(pod, "spec.initContainers.0.env.0.name"),
			    "POD_NAME");
	cJSON_Delete(pod);
}

CASE(volume_names_are_searched_in_bounded_time)
{
	size_t size = 4 << 20;
	char *text = malloc(size);
	struct text t = text_over(text, size);

	text_put(&t, "{'spec': {'containers': [{'name': 'a'}], 'volumes': [{'name': "
		     "'dormouse-empty'}");
	for (int i = 1; i < 20000; i++)
		text_printf(&t, ", {'name': 'dormouse-empty-%d'}", i);
	text_put(&t, "]}}");
	assert_null(patch_for_text(text, true));
	assert_string_equal(err.text, "spec.volumes has every name from dormouse-empty "
				      "to dormouse-empty-255");
	free(text);
}

CASE(a_volume_with_state_is_no_reason_to_stay)
{
	static const char evictable[] =
	    "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";

	template_text = "{\"stateVolume\": true}";
	cJSON *pod = patched("{'spec': {'containers': [{'name': 'a'}]}}", true);
	assert_string_equal(json_text(at(pod, "metadata.annotations"), evictable),
			    "dormouse-state");
	assert_non_null(at(pod, "spec.volumes.0.emptyDir"));
	cJSON_Delete(pod);

	pod = patched("{'metadata': {'annotations': {'cluster-autoscaler.kubernetes.io/"
		      "safe-to-evict-local-volumes': 'cache,tmp'}}, 'spec': "
		      "{'containers': [{'name': 'a'}], 'volumes': [{'name': "
		      "'dormouse-state'}]}}",
		      true);
	assert_string_equal(json_text(at(pod, "metadata.annotations"), evictable),
			    "cache,tmp,dormouse-state-1");
	cJSON_Delete(pod);

	template_text = "";
	pod = patched("{'spec': {'containers': [{'name': 'a'}]}}", true);
	assert_null(json_text(at(pod, "metadata.annotations"), evictable));
	assert_null(at(pod, "spec.volumes.0.emptyDir"));
	cJSON_Delete(pod);
}

CASE(within_pod_resources_it_asks_for_none)
{
	cJSON *pod = patched("{'spec': {'containers': [{'name': 'a'}], 'resources': "
			     "{'requests': {'cpu': '1'}}}}",
			     true);

	assert_null(at(pod, "spec.initContainers.0.resources"));
	cJSON_Delete(pod);
	pod =
	    patched("{'spec': {'containers': [{'name': 'a', 'resources': {'requests': "
		    "{'cpu': '1'}}}], 'resources': {}}}",
		    true);
	assert_non_null(at(pod, "spec.initContainers.0.resources"));
	cJSON_Delete(pod);
}

CASE(a_pod_of_the_wrong_kinds_is_refused)
{
	static const struct {
		const char *pod, *message;
	} cases[] = {
	    {"{}", "spec is missing"},
	    {"{'spec': []}", "spec: expected an object"},
	    {"{'spec': {}}", "spec.containers is missing or empty"},
	    {"{'spec': {'containers': []}}", "spec.containers is missing or empty"},
	    {"{'spec': {'containers': {}}}", "spec.containers: expected an array"},
	    {"{'metadata': 1, 'spec': {'containers': [{}]}}",
	     "metadata: expected an object"},
	    {"{'metadata': {'annotations': []}, 'spec': {'containers': [{}]}}",
	     "metadata.annotations: expected an object"},
	    {"{'spec': {'containers': [{}], 'volumes': 'x'}}",
	     "spec.volumes: expected an array"},
	    {"{'spec': {'containers': [{}], 'initContainers': {}}}",
	     "spec.initContainers: expected an array"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(patch_for_text(cases[i].pod, true));
		assert_string_equal(err.text, cases[i].message);
	}
}

/* --- applying -------------------------------------------------------------------- */

static void assert_applied(const char *object, const char *patch, const char *expected)
{
	cJSON *tree = tree_of(object), *wanted = tree_of(expected);
	char *text = quoted(patch);

	assert_int_equal(patch_apply(tree, text, strlen(text), &err), 0);
	assert_true(cJSON_Compare(tree, wanted, true));
	free(text);
	cJSON_Delete(wanted);
	cJSON_Delete(tree);
}

/* Examples of RFC 6902, appendix A, and RFC 6901's escapes. */
CASE(add_does_as_rfc_6902_says)
{
	assert_applied("{'foo': 'bar'}",
		       "[{'op': 'add', 'path': '/baz', 'value': 'qux'}]",
		       "{'baz': 'qux', 'foo': 'bar'}");
	assert_applied("{'foo': ['bar', 'baz']}",
		       "[{'op': 'add', 'path': '/foo/1', 'value': 'qux'}]",
		       "{'foo': ['bar', 'qux', 'baz']}");
	assert_applied("{'foo': ['bar']}",
		       "[{'op': 'add', 'path': '/foo/-', 'value': ['abc', 'def']}]",
		       "{'foo': ['bar', ['abc', 'def']]}");
	assert_applied("{'foo': ['bar']}",
		       "[{'op': 'add', 'path': '/foo/1', 'value': 1}]",
		       "{'foo': ['bar', 1]}");
	assert_applied("{'foo': null}",
		       "[{'op': 'add', 'path': '/foo', 'value': {}}, {'op': 'add', "
		       "'path': '/foo/a~1b~0~01', 'value': null}]",
		       "{'foo': {'a/b~~1': null}}");
}

CASE(what_does_not_apply_is_told)
{
	static const char *const patches[] = {
	    "[{'op': 'remove', 'path': '/foo'}]",
	    "[{'op': 'add', 'path': '/foo'}]",
	    "[{'op': 'add', 'path': '', 'value': 1}]",
	    "[{'op': 'add', 'path': 'foo', 'value': 1}]",
	    "[{'op': 'add', 'path': '/baz/bat', 'value': 1}]",
	    "[{'op': 'add', 'path': '/foo/3', 'value': 1}]",
	    "[{'op': 'add', 'path': '/foo/01', 'value': 1}]",
	    "[{'op': 'add', 'path': '/foo/x', 'value': 1}]",
	    "[{'op': 'add', 'path': '/foo/0/x', 'value': 1}]",
	    "[{'op': 'add', 'path': '/foo/-/x', 'value': 1}]",
	    "[1]",
	    "{",
	};

	for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++) {
		cJSON *tree = tree_of("{'foo': ['bar', 'baz']}");
		char *text = quoted(patches[i]);
		if (patch_apply(tree, text, strlen(text), &err) == 0)
			print_error("%s\n", text);
		err.text[0] = '\0';
		assert_int_equal(patch_apply(tree, text, strlen(text), &err), -1);
		assert_true(err.text[0]);
		free(text);
		cJSON_Delete(tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(missing_parents_are_added_first),
	    cmocka_unit_test(parents_that_are_there_are_not),
	    cmocka_unit_test(a_default_container_that_is_named_stays),
	    cmocka_unit_test(no_default_container_without_a_name),
	    cmocka_unit_test(the_native_sidecar_is_the_first_init_container),
	    cmocka_unit_test(the_plain_sidecar_is_the_last_container),
	    cmocka_unit_test(nothing_that_was_there_is_changed),
	    cmocka_unit_test(a_taken_volume_name_is_passed_over),
	    cmocka_unit_test(a_taken_name_of_the_baselines_is_passed_over),
	    cmocka_unit_test(a_pod_of_nobody_has_no_baseline),
	    cmocka_unit_test(volume_names_are_searched_in_bounded_time),
	    cmocka_unit_test(a_volume_with_state_is_no_reason_to_stay),
	    cmocka_unit_test(within_pod_resources_it_asks_for_none),
	    cmocka_unit_test(a_pod_of_the_wrong_kinds_is_refused),
	    cmocka_unit_test(add_does_as_rfc_6902_says),
	    cmocka_unit_test(what_does_not_apply_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
