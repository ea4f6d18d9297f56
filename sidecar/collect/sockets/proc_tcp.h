/* SPDX-License-Identifier: Apache-2.0 */
/* proc_tcp.h - the sockets from /proc/net/tcp and its like, for kernels whose sock_diag
 * says nothing: who talks to whom, without bytes. Private to collect/.
 *
 * gVisor's sock_diag refuses dumps or has none, but it fills in these tables
 * (pkg/sentry/socket/netlink/sockdiag/protocol.go, fsimpl/proc/task_net.go).
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_PROC_TCP_H
#define DORMOUSE_COLLECT_SOCKETS_PROC_TCP_H

#include "base/words.h"
#include "sock_diag.h"

/* One line of such a table. The cookie is made of what identifies the socket, so it is
 * the same in the next reading. False when the line is no socket, as the heading, or
 * one that has no owner any more (TIME_WAIT, or a new one that is not accepted yet). */
bool proc_tcp_line(struct slice line, struct diag_socket *socket);

/* Visits the TCP sockets of the namespace, listeners first as in a dump, or those of
 * UDP that are connected. Returns 0 or an errno. Does not allocate. */
int proc_tcp_dump(uint8_t protocol, diag_visitor *visit, void *context);

/* Whether the namespace has a TCP socket. */
bool proc_tcp_has_any(void);

#endif
