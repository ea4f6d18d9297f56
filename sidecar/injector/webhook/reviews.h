/* SPDX-License-Identifier: Apache-2.0 */
/* reviews.h - POST /inject: answers, counts and logs reviews with bounded bodies. */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_REVIEWS_H
#define DORMOUSE_INJECTOR_WEBHOOK_REVIEWS_H

#include "http/routes.h"
#include "injector/kubernetes/cluster_facts.h"
#include "injector_metrics.h"
#include "review_log.h"
#include "template_file.h"

struct reviews;

/* The sources of the answers. All of them must outlive the reviews. */
struct reviews_source {
	const struct template_file *template;
	const struct cluster_facts *facts;
	struct namespaces *namespaces;
	const char *own_namespace;
	const char *held; /* see struct injection; the text may change */
	size_t max_body;
	struct injector_counters *counters;
	struct review_log *review_log;
};

struct reviews *reviews_new(const struct reviews_source *source, struct error *err);

/* Frees the reviews. Close the server that uses their routes first. */
void reviews_free(struct reviews *r);

/* From now on each answer closes its connection. */
void reviews_drain(struct reviews *r);

/* Bytes of memory of large bodies that are arriving now. */
size_t reviews_body_bytes(const struct reviews *r);

/* Returns the route /inject, for the server that receives reviews. */
struct http_routes *reviews_routes(struct reviews *r);

#endif
