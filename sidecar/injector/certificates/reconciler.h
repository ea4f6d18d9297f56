/* SPDX-License-Identifier: Apache-2.0 */
/* reconciler.h - a thread that keeps the API server's version, the certificates in the
 * Secret, and the CA in the webhook configuration up to date.
 *
 * It wakes once a check interval and corrects every difference. It never blocks
 * reviews: the serving thread reads the results from atomics and the TLS store.
 */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_RECONCILER_H
#define DORMOUSE_INJECTOR_CERTIFICATES_RECONCILER_H

#include "base/error.h"
#include "injector/config/injector_options.h"
#include "injector/kubernetes/cluster_facts.h"
#include "injector/tls/tls_store.h"

struct reconciler;

/* Starts the thread. `options`, `store` and `facts` must outlive it. With
 * --tls-cert-file it has no own CA, and reads the files again when they change. */
struct reconciler *reconciler_start(const struct injector_options *options,
				    struct tls_store *store,
				    struct cluster_facts *facts, struct error *err);

/* Ends the thread and waits for it. A current request may take up to 5 seconds. */
void reconciler_stop(struct reconciler *k);

#endif
