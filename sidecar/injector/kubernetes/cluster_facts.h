/* SPDX-License-Identifier: Apache-2.0 */
/* cluster_facts.h - what the threads that talk to the API server found out. */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_CLUSTER_FACTS_H
#define DORMOUSE_INJECTOR_KUBERNETES_CLUSTER_FACTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "injector/namespaces/namespaces.h"

/* Written by the threads of the API server's clients, read by any. */
struct cluster_facts {
	atomic_bool native; /* the API server takes native sidecars, or we were told */
	atomic_bool
	    webhook_ready; /* the webhook configuration has our CA, or is not ours */
	atomic_int minor;  /* of the API server's version 1.N; 0: not known yet */
	atomic_uint_fast64_t requests; /* to the API server */
	atomic_uint_fast64_t
	    request_failures;           /* no answer, or an error; conflicts not */
	atomic_uint_fast64_t conflicts; /* another replica was first */
	atomic_uint_fast64_t certificates_made;
	/* What namespaces say: whether all of a kind is known, and followed; how many
	 * kinds were not tried yet; breaks of following. */
	atomic_bool watched[NAMESPACES_KINDS];
	atomic_int watches_untried;
	atomic_uint_fast64_t watch_failures;
};

#endif
