/* SPDX-License-Identifier: Apache-2.0 */
/* injector_routes.h - the plain port: /metrics, /healthz, /readyz. */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_ROUTES_H
#define DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_ROUTES_H

#include <stdbool.h>

#include "http/routes.h"
#include "injector_metrics.h"

/* What the injector says of itself. */
struct injector_status {
	struct injector_figures figures;
	bool stopping;
};

/* The routes, for as long as the status is there. */
struct http_routes injector_routes(struct injector_status *status);

#endif
