/* SPDX-License-Identifier: Apache-2.0 */
/* Reviews in, answers out: what is injected, skipped, refused, and let in when we are
 * in trouble ourselves. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/json/base64.h"
#include "injector/review/patch_apply.h"
#include "review_fixture.h"

#define MIB ((size_t)1 << 20)

static struct sidecar_template *template;
static struct json_memory *memory;
static struct injection injection;
static struct review_result result;
static struct error err;
static char answer_text[REVIEW_ANSWER_MAX];
static struct text answer;

static int set_up(void **state)
{
	(void)state;
	template = template_read("", 0, &err);
	memory = json_memory_new(12 * MIB);
	injection = (struct injection){
	    .template = template, .own_namespace = "dormouse-system", .native = true};
	return template && memory ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	template_free(template);
	json_memory_free(memory);
	return 0;
}

static void review_bytes(const char *body, size_t length)
{
	answer = text_over(answer_text, sizeof(answer_text));
	review_answer(&injection, memory, body, length, &result, &answer);
	assert_false(answer.overflowed);
	assert_int_equal(strlen(answer_text), answer.length);
}

static void review_text(const char *body)
{
	char *copy = quoted(body);

	review_bytes(copy, strlen(copy));
	free(copy);
}

#define REVIEW(request)                                                                \
	"{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request': " \
	"{'uid': 'u-1', " request "}}"
#define POD_KIND "'kind': {'group': '', 'version': 'v1', 'kind': 'Pod'}"
#define CREATE   POD_KIND ", 'operation': 'CREATE', 'namespace': 'shop', "
#define OBJECT(metadata, spec)                                                         \
	"'object': {'metadata': {" metadata                                            \
	"}, 'spec': {'containers': [{'name': 'web'}"                                   \
	"]" spec "}}"

/* The answer, which the caller deletes. */
static cJSON *answer_tree(void)
{
	if (result.status != 200)
		print_error("%s\n", answer_text);
	assert_int_equal(result.status, 200);
	cJSON *tree = tree_of_json(answer_text);
	assert_string_equal(text_at(tree, "apiVersion"), "admission.k8s.io/v1");
	assert_string_equal(text_at(tree, "kind"), "AdmissionReview");
	assert_true(cJSON_IsTrue(at(tree, "response.allowed")));
	assert_string_equal(text_at(tree, "response.auditAnnotations.outcome"),
			    review_outcome_name(result.outcome));
	assert_string_equal(text_at(tree, "response.auditAnnotations.reason"),
			    skip_reason_name(result.reason));
	assert_int_equal(cJSON_GetArraySize(at(tree, "response.warnings")),
			 result.warnings);
	return tree;
}

CASE(a_pod_is_injected)
{
	static const char pod[] = "{'metadata': {'name': 'p'}, 'spec': {'containers': "
				  "[{'name': 'web'}]}}";

	review_text(REVIEW(CREATE "'object': {'metadata': {'name': 'p'}, 'spec': "
				  "{'containers': [{'name': 'web'}]}}"));
	cJSON *tree = answer_tree();
	assert_int_equal(result.outcome, REVIEW_INJECTED);
	assert_int_equal(result.reason, SKIP_NOTHING);
	assert_string_equal(result.namespace, "shop");
	assert_string_equal(result.name, "p");
	assert_false(result.dry_run);
	assert_string_equal(text_at(tree, "response.uid"), "u-1");
	assert_string_equal(text_at(tree, "response.patchType"), "JSONPatch");
	assert_null(at(tree, "response.warnings"));

	char *patch = decoded(text_at(tree, "response.patch"));
	cJSON *object = tree_of(pod);
	assert_int_equal(patch_apply(object, patch, strlen(patch), &err), 0);
	assert_string_equal(text_at(object, "spec.initContainers.0.name"), "dormouse");
	free(patch);
	cJSON_Delete(object);
	cJSON_Delete(tree);
}

CASE(without_native_sidecars_it_is_a_container)
{
	injection.native = false;
	review_text(REVIEW(CREATE OBJECT("", "")));
	injection.native = true;
	cJSON *tree = answer_tree();
	char *patch = decoded(text_at(tree, "response.patch"));
	assert_non_null(strstr(patch, "\"/spec/containers/-\""));
	assert_null(strstr(patch, "restartPolicy"));
	free(patch);
	cJSON_Delete(tree);
}

