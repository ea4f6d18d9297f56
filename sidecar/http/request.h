/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - reads the head of a request, for every server. */
#ifndef DORMOUSE_HTTP_REQUEST_H
#define DORMOUSE_HTTP_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>

/* The path of a request's target without its query, in origin-form ("/metrics") or in
 * absolute-form ("http://pod:9477/metrics", the form for proxies: RFC 9112, 3.2.2); a
 * part of the target, or "/". NULL for any other form, and for an authority that is
 * empty or contains a user (RFC 9110, 4.2.4); the answer is then 400. */
const char *request_path(const char *target);

/* The text of that 400. */
#define REQUEST_TARGET_WANTED "the target must be a path, or http://HOST with a path"

/* Whether the head announces a body. */
bool request_has_body(struct MHD_Connection *c);

/* Whether its Accept headers together prefer OpenMetrics: see accept.h. */
bool request_prefers_openmetrics(struct MHD_Connection *c);

#endif
