/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.h - the thread that talks to the API server: which version it is, the
 * certificates in their Secret, the CA in the webhook configuration.
 *
 * It wakes once a check interval and puts right what is not. It never stands in the way
 * of reviews: the serving thread reads what it found from atomics and the TLS store.
 */
#ifndef DORMOUSE_INJECT_KEEPER_H
#define DORMOUSE_INJECT_KEEPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "injector_options.h"
#include "namespaces.h"
#include "tls_store.h"

/* What the keeper found; read by any thread. */
struct keeper_facts {
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

struct keeper;

/* Starts the thread. `options`, `store` and `facts` outlive it. With --tls-cert-file
 * it reads the files again when they change instead. */
struct keeper *keeper_start(const struct injector_options *options,
			    struct tls_store *store, struct keeper_facts *facts,
			    struct error *err);

/* Ends the thread: at once, but for a request that is under way (5 seconds at most). */
void keeper_stop(struct keeper *k);

/* The threads, one for each kind, that keep `namespaces` as the API server has them:
 * a list, then a watch (client-go calls that a reflector). What was known stays in use
 * while the API server does not answer. */
struct reflectors;

/* As keeper_start(). Where there is no API server that is told, and NULL returned: it
 * is no failure to know nothing. */
struct reflectors *reflectors_start(const struct injector_options *options,
				    struct namespaces *namespaces,
				    struct keeper_facts *facts);
void reflectors_stop(struct reflectors *all);

/* "namespaces", "limitranges", "resourcequotas". */
const char *reflector_resource(enum namespaces_kind kind);

#endif