CASE(a_pod_left_alone_is_allowed_with_its_reason)
{
	review_text(
	    REVIEW(CREATE OBJECT("'generateName': 'p-'", ", 'hostNetwork': true")));
	cJSON *tree = answer_tree();
	assert_int_equal(result.outcome, REVIEW_SKIPPED);
	assert_int_equal(result.reason, SKIP_HOST_NETWORK);
	assert_string_equal(result.name, "p-");
	assert_null(at(tree, "response.patch"));
	assert_null(at(tree, "response.patchType"));
	assert_string_equal(text_at(tree, "response.auditAnnotations.reason"),
			    "host-network");
	cJSON_Delete(tree);
}

CASE(whoever_asks_for_a_sidecar_is_told_why_there_is_none)
{
	review_text(REVIEW(CREATE OBJECT("'labels': {'dormouse.dev/inject': 'true'}",
					 ", 'hostNetwork': true")));
	cJSON *tree = answer_tree();
	assert_int_equal(result.outcome, REVIEW_SKIPPED);
	assert_string_equal(text_at(tree, "response.warnings.0"),
			    "dormouse: label dormouse.dev/inject asks for a sidecar, "
			    "but the pod was left alone: host-network");
	cJSON_Delete(tree);

	/* A webhook is asked again; it says nothing then. */
	review_text(
	    REVIEW(CREATE OBJECT("'labels': {'dormouse.dev/inject': 'true'}",
				 ", 'initContainers': [{'name': 'dormouse'}]")));
	assert_int_equal(result.reason, SKIP_ALREADY_INJECTED);
	assert_int_equal(result.warnings, 0);
}

/* To the byte: what is read in a log or an audit looks alike. */
CASE(the_answer_to_a_skipped_pod_is_this)
{
	review_text(
	    REVIEW(CREATE OBJECT("'labels': {'dormouse.dev/inject': 'false'}", "")));
	assert_string_equal(
	    answer_text,
	    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
	    "\"response\":{\"uid\":\"u-1\",\"allowed\":true,\"auditAnnotations\":"
	    "{\"outcome\":\"skipped\",\"reason\":\"opted-out\"}}}");
}

CASE(the_namespace_is_the_requests_or_the_pods)
{
	review_text(REVIEW(POD_KIND ", 'operation': 'CREATE', " OBJECT(
	    "'namespace': 'kube-system'", "")));
	assert_int_equal(result.reason, SKIP_SYSTEM_NAMESPACE);
	assert_string_equal(result.namespace, "kube-system");
	review_text(REVIEW(CREATE OBJECT("'namespace': 'kube-system'", "")));
	assert_int_equal(result.reason, SKIP_NOTHING);
	review_text(REVIEW(POD_KIND ", 'operation': 'CREATE', 'namespace': "
				    "'dormouse-system', " OBJECT("", "")));
	assert_int_equal(result.reason, SKIP_SYSTEM_NAMESPACE);
	review_text(REVIEW(POD_KIND ", 'operation': 'CREATE', " OBJECT("", "")));
	assert_int_equal(result.outcome, REVIEW_INJECTED);
	assert_string_equal(result.namespace, "");
}

CASE(a_dry_run_is_noted)
{
	review_text(REVIEW(CREATE "'dryRun': true, " OBJECT("", "")));
	assert_true(result.dry_run);
	assert_int_equal(result.outcome, REVIEW_INJECTED);
}

CASE(odd_annotations_are_warned_of_and_the_pod_is_injected)
{
	review_text(REVIEW(CREATE OBJECT("'annotations': {'dormouse.dev/interval': "
					 "'often', 'dormouse.dev/x': '1'}",
					 "")));
	cJSON *tree = answer_tree();
	assert_int_equal(result.outcome, REVIEW_INJECTED);
	assert_int_equal(result.warnings, 2);
	assert_string_equal(
	    text_at(tree, "response.warnings.0"),
	    "dormouse: invalid value \"often\" for annotation dormouse.dev/interval: "
	    "expected a duration of 100ms to 5m");
	cJSON_Delete(tree);
}

CASE(the_same_review_has_the_same_answer)
{
	static char first[REVIEW_ANSWER_MAX];

	for (int i = 0; i < 3; i++) {
		review_text(REVIEW(CREATE OBJECT("'annotations': {'dormouse.dev/x': "
						 "'1'}",
						 "")));
		if (i == 0)
			memcpy(first, answer_text, answer.length + 1);
		assert_string_equal(answer_text, first);
	}
}

