/* SPDX-License-Identifier: Apache-2.0 */
/* own_sockets.h - the monitor's own sockets: its listeners and the connections that
 * they accepted.
 *
 * A socket is known by its cookie, which the kernel gives out once in the life of a
 * network namespace and which getsockopt(SO_COOKIE) and sock_diag both tell (Linux 4.12
 * and newer). No other program can have it, unlike a port. Where a kernel does not tell
 * it, a socket counts as the pod's: nothing is hidden by that.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_OWN_SOCKETS_H
#define DORMOUSE_COLLECT_SOCKETS_OWN_SOCKETS_H

#include "accounting.h"

#define OWN_SOCKETS_MAX 64 /* open at once; the server has no more than half of it */

struct own_sockets {
	struct socket_accounting *accounting;
	unsigned count;
	struct {
		int fd;
		uint64_t cookie;
	} open[OWN_SOCKETS_MAX]; /* connections that leave the pod */
};

void own_sockets_init(struct own_sockets *o, struct socket_accounting *accounting);

/* The socket is the monitor's, from now until own_sockets_closing(), to be called right
 * before it is closed. What it still sends then is told by the kernel's report of its
 * end. Called again for a known one, brings the accounting up to date with it: each
 * time that more was sent is one more packet that is certain. Connections over loopback
 * are left out. */
void own_sockets_note(struct own_sockets *o, int fd);
void own_sockets_closing(struct own_sockets *o, int fd);

/* Brings the accounting up to date with every open one: about a microsecond each. */
void own_sockets_refresh(struct own_sockets *o);

#endif
