/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - what the head of a request says, wherever it is served. */
#ifndef DORMOUSE_HTTP_REQUEST_H
#define DORMOUSE_HTTP_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>

/* The path of a request's target without its query, in origin-form ("/metrics") or
 * absolute-form ("http://pod:9477/metrics", as proxies are asked: RFC 9112, 3.2.2);
 * part of the target, or "/". NULL for what is neither, and for an authority that is
 * empty or has a user in it (RFC 9110, 4.2.4), which are for 400. */
const char *request_path(const char *target);

/* What 400 says then. */
#define REQUEST_TARGET_WANTED "the target must be a path, or http://HOST with a path"

/* Whether the head announces a body. */
bool request_has_body(struct MHD_Connection *c);

/* Whether its Accept headers, all together, want OpenMetrics: see accept.h. */
bool request_prefers_openmetrics(struct MHD_Connection *c);

#endif
