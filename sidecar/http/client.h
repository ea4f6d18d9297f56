/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - as much of an HTTP client as `dormouse status` needs. */
#ifndef DORMOUSE_HTTP_CLIENT_H
#define DORMOUSE_HTTP_CLIENT_H

#include "base/error.h"
#include "config/listen_address.h"

/* GET of a path from a running monitor: the body, NUL-terminated, which the caller
 * frees. Waits at most three seconds, takes at most a megabyte. NULL when nobody
 * answers, or with something else than 200. */
char *http_fetch(const struct listen_address *where, const char *path,
		 struct error *err);

#endif
