/* SPDX-License-Identifier: Apache-2.0 */
/* sock_diag.c - sends requests to the kernel's sock_diag.
 *
 * None of them needs a capability: sock_diag registers its socket family with
 * NL_CFG_F_NONROOT_RECV (net/core/sock_diag.c), and dumps are open to everyone.
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "sock_diag.h"

/* The kernel sends dump datagrams of up to 32 KiB if the receive call offers that much
 * (netlink_dump() in net/netlink/af_netlink.c). */
#define DUMP_BYTES 32768

/* An event is 380 bytes on Linux 6.18; a future struct tcp_info may be longer. */
#define EVENT_BYTES 1024

int diag_open(struct netlink_client *n, struct error *err)
{
	if (netlink_open(n, NETLINK_SOCK_DIAG, DUMP_BYTES, 1, err) < 0)
		return fail_within(err, "sock_diag: open netlink");
	return 0;
}

int diag_open_events(struct netlink_client *n, uint8_t protocol, unsigned buffer_bytes,
		     struct error *err)
{
	const bool udp = protocol == IPPROTO_UDP;

	if (netlink_open(n, NETLINK_SOCK_DIAG, EVENT_BYTES, NETLINK_BATCH_MAX, err) < 0)
		return fail_within(err, "sock_diag: open netlink");
	netlink_ask_buffer(n, buffer_bytes);
	if (netlink_join(n, udp ? SKNLGRP_INET_UDP_DESTROY : SKNLGRP_INET_TCP_DESTROY,
			 err) < 0 ||
	    netlink_join(n, udp ? SKNLGRP_INET6_UDP_DESTROY : SKNLGRP_INET6_TCP_DESTROY,
			 err) < 0) {
		netlink_close(n);
		return fail_within(err, "sock_diag: join the destroy groups");
	}
	return 0;
}

struct reader {
	diag_visitor *visit;
	void *context;
};

static void read_message(void *context, struct nlmsghdr *message)
{
	const struct reader *r = context;
	struct diag_socket s;

	if (diag_read(message, &s))
		r->visit(r->context, &s);
}

static enum dump_end dump(struct netlink_client *n, const struct diag_query *q,
			  struct reader *reader, struct dump_failure *failure)
{
	uint8_t extensions = q->counters ? 1u << (INET_DIAG_INFO - 1) : 0;
	struct inet_diag_req legacy = {.idiag_ext = extensions,
				       .idiag_states = q->states};
	struct inet_diag_req_v2 by_family = {.sdiag_family = q->family,
					     .sdiag_protocol = q->protocol,
					     .idiag_ext = extensions,
					     .idiag_states = q->states};
	const struct netlink_request requests[] = {
	    {SOCK_DIAG_BY_FAMILY, &by_family, sizeof(by_family)},
	    {TCPDIAG_GETSOCK, &legacy, sizeof(legacy)},
	};

	return netlink_dump(n, &requests[q->legacy], read_message, reader, failure);
}

enum dump_end diag_dump(struct netlink_client *n, const struct diag_query *query,
			diag_visitor *visit, void *context, int *refusal,
			struct error *err)
{
	struct reader reader = {visit, context};
	struct dump_failure failure;
	enum dump_end end = dump(n, query, &reader, &failure);

	if (refusal)
		*refusal = end == DUMP_FAILED && failure.refused ? failure.errnum : 0;
	if (end == DUMP_FAILED)
		fail_errno(err, failure.errnum, "sock_diag: %s", failure.step);
	return end;
}
