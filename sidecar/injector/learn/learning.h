/* SPDX-License-Identifier: Apache-2.0 */
/* learning.h - learns what each workload does, a pod at a time. */
#ifndef DORMOUSE_INJECTOR_LEARN_LEARNING_H
#define DORMOUSE_INJECTOR_LEARN_LEARNING_H

#include "evaluation.h"
#include "injector/review/owner.h"
#include "known_baselines.h"
#include "pods.h"

#define DOCUMENTS_MAX (24u << 20) /* bytes of all baselines together */

/* Pods of a workload that are played: a CronJob may have thousands in a month. */
#define WORKLOAD_PODS_MAX 300

/* What became of one workload. */
struct workload {
	const char *namespace; /* the list of pods owns it */
	struct owner owner;
	size_t all_pods;  /* that Prometheus has; of more than the limit, as many */
	unsigned pods;    /* whose traffic was played */
	unsigned without; /* pods of which there was no point */
	unsigned refused; /* pods whose series are not the counters of one pod */
	unsigned alerts;
	double watched_s; /* of all pods */
	/* Its baseline. NULL: nothing was learnt, or a pod was refused: a baseline
	 * without what that pod did would be worse than the one of before. */
	char *document;
	struct evaluation *evaluation; /* NULL without --evaluate */
};

struct learning {
	struct pods pods;
	struct workload *at; /* by namespace and name */
	size_t count;
	size_t bytes; /* of the documents */
};

/* What to learn from, and by what. */
struct learning_source {
	const struct injector_options *options;
	const char *namespaces; /* separated by commas; "": all that Prometheus has */
	struct span span;
	/* The baselines by which the pods are judged, as their monitors did. NULL: each
	 * by its own past alone. */
	struct known_baselines *known;
};

/* Asks Prometheus for the traffic of the pods and plays it through the detector. Prints
 * a line now and then on stderr. Returns 0, or -1 when Prometheus or the API server
 * fails or answers what was not asked for: then nothing that was learnt may be used.
 * Free it in both cases. */
int learning_run(struct learning *l, const struct learning_source *source,
		 struct error *err);
void learning_free(struct learning *l);

#endif
