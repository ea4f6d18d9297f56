/* SPDX-License-Identifier: Apache-2.0 */
/* review.c - reads an AdmissionReview and writes its answer.
 *
 * A request that is not a review of a pod's creation is refused with a line of text;
 * the API server then acts by the webhook's failurePolicy. After any other error the
 * pod is allowed unchanged.
 */
#include "review.h"

#include <stdio.h>
#include <string.h>

#include "annotations.h"
#include "base/json_writer.h"
#include "base/sanitize.h"
#include "base/text.h"
#include "injector/json/base64.h"
#include "patch.h"
#include "ports.h"

#define API_VERSION "admission.k8s.io/v1"
#define UID_MAX     128
#define SHOWN_MAX   64

static const char *const outcome_names[REVIEW_OUTCOMES] = {
    [REVIEW_INJECTED] = "injected",
    [REVIEW_SKIPPED] = "skipped",
    [REVIEW_REFUSED] = "refused",
    [REVIEW_FAILED] = "failed",
};

const char *review_outcome_name(enum review_outcome outcome)
{
	return outcome_names[outcome];
}

/* One review. */
struct review {
	const struct injection *injection;
	const char *uid, *namespace;
	const cJSON *pod;
	struct text patch;
	struct warnings warnings;
	struct review_result *result;
};

/* A short untrusted text, sanitized for messages. */
struct shown {
	char text[SHOWN_MAX];
};

static const char *show(struct shown *s, const char *text)
{
	return text ? sanitize(s->text, sizeof(s->text), text) : "nothing";
}

