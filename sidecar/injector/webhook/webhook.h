/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.h - HTTP: reviews over TLS; metrics and health in the clear.
 *
 * One thread, one epoll set. A review is answered when its body is complete; nothing
 * here waits.
 */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_WEBHOOK_H
#define DORMOUSE_INJECTOR_WEBHOOK_WEBHOOK_H

#include <stdint.h>

#include "base/error.h"
#include "injector/config/injector_options.h"
#include "injector/kubernetes/cluster_facts.h"
#include "injector/review/review.h"
#include "injector/tls/tls_store.h"

struct webhook;

/* What is served; everything outlives the webhook. */
struct webhook_source {
	const struct injector_options *options;
	struct tls_store *store;
	const struct cluster_facts *facts;
	struct namespaces *namespaces;
	double started_at; /* Unix seconds */
};

/* Binds both addresses and starts to listen. Owns the template, and takes another when
 * its file has changed (a broken one is told and the old one kept). */
struct webhook *webhook_open(const struct webhook_source *source, struct error *err);
void webhook_close(struct webhook *w);

/* As server_fd(), server_timeout_ms() and server_process() of serve.h. */
int webhook_fd(const struct webhook *w);
int webhook_timeout_ms(const struct webhook *w);
void webhook_process(struct webhook *w);

/* Not ready from now on: /readyz says 503, so that no new connection comes; each answer
 * closes its connection. To be called after each webhook_process(): true when new
 * connections had time to go elsewhere and nothing is under way any more. */
bool webhook_drain(struct webhook *w);

/* The ports that were bound, host order. */
uint16_t webhook_port(const struct webhook *w);
uint16_t webhook_metrics_port(const struct webhook *w);

#endif