static void assert_refused(const char *body, unsigned status, const char *line)
{
	review_text(body);
	if (result.status != status || strncmp(answer_text, line, strlen(line)) != 0)
		print_error("%u %s\n", result.status, answer_text);
	assert_int_equal(result.outcome, REVIEW_REFUSED);
	assert_int_equal(result.status, status);
	assert_memory_equal(answer_text, line, strlen(line));
	/* One line, which the log has, too. */
	assert_ptr_equal(strchr(answer_text, '\n'), answer_text + answer.length - 1);
	assert_memory_equal(answer_text, result.trouble.text, answer.length - 1);
}

CASE(what_is_no_review_is_refused)
{
	static const struct {
		const char *body, *line;
		unsigned status;
	} cases[] = {
	    {"", "line 1, column 1: the text ends where a value should be", 400},
	    {"kind: AdmissionReview", "line 1, column 1: 'k' stands", 400},
	    {"{'kind': 'AdmissionReview', 'kind': 1}",
	     "line 1, column 29: the key \"kind\" stands here again", 400},
	    {"{'a': 9007199254740993, 'b': '\\u0000\\ud800'}",
	     "unexpected kind nothing, want AdmissionReview", 400},
	    {"[]", "the body is not an object, want AdmissionReview", 400},
	    {"{}", "unexpected kind nothing, want AdmissionReview", 400},
	    {"{'kind': 'Pod', 'apiVersion': 'v1'}",
	     "unexpected kind Pod, want AdmissionReview", 400},
	    {"{'kind': 'A\\n\\u001b[0m', 'apiVersion': 'v1'}",
	     "unexpected kind A??[0m, want ", 400},
	    {"{'kind': 'AdmissionReview'}",
	     "unexpected apiVersion nothing, want admission.k8s.io/v1", 400},
	    {"{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1beta1'}",
	     "unexpected apiVersion admission.k8s.io/v1beta1, want admission.k8s.io/v1",
	     400},
	    {"{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1'}",
	     "request is missing", 400},
	    {"{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1', "
	     "'request': []}",
	     "request is missing or not an object", 400},
	    {"{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1', "
	     "'request': {}}",
	     "request.uid is missing", 400},
	    {"{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1', "
	     "'request': {'uid': ''}}",
	     "request.uid is missing", 400},
	    {"{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1', "
	     "'request': {'uid': 7}}",
	     "request.uid is missing or not a text", 400},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].body, cases[i].status, cases[i].line);
}

/* Whatever stands in what nobody reads: the answer is that of a plain pod. */
CASE(what_nobody_reads_is_passed_over)
{
	static const char *const odd[] = {
	    "9223372036854775807",
	    "-18446744073709551616",
	    "1e999",
	    "0.1e-999",
	    "'\\u0000'",
	    "'\\ud800'",
	    "'x\\udfff'",
	    "{'\\u0000': 1}",
	};
	char body[1024], plain[REVIEW_ANSWER_MAX];

	review_text(REVIEW(CREATE OBJECT("'annotations': {'a': 'b'}", "")));
	assert_int_equal(result.outcome, REVIEW_INJECTED);
	memcpy(plain, answer_text, sizeof(plain));
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(body, sizeof(body),
			 REVIEW("'options': %s, " CREATE OBJECT(
			     "'annotations': {'a': %s}, 'generation': %s",
			     ", 'priority': %s")),
			 odd[i], odd[i], odd[i], odd[i]);
		review_text(body);
		assert_int_equal(result.outcome, REVIEW_INJECTED);
		assert_string_equal(answer_text, plain);
	}
}

/* Who holds all pods back says why; those that would be left alone anyway are. */
CASE(while_pods_are_held_each_is_let_in_as_it_is)
{
	injection.held = "the image is nowhere";
	review_text(REVIEW(CREATE OBJECT("'name': 'p'", "")));
	assert_int_equal(result.outcome, REVIEW_FAILED);
	cJSON *tree = answer_tree();
	assert_null(at(tree, "response.patch"));
	assert_string_equal(text_at(tree, "response.warnings.0"),
			    "dormouse: the pod was left without its sidecar: the image "
			    "is nowhere");
	cJSON_Delete(tree);
	review_text(REVIEW(CREATE OBJECT("'name': 'p'", ", 'hostNetwork': true")));
	assert_int_equal(result.outcome, REVIEW_SKIPPED);
	injection.held = "";
	review_text(REVIEW(CREATE OBJECT("'name': 'p'", "")));
	assert_int_equal(result.outcome, REVIEW_INJECTED);
	injection.held = NULL;
}

