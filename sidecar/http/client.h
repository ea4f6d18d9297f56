/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - a minimal HTTP client for `dormouse status`. */
#ifndef DORMOUSE_HTTP_CLIENT_H
#define DORMOUSE_HTTP_CLIENT_H

#include "base/error.h"
#include "config/listen_address.h"

/* GETs a path from a running monitor. Returns the body, NUL-terminated, which the
 * caller frees. Waits at most three seconds and accepts at most a megabyte. NULL when
 * nothing answers, or the status is not 200. */
char *http_fetch(const struct listen_address *where, const char *path,
		 struct error *err);

#endif
