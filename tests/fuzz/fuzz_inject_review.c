/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a review: it is answered; an answer of status 200 is JSON that allows
 * the pod, and its patch applies to the pod; a refusal is one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/injector/review_fixture.h"
#include "injector/review/patch_apply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What is passed on of the owner is a kind and a name, and a key of a ConfigMap. */
static void check_owner(const cJSON *pod)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-0123456789._";
	struct owner owner;

	owner_of_pod(pod, &owner);
	const char *slash = strchr(owner.workload, '/');
	require(slash || (!owner.workload[0] && !owner.key[0]));
	if (slash) {
		require(strcspn(owner.workload, "._") >
			(size_t)(slash - owner.workload));
		require(strspn(owner.workload, letters) ==
			(size_t)(slash - owner.workload));
		require(slash[1] && strspn(slash + 1, letters) == strlen(slash + 1));
	}
	require(strspn(owner.key, letters) == strlen(owner.key));
	require(strlen(owner.key) <= OWNER_KEY_MAX);
}

static void check_patch(const char *encoded, const char *body, size_t length)
{
	enum json_refusal why;
	struct error err;
	char *patch = decoded(encoded);
	cJSON *review = json_read(body, length, &json_review_limits, &why, &err);
	cJSON *pod = at(review, "request.object");

	require(patch && pod && patch_apply(pod, patch, strlen(patch), &err) == 0);
	/* The API server would ask again: it finds what it looks for. */
	const struct pod_facts facts = {
	    .pod = pod, .namespace = "", .own_namespace = ""};
	require(eligibility_of(&facts) == SKIP_ALREADY_INJECTED);
	check_owner(pod);
	cJSON_Delete(review);
	free(patch);
}

static void check_answer(const struct review_result *result, const struct text *answer,
			 const char *body, size_t length)
{
	cJSON *tree = tree_of_json(answer->data);

	require(cJSON_IsTrue(at(tree, "response.allowed")));
	require(at(tree, "response.uid") != NULL);
	require(cJSON_GetArraySize(at(tree, "response.warnings")) ==
		(int)result->warnings);
	const char *patch = cJSON_GetStringValue(at(tree, "response.patch"));
	require((patch != NULL) == (result->outcome == REVIEW_INJECTED));
	if (patch)
		check_patch(patch, body, length);
	cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct injection injection;
	static struct json_memory *memory;
	static char answer_text[REVIEW_ANSWER_MAX];
	struct text answer = text_over(answer_text, sizeof(answer_text));
	struct review_result result;
	struct error err;
	char *body = malloc(size ? size : 1);

	if (!memory) {
		memory = json_memory_new(12 << 20);
		injection.template = template_read("", 0, &err);
		injection.own_namespace = "dormouse-system";
	}
	memcpy(body, data, size);
	injection.native = size % 2;
	review_answer(&injection, memory, body, size, &result, &answer);
	require(!answer.overflowed && strlen(answer_text) == answer.length);
	require((result.status == 200) == (result.outcome != REVIEW_REFUSED));
	if (result.status == 200)
		check_answer(&result, &answer, body, size);
	else
		require(strchr(answer_text, '\n') == answer_text + answer.length - 1);
	free(body);
	return 0;
}
