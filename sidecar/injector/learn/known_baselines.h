/* SPDX-License-Identifier: Apache-2.0 */
/* known_baselines.h - the baselines that are in the cluster: by them the monitors judge
 * their pods, so learning does as well. */
#ifndef DORMOUSE_INJECTOR_LEARN_KNOWN_BASELINES_H
#define DORMOUSE_INJECTOR_LEARN_KNOWN_BASELINES_H

#include "injector/config/injector_options.h"
#include "injector/review/owner.h"
#include "state/baseline_document.h"

struct known_baselines;

/* Asks nobody yet. Returns NULL without an API server's address or memory. */
struct known_baselines *known_baselines_open(const struct injector_options *options,
					     struct error *err);
void known_baselines_close(struct known_baselines *k);

/* What known_baselines_find() returns besides 1 and 0. */
enum {
	KNOWN_BASELINES_FAILED = -1, /* the API server fails */
	KNOWN_BASELINES_BROKEN = -2, /* this one is none, for a monitor either */
};

/* Finds what the workload's siblings did. A namespace is asked for once while workloads
 * come by namespace. Returns 1 and fills in *past, 0 if there is no such baseline, or
 * one of the values above. */
int known_baselines_find(struct known_baselines *k, const char *namespace,
			 const struct owner *owner, struct past *past,
			 struct error *err);

#endif
