/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - sends requests to the kernel and receives its answers and events.
 *
 * libnl opens sockets, binds them and joins groups. Sending and receiving are done
 * here, because libnl allocates for each message, peeks at each datagram before it
 * reads it, cannot distinguish ENOBUFS from a failed malloc, and restarts an
 * interrupted dump without end.
 */
#include "client.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* netlink_read_events() stops after so many, so that a fast source of events does not
 * block the rest of the monitor. */
#define DATAGRAMS_AT_ONCE 8192

/* All clients receive into these, one call at a time: the monitor has one thread.
 * Events have a buffer of their own, because a visitor of events may ask for a dump. */
static _Alignas(8) unsigned char dump_buffer[NETLINK_RECEIVE_MAX];
static _Alignas(8) unsigned char event_buffer[NETLINK_RECEIVE_MAX];

/* The buffers of one recvmmsg(). */
struct inbox {
	struct mmsghdr heads[NETLINK_BATCH_MAX];
	struct iovec parts[NETLINK_BATCH_MAX];
	struct sockaddr_nl senders[NETLINK_BATCH_MAX];
};

int netlink_open(struct netlink_client *n, int protocol, size_t datagram_bytes,
		 unsigned batch, struct error *err)
{
	int code;

	n->datagram_bytes = datagram_bytes;
	n->batch = batch;
	n->fd = -1;
	n->socket = NULL;
	if (batch < 1 || batch > NETLINK_BATCH_MAX ||
	    datagram_bytes > NETLINK_RECEIVE_MAX / batch)
		return fail(err, "%u datagrams of %zu bytes do not fit the buffer",
			    batch, datagram_bytes);
	n->socket = nl_socket_alloc();
	if (!n->socket)
		return fail_memory(err, "a netlink socket");
	code = nl_connect(n->socket, protocol);
	if (code < 0) {
		netlink_close(n);
		return fail(err, "%s", nl_geterror(code));
	}
	n->fd = nl_socket_get_fd(n->socket);
	return 0;
}

void netlink_close(struct netlink_client *n)
{
	nl_socket_free(n->socket);
	n->socket = NULL;
	n->fd = -1;
}

bool netlink_is_open(const struct netlink_client *n)
{
	return n->socket != NULL;
}

int netlink_join(struct netlink_client *n, int group, struct error *err)
{
	int code = nl_socket_add_membership(n->socket, group);

	return code < 0 ? fail(err, "%s", nl_geterror(code)) : 0;
}

/* The size that the kernel reports: twice the requested size, to have room for its own
 * bookkeeping. 0 on failure. */
static int buffer_size(const struct netlink_client *n)
{
	int size = 0;
	socklen_t length = sizeof(size);

	if (getsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &size, &length) < 0)
		return 0;
	return size;
}