/* A name that only begins as ours is another name. */
CASE(a_nul_does_not_end_a_name)
{
	review_text(
	    REVIEW(CREATE OBJECT("'labels': {'dormouse.dev/inject\\u0000': 'false'}",
				 ", 'initContainers': [{'name': 'dormouse\\u0000'}]")));
	assert_int_equal(result.outcome, REVIEW_INJECTED);
	cJSON *tree = answer_tree();
	assert_null(at(tree, "response.warnings.1"));
	cJSON_Delete(tree);
}

CASE(a_review_of_something_else_is_refused)
{
	assert_refused(REVIEW("'kind': {'group': 'apps', 'version': 'v1', 'kind': "
			      "'Deployment'}"),
		       422, "unexpected request.kind apps/v1 Deployment, want v1 Pod");
	assert_refused(REVIEW("'kind': {'version': 'v2', 'kind': 'Pod'}"), 422,
		       "unexpected request.kind v2 Pod, want v1 Pod");
	assert_refused(REVIEW("'operation': 'CREATE'"), 422,
		       "unexpected request.kind nothing nothing, want ");
	assert_refused(REVIEW(POD_KIND ", 'operation': 'UPDATE'"), 422,
		       "unexpected request.operation UPDATE, want CREATE");
	assert_refused(REVIEW(POD_KIND), 422,
		       "unexpected request.operation nothing, want ");
	assert_refused(REVIEW(POD_KIND ", 'operation': 'CREATE', 'subResource': "
				       "'ephemeralcontainers'"),
		       422, "unexpected request.subResource ephemeralcontainers, ");
	assert_refused(REVIEW(POD_KIND ", 'operation': 'CREATE'"), 422,
		       "request.object is missing or not an object");
	assert_refused(REVIEW(CREATE "'object': null"), 422,
		       "request.object is missing");
	assert_refused(REVIEW(CREATE "'object': []"), 422, "request.object is missing");
	assert_refused(REVIEW(CREATE "'object': {'spec': {'containers': []}}"), 422,
		       "request.object: spec.containers is missing or empty");
	assert_refused(REVIEW(CREATE "'object': {'spec': {}}"), 422,
		       "request.object: spec.containers is missing or empty");
}

CASE(a_long_uid_is_refused)
{
	char body[1024];

	snprintf(body, sizeof(body),
		 "{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1', "
		 "'request': {'uid': '%0129d'}}",
		 0);
	assert_refused(body, 400, "request.uid is longer than 128 bytes");
}

CASE(too_much_is_refused)
{
	size_t size = 3 * MIB;
	char *body = malloc(size);

	memset(body, '[', size);
	review_bytes(body, size);
	assert_int_equal(result.status, 413);
	assert_string_equal(answer_text,
			    "line 1, column 65: nested deeper than 64 levels\n");

	for (size_t i = 1; i + 1 < size; i += 2)
		body[i] = '1', body[i + 1] = ',';
	review_bytes(body, size);
	assert_int_equal(result.status, 413);
	assert_string_equal(answer_text,
			    "line 1, column 100000: more than 50000 values\n");
	free(body);
}

/* --- our own trouble ------------------------------------------------------------- */

static void assert_failed_open(const char *trouble)
{
	cJSON *tree = answer_tree();
	char warning[300];

	assert_int_equal(result.outcome, REVIEW_FAILED);
	assert_string_equal(result.trouble.text, trouble);
	assert_string_equal(text_at(tree, "response.uid"), "u-1");
	assert_null(at(tree, "response.patch"));
	snprintf(warning, sizeof(warning),
		 "dormouse: the pod was left without its sidecar: %s", trouble);
	assert_string_equal(text_at(tree, "response.warnings.0"), warning);
	cJSON_Delete(tree);
}

CASE(for_want_of_memory_the_pod_is_let_in)
{
	struct json_memory *enough = memory;

	/* The review fits, its patch does not. */
	memory = json_memory_new(16384);
	review_text(REVIEW(CREATE OBJECT("", "")));
	json_memory_free(memory);
	memory = enough;
	assert_failed_open("out of memory for a patch");
}

