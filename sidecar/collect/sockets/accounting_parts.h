/* SPDX-License-Identifier: Apache-2.0 */
/* accounting_parts.h - declarations shared by the files accounting*.c. */
#ifndef DORMOUSE_COLLECT_SOCKETS_ACCOUNTING_PARTS_H
#define DORMOUSE_COLLECT_SOCKETS_ACCOUNTING_PARTS_H

#include "accounting.h"

/* Whether all of its traffic stays in the pod: to or from 127/8 or ::1, or to one of
 * the pod's own addresses. */
bool accounting_is_loopback(const struct socket_accounting *a,
			    const struct diag_socket *s);

/* Counts an address of another host that the pod sent to. */
void accounting_sent_to(struct socket_accounting *a, const struct in6_addr *remote);

/* Adds traffic to its flow and its peer, as flows_add(). */
void accounting_moved(struct socket_accounting *a, const struct flow *moved,
		      uint32_t *active);

/* Sets the base of the socket's counters to their values in `s`. */
void accounting_set_counted(struct tracked_socket *t, const struct diag_socket *s);

/* Takes the final counters of one of the monitor's sockets. False if it is none. */
bool accounting_own_destroyed(struct socket_accounting *a, const struct diag_socket *s);

#endif
