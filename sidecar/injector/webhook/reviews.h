/* SPDX-License-Identifier: Apache-2.0 */
/* reviews.h - POST /inject: the body in, bounded; the answer out; counted and logged.
 */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_REVIEWS_H
#define DORMOUSE_INJECTOR_WEBHOOK_REVIEWS_H

#include "http/routes.h"
#include "injector/kubernetes/cluster_facts.h"
#include "injector_metrics.h"
#include "review_log.h"
#include "template_file.h"

struct reviews;

/* What reviews are answered by; everything outlives them. */
struct reviews_source {
	const struct template_file *template;
	const struct cluster_facts *facts;
	struct namespaces *namespaces;
	const char *own_namespace;
	const char *held; /* as of struct injection; may change */
	size_t max_body;
	struct injector_counters *counters;
	struct review_log *review_log;
};

struct reviews *reviews_new(const struct reviews_source *source, struct error *err);

/* After the server that uses its routes was closed. */
void reviews_free(struct reviews *r);

/* From now on each answer ends its connection. */
void reviews_drain(struct reviews *r);

/* Bytes of large bodies that are arriving. */
size_t reviews_body_bytes(const struct reviews *r);

/* The one route, for the server that reviews come to. */
struct http_routes *reviews_routes(struct reviews *r);

#endif
