/* SPDX-License-Identifier: Apache-2.0 */
/* accounting_udp.c - the remote ends of the namespace's UDP sockets. */
#include "accounting_parts.h"

static bool is_ephemeral(const struct socket_accounting *a, uint16_t port)
{
	return port >= a->ephemeral[0] && port <= a->ephemeral[1];
}

/* Between two UDP sockets only the ports show who spoke first: an ephemeral port here
 * and a chosen port there mean that the pod did. */
static enum flow_direction udp_direction(const struct socket_accounting *a,
					 const struct diag_socket *s)
{
	bool opened =
	    is_ephemeral(a, s->local_port) && !is_ephemeral(a, s->remote_port);
	return opened ? FLOW_OPENED : FLOW_UNKNOWN;
}

static void count_udp(struct socket_accounting *a, const struct diag_socket *s,
		      uint8_t container, bool begun, uint32_t *active)
{
	struct flow flow = {
	    .address = s->remote,
	    .port = s->remote_port,
	    .protocol = IPPROTO_UDP,
	    .direction = (uint8_t)udp_direction(a, s),
	    .container = container,
	    .begun = begun,
	};
	accounting_sent_to(a, &s->remote);
	accounting_moved(a, &flow, active);
}

void accounting_udp(struct socket_accounting *a, const struct diag_socket *s)
{
	if (IN6_IS_ADDR_UNSPECIFIED(&s->remote) || accounting_is_loopback(a, s))
		return;
	struct tracked_socket *t = socket_table_find(&a->udp, s->cookie);
	bool is_new = !t && (t = socket_table_add(&a->udp, s->cookie));
	if (t)
		t->dump = a->dump;
	count_udp(a, s, containers_of(&a->containers, s->cgroup_id),
		  is_new && a->has_base, t ? &t->active : NULL);
}

void accounting_udp_destroyed(struct socket_accounting *a, const struct diag_socket *s)
{
	struct tracked_socket *t = socket_table_find(&a->udp, s->cookie);

	if (t) { /* the scan that saw it alive counted it, with its owner */
		socket_table_remove(&a->udp, t);
		return;
	}
	if (!a->has_base || IN6_IS_ADDR_UNSPECIFIED(&s->remote) ||
	    accounting_is_loopback(a, s))
		return;
	count_udp(a, s, containers_guess(&a->containers), true, NULL);
}