static bool equal(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static int refuse_with(struct review *r, unsigned status)
{
	r->result->outcome = REVIEW_REFUSED;
	r->result->status = status;
	return -1;
}

#define REFUSE(r, code, ...)                                                           \
	(fail(&(r)->result->trouble, __VA_ARGS__), refuse_with(r, code))

/* --- reading --------------------------------------------------------------------- */

static int check_envelope(struct review *r, const cJSON *tree)
{
	const char *version = json_text(tree, "apiVersion");
	const char *kind = json_text(tree, "kind");
	struct shown shown;

	if (!cJSON_IsObject(tree))
		return REFUSE(r, 400,
			      "the body is not an object, want AdmissionReview");
	if (!equal(kind, "AdmissionReview"))
		return REFUSE(r, 400, "unexpected kind %s, want AdmissionReview",
			      show(&shown, kind));
	if (!equal(version, API_VERSION))
		return REFUSE(r, 400, "unexpected apiVersion %s, want " API_VERSION,
			      show(&shown, version));
	return 0;
}

static int check_kind(struct review *r, const cJSON *request)
{
	const cJSON *kind = json_member(request, "kind");
	const char *group = json_text(kind, "group");
	struct shown shown[3];

	if (group && !group[0])
		group = NULL;
	if (!group && equal(json_text(kind, "version"), "v1") &&
	    equal(json_text(kind, "kind"), "Pod"))
		return 0;
	return REFUSE(r, 422, "unexpected request.kind %s%s%s %s, want v1 Pod",
		      group ? show(&shown[0], group) : "", group ? "/" : "",
		      show(&shown[1], json_text(kind, "version")),
		      show(&shown[2], json_text(kind, "kind")));
}

static int check_request(struct review *r, const cJSON *request)
{
	const char *operation = json_text(request, "operation");
	const char *subresource = json_text(request, "subResource");
	struct shown shown;

	if (!cJSON_IsObject(request))
		return REFUSE(r, 400, "request is missing or not an object");
	r->uid = json_text(request, "uid");
	if (!r->uid || !r->uid[0])
		return REFUSE(r, 400, "request.uid is missing or not a text");
	if (strlen(r->uid) > UID_MAX)
		return REFUSE(r, 400, "request.uid is longer than %d bytes", UID_MAX);
	if (check_kind(r, request) < 0)
		return -1;
	if (subresource && subresource[0])
		return REFUSE(r, 422,
			      "unexpected request.subResource %s, want the pod itself",
			      show(&shown, subresource));
	if (!equal(operation, "CREATE"))
		return REFUSE(r, 422, "unexpected request.operation %s, want CREATE",
			      show(&shown, operation));
	r->pod = json_member(request, "object");
	if (!cJSON_IsObject(r->pod))
		return REFUSE(r, 422, "request.object is missing or not an object");
	return 0;
}

static void note_pod(struct review *r, const cJSON *request)
{
	const cJSON *metadata = json_member(r->pod, "metadata");
	struct review_result *result = r->result;
	const char *name = json_text(metadata, "name");

	r->namespace = json_text(request, "namespace");
	if (!r->namespace || !r->namespace[0])
		r->namespace = json_text(metadata, "namespace");
	if (!r->namespace)
		r->namespace = "";
	if (!name || !name[0])
		name = json_text(metadata, "generateName");
	sanitize(result->namespace, sizeof(result->namespace), r->namespace);
	sanitize(result->name, sizeof(result->name), name);
	result->dry_run = cJSON_IsTrue(json_member(request, "dryRun"));
}

static int read_review(struct review *r, const char *body, size_t length)
{
	enum json_refusal why;
	const cJSON *tree =
	    json_read(body, length, &json_review_limits, &why, &r->result->trouble);

	if (!tree) {
		bool too_much = why == JSON_TOO_DEEP || why == JSON_TOO_MANY ||
				why == JSON_NO_MEMORY;
		return refuse_with(r, too_much ? 413 : 400);
	}
	const cJSON *request = json_member(tree, "request");
	if (check_envelope(r, tree) < 0 || check_request(r, request) < 0)
		return -1;
	note_pod(r, request);
	return 0;
}

/* --- deciding -------------------------------------------------------------------- */

static void fail_open(struct review *r)
{
	struct review_result *result = r->result;

	result->outcome = REVIEW_FAILED;
	r->patch.length = 0;
	warnings_clear(&r->warnings);
	warnings_add(&r->warnings, "the pod was left without its sidecar: %s",
		     result->trouble.text);
}

/* If the pod's own label requests a sidecar, warns why it gets none. */
static void warn_of_skip(struct review *r)
{
	const cJSON *labels = json_member(json_member(r->pod, "metadata"), "labels");

	if (r->result->reason != SKIP_ALREADY_INJECTED &&
	    equal(json_text(labels, "dormouse.dev/inject"), "true"))
		warnings_add(
		    &r->warnings,
		    "label dormouse.dev/inject asks for a sidecar, but the pod "
		    "was left alone: %s",
		    skip_reason_name(r->result->reason));
}

/* Warns why the sidecar does not fit, and how to make it fit. */
static void warn_of_size(struct review *r, const struct fit *fit)
{
	warnings_add(
	    &r->warnings,
	    "the pod was left without its sidecar: %s; annotation " RESOURCES_ANNOTATION
	    " can name a smaller size",
	    fit->why);
}

/* Chooses the sidecar's resources. Returns false if no size fits. */
static bool choose_size(struct review *r, struct fit *fit)
{
	r->result->reason = fit_sidecar(r->injection, r->namespace, r->pod, fit);
	if (r->result->reason == SKIP_NOTHING)
		return true;
	r->result->outcome = REVIEW_SKIPPED;
	fail(&r->result->trouble, "%s", fit->why);
	warn_of_size(r, fit);
	return false;
}

static int decide(struct review *r)
{
	struct pod_facts facts = {
	    .pod = r->pod,
	    .namespace = r->namespace,
	    .own_namespace = r->injection->own_namespace,
	    .native = r->injection->native,
	};
	struct review_result *result = r->result;
	struct owner owner;
	struct fit fit;

	result->reason = eligibility_of(&facts);
	if (result->reason != SKIP_NOTHING) {
		result->outcome = REVIEW_SKIPPED;
		warn_of_skip(r);
		return 0;
	}
	if (r->injection->held && r->injection->held[0]) {
		fail(&result->trouble, "%s", r->injection->held);
		fail_open(r);
		return 0;
	}
	annotations_check(r->pod, &r->warnings);
	ports_check(r->pod, r->injection->template, &r->warnings);
	if (!choose_size(r, &fit))
		return 0;

	char *memory = cJSON_malloc(PATCH_MAX);
	if (!memory) {
		fail_memory(&result->trouble, "a patch");
		fail_open(r);
		return 0;
	}
	r->patch = text_over(memory, PATCH_MAX);
	owner_of_pod(r->pod, &owner);
	if (patch_write(r->injection, &fit, &owner, r->pod, &r->patch,
			&result->trouble) < 0) {
		fail_within(&result->trouble, "request.object");
		return refuse_with(r, 422);
	}
	result->outcome = REVIEW_INJECTED;
	if (r->patch.overflowed) {
		fail(&result->trouble, "the patch is longer than %d bytes", PATCH_MAX);
		fail_open(r);
	}
	return 0;
}

/* --- answering ------------------------------------------------------------------- */

static void put_warnings(const struct warnings *warnings, struct json_writer *w)
{
	if (warnings->count == 0)
		return;
	json_array(w, "warnings");
	for (unsigned i = 0; i < warnings->count; i++)
		json_string(w, NULL, warnings->line[i]);
	json_end(w);
}

static void put_patch(const struct text *patch, struct json_writer *w)
{
	if (patch->length == 0)
		return;
	json_string(w, "patchType", "JSONPatch");
	json_begin_string(w, "patch");
	base64_put(w->out, patch->data, patch->length);
	json_end_string(w);
}

static void put_audit(const struct review_result *result, struct json_writer *w)
{
	json_object(w, "auditAnnotations");
	json_string(w, "outcome", review_outcome_name(result->outcome));
	json_string(w, "reason", skip_reason_name(result->reason));
	json_end(w);
}

static void put_answer(const struct review *r, struct text *answer)
{
	struct json_writer w = json_writer_over(answer);

	json_object(&w, NULL);
	json_string(&w, "apiVersion", API_VERSION);
	json_string(&w, "kind", "AdmissionReview");
	json_object(&w, "response");
	json_string(&w, "uid", r->uid);
	json_bool(&w, "allowed", true);
	put_patch(&r->patch, &w);
	put_warnings(&r->warnings, &w);
	put_audit(r->result, &w);
	json_end(&w);
	json_end(&w);
}

void review_answer(const struct injection *injection, struct json_memory *memory,
		   const char *body, size_t length, struct review_result *result,
		   struct text *answer)
{
	struct review r = {.injection = injection, .result = result};
	const struct text empty = *answer;

	memset(result, 0, sizeof(*result));
	warnings_clear(&r.warnings);
	result->status = 200;
	json_memory_use(memory);
	if (read_review(&r, body, length) < 0 || decide(&r) < 0) {
		text_printf(answer, "%s\n", result->trouble.text);
	} else {
		put_answer(&r, answer);
		if (answer->overflowed) {
			*answer = empty;
			fail(&result->trouble, "the answer is longer than %zu bytes",
			     empty.capacity);
			fail_open(&r);
			put_answer(&r, answer);
		}
		result->warnings = r.warnings.count;
	}
	json_memory_use(NULL);
}
