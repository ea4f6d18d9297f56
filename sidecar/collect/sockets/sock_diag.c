/* SPDX-License-Identifier: Apache-2.0 */
/* sock_diag.c - channels to the kernel's sock_diag: requests, dumps, events.
 *
 * libnl opens, binds and joins. Sending and receiving are done here, because libnl
 * allocates for each message, peeks at each datagram before it reads it, and cannot
 * tell ENOBUFS from a failed malloc.
 *
 * None of it needs a capability: sock_diag registers its socket family with
 * NL_CFG_F_NONROOT_RECV (net/core/sock_diag.c), and dumps are open to everyone.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "sock_diag.h"

/* An event is 380 bytes on Linux 6.18; a longer struct tcp_info may come. */
#define EVENT_BYTES 1024
#define EVENT_BATCH (DIAG_BUFFER_BYTES / EVENT_BYTES)

/* One drain stops here, so that a pod that closes faster than this reads does not hold
 * up the rest of the monitor. What is left stays readable. */
#define EVENT_BATCHES_MAX 256

/* No pod needs more for events, whatever its limits allow. */
#define EVENT_BUFFER_MAX (16u << 20)

/* Events of every channel are read into this, one channel at a time. Not into a dump's
 * buffer: an event may ask for a dump. */
static _Alignas(8) unsigned char event_buffer[EVENT_BATCH][EVENT_BYTES];

static int open_netlink(struct diag_channel *c, struct error *err)
{
	*c = (struct diag_channel){.fd = -1};
	c->netlink = nl_socket_alloc();
	if (!c->netlink)
		return fail_memory(err, "socket dumps");
	int code = nl_connect(c->netlink, NETLINK_SOCK_DIAG);
	if (code < 0) {
		nl_socket_free(c->netlink);
		c->netlink = NULL;
		return fail(err, "sock_diag: open netlink: %s", nl_geterror(code));
	}
	c->fd = nl_socket_get_fd(c->netlink);
	return 0;
}

int diag_open(struct diag_channel *c, struct error *err)
{
	if (open_netlink(c, err) < 0)
		return -1;
	c->buffer = malloc(DIAG_BUFFER_BYTES);
	if (!c->buffer) {
		diag_close(c);
		return fail_memory(err, "socket dumps");
	}
	return 0;
}

static int buffer_size(int fd)
{
	int size = 0;
	socklen_t length = sizeof(size);
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length) < 0)
		return 0;
	return size;
}

/* SO_RCVBUFFORCE wants CAP_NET_ADMIN; SO_RCVBUF is cut to net.core.rmem_max. */
static void set_buffer(int fd, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

int diag_open_events(struct diag_channel *c, uint8_t protocol, unsigned buffer_bytes,
		     struct error *err)
{
	const bool udp = protocol == IPPROTO_UDP;

	if (open_netlink(c, err) < 0)
		return -1;
	set_buffer(c->fd, (int)buffer_bytes);
	int code = nl_socket_add_memberships(
	    c->netlink, udp ? SKNLGRP_INET_UDP_DESTROY : SKNLGRP_INET_TCP_DESTROY,
	    udp ? SKNLGRP_INET6_UDP_DESTROY : SKNLGRP_INET6_TCP_DESTROY, 0);
	if (code < 0) {
		diag_close(c);
		return fail(err, "sock_diag: join the destroy groups: %s",
			    nl_geterror(code));
	}
	return 0;
}

void diag_close(struct diag_channel *c)
{
	nl_socket_free(c->netlink);
	free(c->buffer);
	*c = (struct diag_channel){.fd = -1};
}

static int send_request(struct diag_channel *c, uint16_t type, const void *body,
			size_t length)
{
	struct {
		struct nlmsghdr header;
		unsigned char body[sizeof(struct inet_diag_req_v2) + 16];
	} request = {
	    .header = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
		       .nlmsg_type = type,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		       .nlmsg_seq = ++c->sequence},
	};
	memcpy(request.body, body, length);
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent = sendto(c->fd, &request, request.header.nlmsg_len, 0,
			      (const struct sockaddr *)&kernel, sizeof(kernel));
	return sent < 0 ? -1 : 0;
}

