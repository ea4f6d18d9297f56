/* SPDX-License-Identifier: Apache-2.0 */
/* reconciler.h - the thread that talks to the API server: which version it is, the
 * certificates in their Secret, the CA in the webhook configuration.
 *
 * It wakes once a check interval and puts right what is not. It never stands in the way
 * of reviews: the serving thread reads what it found from atomics and the TLS store.
 */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_RECONCILER_H
#define DORMOUSE_INJECTOR_CERTIFICATES_RECONCILER_H

#include "base/error.h"
#include "injector/config/injector_options.h"
#include "injector/kubernetes/cluster_facts.h"
#include "injector/tls/tls_store.h"

struct reconciler;

/* Starts the thread. `options`, `store` and `facts` outlive it. With --tls-cert-file
 * it reads the files again when they change instead. */
struct reconciler *reconciler_start(const struct injector_options *options,
				    struct tls_store *store,
				    struct cluster_facts *facts, struct error *err);

/* Ends the thread: at once, but for a request that is under way (5 seconds at most). */
void reconciler_stop(struct reconciler *k);

#endif
