/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h - listening sockets, bound by ourselves rather than by the HTTP library. */
#ifndef DORMOUSE_HTTP_LISTEN_H
#define DORMOUSE_HTTP_LISTEN_H

#include <stdint.h>

#include "base/error.h"
#include "config/listen_address.h"

/* Binds and listens: not blocking, closed on exec, IPv6 wildcards for IPv4 too. `*port`
 * becomes the port that was bound, host order. Returns the socket, which the caller
 * closes, or -1: the error names the address and what would do. `flag` is the flag that
 * chooses the address. */
int listen_on(const struct listen_address *where, const char *flag, uint16_t *port,
	      struct error *err);

#endif
