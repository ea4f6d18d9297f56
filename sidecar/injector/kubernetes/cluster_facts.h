/* SPDX-License-Identifier: Apache-2.0 */
/* cluster_facts.h - facts about the cluster, and counters of API requests. */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_CLUSTER_FACTS_H
#define DORMOUSE_INJECTOR_KUBERNETES_CLUSTER_FACTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "injector/namespaces/namespaces.h"

/* The threads of the API server's clients write it. Any thread may read it. */
struct cluster_facts {
	atomic_bool native; /* the cluster has native sidecars, or a flag says so */
	atomic_bool
	    webhook_ready; /* the webhook configuration has our CA, or is not ours */
	atomic_int minor;  /* N of the API server's version 1.N; 0: not known yet */
	atomic_uint_fast64_t requests; /* to the API server */
	atomic_uint_fast64_t
	    request_failures;           /* no answer, or an error; without conflicts */
	atomic_uint_fast64_t conflicts; /* another replica wrote first */
	atomic_uint_fast64_t certificates_made;
	/* Reflectors: whether a kind is completely known and its watch runs; the number
	 * of kinds not tried yet; the number of failed lists and watches. */
	atomic_bool watched[NAMESPACES_KINDS];
	atomic_int watches_untried;
	atomic_uint_fast64_t watch_failures;
};

#endif
