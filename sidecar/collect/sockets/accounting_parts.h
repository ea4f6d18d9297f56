/* SPDX-License-Identifier: Apache-2.0 */
/* accounting_parts.h - what the files accounting*.c have of each other. */
#ifndef DORMOUSE_COLLECT_SOCKETS_ACCOUNTING_PARTS_H
#define DORMOUSE_COLLECT_SOCKETS_ACCOUNTING_PARTS_H

#include "accounting.h"

/* Whether nothing of it leaves the pod: to or from 127/8 or ::1, or to itself by an
 * address of its own. */
bool accounting_is_loopback(const struct socket_accounting *a,
			    const struct diag_socket *s);

/* From now on the socket's counters count from what they are in `s`. */
void accounting_set_counted(struct tracked_socket *t, const struct diag_socket *s);

/* Takes the last counters of a socket of the monitor's. False when it is none. */
bool accounting_own_destroyed(struct socket_accounting *a, const struct diag_socket *s);

#endif