/* SO_RCVBUFFORCE needs CAP_NET_ADMIN; SO_RCVBUF is limited to net.core.rmem_max. */
void netlink_ask_buffer(struct netlink_client *n, unsigned bytes)
{
	int size = bytes < NETLINK_BUFFER_MAX ? (int)bytes : NETLINK_BUFFER_MAX;

	if (setsockopt(n->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* Doubles the receive buffer of a socket that overran, within the kernel's limit. The
 * kernel reports twice the requested size, so requesting the reported size doubles
 * it. */
static void grow_buffer(struct netlink_client *n)
{
	int before = buffer_size(n);

	if (before <= 0 || before / 2 >= NETLINK_BUFFER_MAX)
		return;
	netlink_ask_buffer(n, (unsigned)before);
	if (buffer_size(n) > before)
		n->grown++;
}

/* Receives the waiting datagrams, up to the client's batch. Returns their number, or
 * -errno; -EAGAIN when none waits. */
static int receive(struct netlink_client *n, unsigned char *buffer, struct inbox *in)
{
	int got;

	for (unsigned i = 0; i < n->batch; i++) {
		in->senders[i].nl_pid = UINT32_MAX; /* not the kernel, if recvmmsg()
						     * sets no sender */
		in->parts[i] =
		    (struct iovec){buffer + i * n->datagram_bytes, n->datagram_bytes};
		in->heads[i].msg_hdr = (struct msghdr){
		    .msg_name = &in->senders[i],
		    .msg_namelen = sizeof(in->senders[i]),
		    .msg_iov = &in->parts[i],
		    .msg_iovlen = 1,
		};
	}
	do
		got = recvmmsg(n->fd, in->heads, n->batch, MSG_DONTWAIT, NULL);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* The length of a received datagram; -EMSGSIZE when it was longer than its buffer. A
 * datagram of another process counts as empty: only the kernel is trusted. */
static ssize_t length_of(const struct inbox *in, int index)
{
	if (in->senders[index].nl_pid != 0)
		return 0;
	if (in->heads[index].msg_hdr.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return in->heads[index].msg_len;
}

static int send_request(struct netlink_client *n, const struct netlink_request *request)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr head;
		unsigned char body[NETLINK_REQUEST_MAX];
	} message = {
	    .head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(request->length),
		     .nlmsg_type = request->type,
		     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		     .nlmsg_seq = ++n->sequence},
	};

	if (request->length > sizeof(message.body))
		return -EMSGSIZE;
	memcpy(message.body, request->body, request->length);
	if (sendto(n->fd, &message, message.head.nlmsg_len, 0,
		   (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

static enum dump_end failed(struct dump_failure *failure, int errnum, const char *step)
{
	failure->errnum = errnum;
	failure->step = step;
	return DUMP_FAILED;
}

/* Reads the datagrams of one recvmmsg(). Returns 0, or -EMSGSIZE if one is
 * truncated. */
static int read_batch(const struct inbox *in, int count, struct netlink_answer *answer,
		      enum answer_progress *progress)
{
	for (int i = 0; i < count && *progress == ANSWER_GOES_ON; i++) {
		ssize_t length = length_of(in, i);

		if (length < 0)
			return (int)length;
		*progress =
		    netlink_answer_read(answer, in->parts[i].iov_base, (size_t)length);
	}
	return 0;
}

/* Receives an answer to its end. Returns 0 or -errno. Nothing here waits: the kernel
 * produces a dump while it is received, so data is available until the end and EAGAIN
 * is a failure. After an overrun, EAGAIN only means that the end was lost. */
static int read_answer(struct netlink_client *n, struct netlink_answer *answer,
		       enum answer_progress *progress)
{
	bool overrun = false;
	struct inbox in;
	int result = 0;

	while (result == 0 && *progress == ANSWER_GOES_ON) {
		int got = receive(n, dump_buffer, &in);

		if (got == -ENOBUFS) {
			overrun = answer->interrupted = true;
			grow_buffer(n);
		} else if (got == -EAGAIN && overrun) {
			return 0;
		} else {
			result = got < 0 ? got : read_batch(&in, got, answer, progress);
		}
	}
	return result;
}

enum dump_end netlink_dump(struct netlink_client *n,
			   const struct netlink_request *request,
			   netlink_visitor *visit, void *context,
			   struct dump_failure *failure)
{
	struct netlink_answer answer = {.visit = visit, .context = context};
	enum answer_progress progress = ANSWER_GOES_ON;
	int result;

	failure->refused = false;
	result = send_request(n, request);
	if (result < 0)
		return failed(failure, -result, "send a request");
	answer.sequence = n->sequence;
	result = read_answer(n, &answer, &progress);
	if (result < 0)
		return failed(failure, -result, "receive a dump");
	if (progress == ANSWER_REFUSED) {
		failure->refused = true;
		return failed(failure, answer.errnum, "the kernel refuses a dump");
	}
	return answer.interrupted ? DUMP_PARTIAL : DUMP_DONE;
}

enum dump_end netlink_dump_whole(netlink_dumper *dump, void *context)
{
	enum dump_end end = DUMP_PARTIAL;

	for (int i = 0; i < NETLINK_DUMP_TRIES && end == DUMP_PARTIAL; i++)
		end = dump(context);
	return end;
}

static void visit_batch(const struct inbox *in, int count,
			const struct netlink_events *events)
{
	for (int i = 0; i < count; i++) {
		ssize_t length = length_of(in, i);

		if (length < 0)
			events->lost(events->context);
		else
			netlink_visit_all(in->parts[i].iov_base, (size_t)length,
					  events->visit, events->context);
	}
}

int netlink_read_events(struct netlink_client *n, const struct netlink_events *events)
{
	struct inbox in;

	/* A batch that is not full was the last, except after an overrun. */
	for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i += n->batch) {
		int got = receive(n, event_buffer, &in);

		if (got == -ENOBUFS) {
			grow_buffer(n);
			events->lost(events->context);
		} else if (got < 0) {
			return got == -EAGAIN ? 0 : -got;
		} else {
			visit_batch(&in, got, events);
			if ((unsigned)got < n->batch)
				return 0;
		}
	}
	return 0;
}

uint32_t netlink_drops(const struct netlink_client *n)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	socklen_t length = sizeof(memory);

	if (getsockopt(n->fd, SOL_SOCKET, SO_MEMINFO, memory, &length) < 0)
		return 0;
	return memory[SK_MEMINFO_DROPS];
}
