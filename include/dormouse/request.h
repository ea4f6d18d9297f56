/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - what the head of a request says, wherever it is served. */
#ifndef DORMOUSE_REQUEST_H
#define DORMOUSE_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>

/* Whether the head announces a body. */
bool request_has_body(struct MHD_Connection *c);

/* Whether its Accept headers, all together, want OpenMetrics: see accept.h. */
bool request_prefers_openmetrics(struct MHD_Connection *c);

#endif
