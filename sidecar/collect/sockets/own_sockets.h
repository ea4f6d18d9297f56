/* SPDX-License-Identifier: Apache-2.0 */
/* own_sockets.h - the monitor's own sockets: its listeners and the connections that
 * they accepted.
 *
 * A socket is identified by its cookie, which the kernel assigns once in the life of a
 * network namespace and which getsockopt(SO_COOKIE) and sock_diag both return (Linux
 * 4.12 and newer). No other program can have the same cookie, as it could have the same
 * port. On a kernel that does not return the cookie, a socket counts as the pod's: this
 * hides nothing.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_OWN_SOCKETS_H
#define DORMOUSE_COLLECT_SOCKETS_OWN_SOCKETS_H

#include "accounting.h"

#define OWN_SOCKETS_MAX 64 /* open at once; the server has at most half of it */

struct own_sockets {
	struct socket_accounting *accounting;
	unsigned count;
	struct {
		int fd;
		uint64_t cookie;
	} open[OWN_SOCKETS_MAX]; /* connections that leave the pod */
};

void own_sockets_init(struct own_sockets *o, struct socket_accounting *accounting);

/* Notes a socket of the monitor, until own_sockets_closing(), which is called right
 * before the close. The kernel's report of the socket's end gives the bytes sent after
 * that. A call for a known socket updates its accounting: each time that it sent data
 * adds one packet that is certain. Connections over loopback are left out. */
void own_sockets_note(struct own_sockets *o, int fd);
void own_sockets_closing(struct own_sockets *o, int fd);

/* Updates the accounting of every open one: about a microsecond each. */
void own_sockets_refresh(struct own_sockets *o);

#endif