CASE(a_review_that_does_not_fit_is_refused)
{
	struct json_memory *enough = memory;

	memory = json_memory_new(256);
	review_text(REVIEW(CREATE OBJECT("", "")));
	json_memory_free(memory);
	memory = enough;
	assert_int_equal(result.status, 413);
	assert_non_null(strstr(answer_text, "out of memory for "));
	assert_non_null(strstr(answer_text, " bytes of JSON"));
}

CASE(an_answer_that_does_not_fit_lets_the_pod_in)
{
	char *body = quoted(REVIEW(CREATE OBJECT("", "")));

	answer = text_over(answer_text, 512);
	review_answer(&injection, memory, body, strlen(body), &result, &answer);
	free(body);
	assert_false(answer.overflowed);
	assert_failed_open("the answer is longer than 512 bytes");
}

/* The longest that a template may be and the most warnings. */
CASE(the_longest_answer_fits)
{
	static char text[16384];
	struct text t = text_over(text, sizeof(text));
	struct sidecar_template *shipped = template;

	text_printf(&t,
		    "{'image': '%01024d', 'cluster': '%0253d', 'flags': "
		    "{'interfaces': '%0255d'}}",
		    1, 2, 3);
	char *copy = quoted(text);
	injection.template = template_read(copy, strlen(copy), &err);
	assert_non_null(injection.template);
	free(copy);

	t = text_over(text, sizeof(text));
	text_put(&t, "{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1', "
		     "'request': {'uid': 'u-1', " CREATE
		     "'object': {'spec': {'containers': [{'name': 'web'}]}, "
		     "'metadata': {'annotations': {");
	for (int i = 0; i < 40; i++) {
		text_printf(&t, "%s'dormouse.dev/x%02d", i ? ", " : "", i);
		for (int j = 0; j < 100; j++)
			text_put(&t, "\\\"");
		text_put(&t, "': ''");
	}
	text_put(&t, "}}}}}");
	assert_false(t.overflowed);
	review_text(text);
	template_free((struct sidecar_template *)injection.template);
	injection.template = shipped;
	assert_int_equal(result.outcome, REVIEW_INJECTED);
	assert_int_equal(result.warnings, 17);
	cJSON_Delete(answer_tree());
}

CASE(base64_is_rfc_4648s)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {{"", ""},
		     {"f", "Zg=="},
		     {"fo", "Zm8="},
		     {"foo", "Zm9v"},
		     {"foob", "Zm9vYg=="},
		     {"fooba", "Zm9vYmE="},
		     {"foobar", "Zm9vYmFy"},
		     {"\xFF\xEF\xBE", "/+++"}};
	char text[9];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text t = text_over(text, sizeof(text));
		base64_put(&t, cases[i].bytes, strlen(cases[i].bytes));
		assert_false(t.overflowed);
		assert_string_equal(text, cases[i].text);
	}
	struct text t = text_over(text, 8);
	base64_put(&t, "foobar", 6);
	assert_true(t.overflowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pod_is_injected),
	    cmocka_unit_test(without_native_sidecars_it_is_a_container),
	    cmocka_unit_test(a_pod_left_alone_is_allowed_with_its_reason),
	    cmocka_unit_test(whoever_asks_for_a_sidecar_is_told_why_there_is_none),
	    cmocka_unit_test(the_answer_to_a_skipped_pod_is_this),
	    cmocka_unit_test(the_namespace_is_the_requests_or_the_pods),
	    cmocka_unit_test(a_dry_run_is_noted),
	    cmocka_unit_test(odd_annotations_are_warned_of_and_the_pod_is_injected),
	    cmocka_unit_test(the_same_review_has_the_same_answer),
	    cmocka_unit_test(what_is_no_review_is_refused),
	    cmocka_unit_test(what_nobody_reads_is_passed_over),
	    cmocka_unit_test(while_pods_are_held_each_is_let_in_as_it_is),
	    cmocka_unit_test(a_nul_does_not_end_a_name),
	    cmocka_unit_test(a_review_of_something_else_is_refused),
	    cmocka_unit_test(a_long_uid_is_refused),
	    cmocka_unit_test(too_much_is_refused),
	    cmocka_unit_test(for_want_of_memory_the_pod_is_let_in),
	    cmocka_unit_test(a_review_that_does_not_fit_is_refused),
	    cmocka_unit_test(an_answer_that_does_not_fit_lets_the_pod_in),
	    cmocka_unit_test(the_longest_answer_fits),
	    cmocka_unit_test(base64_is_rfc_4648s),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
