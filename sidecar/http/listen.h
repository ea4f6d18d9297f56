/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h - listening sockets, bound by ourselves rather than by the HTTP library. */
#ifndef DORMOUSE_HTTP_LISTEN_H
#define DORMOUSE_HTTP_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/listen_address.h"

/* Told of each of a server's sockets when it is made, when it has answered and, with
 * `closing`, right before it is closed. */
typedef void http_own_socket(void *context, int fd, bool closing);

/* Binds and listens: not blocking, closed on exec, IPv6 wildcards for IPv4 too. `*port`
 * becomes the port that was bound, host order. Returns the socket, which the caller
 * closes, or -1: the error names the address and what would do. `flag` is the flag that
 * chooses the address; `backlog` connections wait in the kernel. */
int listen_on(const struct listen_address *where, const char *flag, unsigned backlog,
	      uint16_t *port, struct error *err);

#endif
