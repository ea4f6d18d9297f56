/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h - listening sockets, bound here rather than by the HTTP library. */
#ifndef DORMOUSE_HTTP_LISTEN_H
#define DORMOUSE_HTTP_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/listen_address.h"

/* Called for each of a server's sockets: when it is made, when it has sent an answer
 * and, with `closing`, immediately before it is closed. */
typedef void http_own_socket(void *context, int fd, bool closing);

/* Binds and listens: non-blocking, closed on exec; IPv6 wildcards accept IPv4 too. Sets
 * `*port` to the bound port, host order. `flag` is the flag that sets the address; up
 * to `backlog` connections wait in the kernel. Returns the socket, which the caller
 * closes, or -1: the error names the address and a remedy. */
int listen_on(const struct listen_address *where, const char *flag, unsigned backlog,
	      uint16_t *port, struct error *err);

/* Whether this machine has the address at present. Wildcards are always local. */
bool listen_is_local(const struct listen_address *where);

#endif
