/* SPDX-License-Identifier: Apache-2.0 */
/* proc_tcp.h - reads the sockets from /proc/net/tcp, tcp6, udp and udp6, for kernels
 * whose sock_diag gives none: both ends, without bytes. Private to collect/.
 *
 * gVisor's sock_diag refuses dumps or has none, but gVisor fills these tables
 * (pkg/sentry/socket/netlink/sockdiag/protocol.go, fsimpl/proc/task_net.go).
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_PROC_TCP_H
#define DORMOUSE_COLLECT_SOCKETS_PROC_TCP_H

#include "base/words.h"
#include "sock_diag.h"

/* Reads one line of such a table. The cookie is a hash of what identifies the socket,
 * so the next reading gives the same one. False if the line is not a socket (the
 * heading) or the socket has no owner (TIME_WAIT, or a new one that is not accepted
 * yet). */
bool proc_tcp_line(struct slice line, struct diag_socket *socket);

/* Visits the TCP sockets of the namespace, listeners first as in a dump, or the
 * connected UDP sockets. Returns 0 or an errno. Does not allocate. */
int proc_tcp_dump(uint8_t protocol, diag_visitor *visit, void *context);

/* Whether the namespace has a TCP socket. */
bool proc_tcp_has_any(void);

#endif
