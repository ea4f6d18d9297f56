/* SPDX-License-Identifier: Apache-2.0 */
/* injector_routes.h - the port without TLS: /metrics, /healthz, /readyz. */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_ROUTES_H
#define DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_ROUTES_H

#include <stdbool.h>

#include "http/routes.h"
#include "injector_metrics.h"

/* The injector's own status. */
struct injector_status {
	struct injector_figures figures;
	bool stopping;
};

/* Returns the routes. `status` must outlive them. */
struct http_routes injector_routes(struct injector_status *status);

#endif
