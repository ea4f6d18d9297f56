/* SPDX-License-Identifier: Apache-2.0 */
/* review.h - reads an AdmissionReview and writes its answer. No I/O, no clock. */
#ifndef DORMOUSE_INJECTOR_REVIEW_REVIEW_H
#define DORMOUSE_INJECTOR_REVIEW_REVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "eligibility.h"
#include "injector/json/json.h"
#include "injector/namespaces/namespaces.h"
#include "template.h"

struct text;

/* The current settings of the injection. */
struct injection {
	const struct sidecar_template *template;
	const char *own_namespace;
	bool native;
	/* The rules of all namespaces; NULL: no rules. */
	struct namespaces *namespaces;
	const char *held; /* why no pod is injected; "" or NULL: pods are injected */
};

enum review_outcome {
	REVIEW_INJECTED, /* allowed, with a patch */
	REVIEW_SKIPPED,  /* allowed as it is, for `reason` */
	REVIEW_REFUSED,  /* not a valid review: `status` and one line */
	REVIEW_FAILED,   /* internal error in `trouble`; allowed as it is */
	REVIEW_OUTCOMES,
};

const char *review_outcome_name(enum review_outcome outcome); /* "injected", ... */

struct review_result {
	enum review_outcome outcome;
	enum skip_reason reason;
	unsigned status;   /* HTTP status: 200, 400, 413, 422 */
	unsigned warnings; /* in the answer */
	bool dry_run;
	char namespace[64];   /* of the pod, for the log; "" where unknown */
	char name[254];       /* the pod's name, or its generateName */
	struct error trouble; /* the reason if refused, failed, or no size fits */
};

/* The longest answer. */
#define REVIEW_ANSWER_MAX 65536

/* Answers one review: with JSON for status 200, else with a line of text. Empties the
 * memory and uses it. The same review and injection always give the same bytes. */
void review_answer(const struct injection *injection, struct json_memory *memory,
		   const char *body, size_t length, struct review_result *result,
		   struct text *answer);

#endif
