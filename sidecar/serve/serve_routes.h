/* SPDX-License-Identifier: Apache-2.0 */
/* serve_routes.h - the paths of the monitor's two ports. */
#ifndef DORMOUSE_SERVE_SERVE_ROUTES_H
#define DORMOUSE_SERVE_SERVE_ROUTES_H

#include "dormouse/serve.h"
#include "http/routes.h"
#include "metrics_cache.h"

struct serve_routes {
	const struct serve_source *source;
	struct metrics_cache metrics;
	bool token_failing;       /* the token's file was not usable, which is logged */
	struct http_routes open;  /* metrics and health */
	struct http_routes local; /* the same, and alerts and baseline */
};

/* Returns -1 on allocation failure. The source outlives the routes. */
int serve_routes_init(struct serve_routes *s, const struct serve_source *source);

/* Call it after the servers that use the routes are closed. */
void serve_routes_free(struct serve_routes *s);

#endif
