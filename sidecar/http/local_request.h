/* SPDX-License-Identifier: Apache-2.0 */
/* local_request.h - keeps web pages from reading what is served on loopback.
 *
 * A page in a person's browser can ask a port that is forwarded to that person's
 * machine. If the page's own name is made to resolve to 127.0.0.1 (DNS rebinding), the
 * browser even lets it read the answer; only the Host header shows that name. Other
 * requests of foreign pages show an Origin, or Sec-Fetch-Site
 * (https://fetch.spec.whatwg.org, https://www.w3.org/TR/fetch-metadata).
 */
#ifndef DORMOUSE_HTTP_LOCAL_REQUEST_H
#define DORMOUSE_HTTP_LOCAL_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>

/* Why the request is not to be answered, as a sentence; NULL: it is. The Host must be
 * local on a connection to a loopback address, wherever the socket listens: forwarded
 * ports arrive there, and other addresses have names that we do not know. It may be
 * absent in HTTP/1.0. `target` and `version` are those of the request's first line. */
const char *local_request_refusal(struct MHD_Connection *connection, const char *target,
				  const char *version);

/* Whether the host is "localhost", a loopback address or either with a port:
 * "127.0.0.1:9478", "[::1]". For the function above, and for its tests. */
bool local_request_is_host(const char *host);

/* Whether an Origin, such as "http://localhost:9478", is that of pages of the host. */
bool local_request_is_origin(const char *origin, const char *host);

#endif