static int send_query(struct diag_channel *c, const struct diag_query *q)
{
	uint8_t extensions = q->counters ? 1u << (INET_DIAG_INFO - 1) : 0;
	if (q->legacy) {
		struct inet_diag_req body = {.idiag_ext = extensions,
					     .idiag_states = q->states};
		return send_request(c, TCPDIAG_GETSOCK, &body, sizeof(body));
	}
	struct inet_diag_req_v2 body = {.sdiag_family = q->family,
					.sdiag_protocol = q->protocol,
					.idiag_ext = extensions,
					.idiag_states = q->states};
	return send_request(c, SOCK_DIAG_BY_FAMILY, &body, sizeof(body));
}

/* A dump is made while it is received, so there is always something to receive until
 * its end: EAGAIN is a failure, and nothing here waits. */
static ssize_t receive(struct diag_channel *c)
{
	ssize_t got;
	do
		got = recv(c->fd, c->buffer, DIAG_BUFFER_BYTES, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	return got;
}

enum diag_outcome diag_dump(struct diag_channel *c, const struct diag_query *query,
			    diag_visitor *visit, void *context, int *refusal,
			    struct error *err)
{
	if (refusal)
		*refusal = 0;
	if (send_query(c, query) < 0) {
		fail_errno(err, errno, "sock_diag: send a request");
		return DIAG_FAILED;
	}
	struct diag_reader r = {
	    .sequence = c->sequence, .visit = visit, .context = context};
	bool overrun = false;
	for (;;) {
		ssize_t got = receive(c);
		if (got < 0 && errno == ENOBUFS) {
			overrun = true;
			continue;
		}
		if (got <= 0) {
			fail_errno(err, got < 0 ? errno : EPROTO,
				   "sock_diag: receive a dump");
			return DIAG_FAILED;
		}
		enum diag_progress progress = diag_read(&r, c->buffer, (size_t)got);
		if (progress == DIAG_DONE)
			return r.interrupted || overrun ? DIAG_PARTIAL : DIAG_COMPLETE;
		if (progress == DIAG_REFUSED) {
			if (refusal)
				*refusal = r.error;
			fail_errno(err, r.error,
				   "sock_diag: the kernel refuses a dump");
			return DIAG_FAILED;
		}
	}
}

/* Receives up to EVENT_BATCH events. Returns how many, or -1 with errno. */
static int receive_events(struct diag_channel *c, struct mmsghdr *messages)
{
	struct iovec pieces[EVENT_BATCH];

	memset(messages, 0, EVENT_BATCH * sizeof(*messages));
	for (unsigned i = 0; i < EVENT_BATCH; i++) {
		pieces[i].iov_base = event_buffer[i];
		pieces[i].iov_len = EVENT_BYTES;
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	return recvmmsg(c->fd, messages, EVENT_BATCH, MSG_DONTWAIT, NULL);
}

int diag_drain(struct diag_channel *c, diag_visitor *visit, void *context,
	       struct diag_drained *drained, struct error *err)
{
	struct diag_reader r = {.sequence = 0, .visit = visit, .context = context};
	struct mmsghdr messages[EVENT_BATCH];
	unsigned batches = 0;
	int got;

	*drained = (struct diag_drained){0};
	do {
		got = receive_events(c, messages);
		if (got < 0) {
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				break;
			if (errno == ENOBUFS)
				drained->overrun = true;
			else if (errno != EINTR)
				return fail_errno(err, errno,
						  "sock_diag: receive events");
			got = EVENT_BATCH;
			continue;
		}
		for (int i = 0; i < got; i++)
			diag_read(&r, event_buffer[i], messages[i].msg_len);
	} while (got == EVENT_BATCH && ++batches < EVENT_BATCHES_MAX);
	drained->messages = r.messages;
	return 0;
}

uint32_t diag_drops(const struct diag_channel *c)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	socklen_t length = sizeof(memory);
	if (getsockopt(c->fd, SOL_SOCKET, SO_MEMINFO, memory, &length) < 0)
		return 0;
	return memory[SK_MEMINFO_DROPS];
}

bool diag_grow(const struct diag_channel *c)
{
	/* SO_RCVBUF answers twice what was asked for, so this doubles. */
	int before = buffer_size(c->fd);
	if (before <= 0 || (unsigned)before / 2 >= EVENT_BUFFER_MAX)
		return false;
	set_buffer(c->fd, before);
	return buffer_size(c->fd) > before;
}
