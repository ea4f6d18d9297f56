/* SPDX-License-Identifier: Apache-2.0 */
/* review.h - an AdmissionReview in, its answer out. No I/O, no clock. */
#ifndef DORMOUSE_INJECTOR_REVIEW_REVIEW_H
#define DORMOUSE_INJECTOR_REVIEW_REVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "eligibility.h"
#include "injector/json/json.h"
#include "injector/namespaces/namespaces.h"
#include "template.h"

struct text;

/* How pods are injected at the moment. */
struct injection {
	const struct sidecar_template *template;
	const char *own_namespace;
	bool native;
	/* What is known of the pod's namespace; NULL: nothing is. */
	struct namespaces *namespaces;
	const char *held; /* why no pod is injected at all; "" or NULL: each is */
};

enum review_outcome {
	REVIEW_INJECTED, /* allowed, with a patch */
	REVIEW_SKIPPED,  /* allowed as it is, for `reason` */
	REVIEW_REFUSED,  /* no review that we could answer: `status` and one line */
	REVIEW_FAILED,   /* our own trouble: allowed as it is; `trouble` says which */
	REVIEW_OUTCOMES,
};

const char *review_outcome_name(enum review_outcome outcome); /* "injected", ... */

struct review_result {
	enum review_outcome outcome;
	enum skip_reason reason;
	unsigned status;   /* of HTTP: 200, 400, 413, 422 */
	unsigned warnings; /* in the answer */
	bool dry_run;
	char namespace[64];   /* of the pod, for the log; "" where unknown */
	char name[254];       /* its name, or its generateName */
	struct error trouble; /* why: REVIEW_REFUSED, REVIEW_FAILED, no size fits */
};

/* The longest answer. */
#define REVIEW_ANSWER_MAX 65536

/* Answers one review: JSON for status 200, else a line of text. The memory is emptied
 * and used for it. Same review and same injection, same answer to the byte. */
void review_answer(const struct injection *injection, struct json_memory *memory,
		   const char *body, size_t length, struct review_result *result,
		   struct text *answer);

#endif
