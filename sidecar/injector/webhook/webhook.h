/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.h - HTTP servers: reviews over TLS, metrics and health without TLS.
 *
 * One thread with one epoll set. It answers a review when its body is complete, and
 * never blocks.
 */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_WEBHOOK_H
#define DORMOUSE_INJECTOR_WEBHOOK_WEBHOOK_H

#include <stdint.h>

#include "base/error.h"
#include "confine/confine.h"
#include "injector/config/injector_options.h"
#include "injector/kubernetes/cluster_facts.h"
#include "injector/review/review.h"
#include "injector/tls/tls_store.h"

struct webhook;

/* The sources of the answers. All of them must outlive the webhook. */
struct webhook_source {
	const struct injector_options *options;
	struct tls_store *store;
	const struct cluster_facts *facts;
	struct namespaces *namespaces;
	const struct confinement *confinement; /* of this process */
	double started_at;                     /* Unix seconds */
};

/* Listens on both addresses. One that cannot be had is logged and tried again; without
 * that of the reviews /readyz answers 503. The webhook owns the template and reloads
 * it when its file changes. It logs a broken file and keeps the old template. */
struct webhook *webhook_open(const struct webhook_source *source, struct error *err);
void webhook_close(struct webhook *w);

/* As server_fd(), server_timeout_ms() and server_process() of serve.h. */
int webhook_fd(const struct webhook *w);
int webhook_timeout_ms(const struct webhook *w);
void webhook_process(struct webhook *w);

/* Drains the webhook: /readyz answers 503, so that no new connections arrive, and each
 * answer closes its connection. Call it after each webhook_process(). Returns true when
 * clients had time to switch to another replica and no request is open. */
bool webhook_drain(struct webhook *w);

/* The bound ports, in host byte order. */
uint16_t webhook_port(const struct webhook *w);
uint16_t webhook_metrics_port(const struct webhook *w);

#endif
