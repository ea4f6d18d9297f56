/* SPDX-License-Identifier: Apache-2.0 */
/* sock_parse.c - turns netlink messages into sockets.
 *
 * The bytes come from the kernel, but every length is checked before it is used.
 * linux/tcp.h is included for the long struct tcp_info, so netinet/tcp.h (and libnl's
 * headers, which include it) cannot be included.
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "sock_diag.h"

/* Since Linux 5.8; older headers lack the name. */
#define ATTRIBUTE_CGROUP_ID 21

struct attributes {
	const unsigned char *info; /* struct tcp_info, of the kernel's length */
	size_t info_length;
	const unsigned char *cgroup_id;
	uint8_t protocol;
};

static void find_attributes(const unsigned char *at, size_t left,
			    struct attributes *found)
{
	while (left >= sizeof(struct nlattr)) {
		struct nlattr attribute;
		memcpy(&attribute, at, sizeof(attribute));
		size_t length = attribute.nla_len;
		if (length < NLA_HDRLEN || length > left)
			return;
		size_t payload = length - NLA_HDRLEN;
		switch (attribute.nla_type & NLA_TYPE_MASK) {
		case INET_DIAG_INFO:
			found->info = at + NLA_HDRLEN;
			found->info_length = payload;
			break;
		case INET_DIAG_PROTOCOL:
			if (payload >= 1)
				found->protocol = at[NLA_HDRLEN];
			break;
		case ATTRIBUTE_CGROUP_ID:
			if (payload >= sizeof(uint64_t))
				found->cgroup_id = at + NLA_HDRLEN;
			break;
		}
		size_t step = NLA_ALIGN(length);
		if (step >= left)
			return;
		at += step;
		left -= step;
	}
}

/* Members beyond the end of this kernel's struct tcp_info are 0. */
static uint64_t info_u64(const struct attributes *a, size_t offset)
{
	uint64_t value = 0;
	if (a->info_length >= offset + sizeof(value))
		memcpy(&value, a->info + offset, sizeof(value));
	return value;
}

static uint32_t info_u32(const struct attributes *a, size_t offset)
{
	uint32_t value = 0;
	if (a->info_length >= offset + sizeof(value))
		memcpy(&value, a->info + offset, sizeof(value));
	return value;
}

/* Returns who opened the connection, from the sequence space: tcpi_bytes_acked starts
 * at the SYN for the side that sent it (tcp_ack() of the SYN-ACK counts one byte) and
 * after it for the side that accepted. So when all sent data is acknowledged, acked
 * minus payload is the SYN (1 or 0) plus the FIN, if one was sent. A closed socket does
 * not show whether it sent a FIN, so 1 is ambiguous. */
static enum diag_opener who_opened(uint8_t state, uint64_t acked, uint64_t payload,
				   uint32_t queued)
{
	if (queued > 0 || acked < payload)
		return DIAG_OPENER_UNKNOWN;
	uint64_t extra = acked - payload;
	switch (state) {
	case STATE_ESTABLISHED:
	case STATE_CLOSE_WAIT:
		return extra == 1   ? DIAG_OPENER_HERE
		       : extra == 0 ? DIAG_OPENER_THERE
				    : DIAG_OPENER_UNKNOWN;
	case STATE_FIN_WAIT2:
		return extra == 2   ? DIAG_OPENER_HERE
		       : extra == 1 ? DIAG_OPENER_THERE
				    : DIAG_OPENER_UNKNOWN;
	case STATE_CLOSE:
		if (acked == 0)
			return DIAG_OPENER_UNKNOWN;
		return extra == 2   ? DIAG_OPENER_HERE
		       : extra == 0 ? DIAG_OPENER_THERE
				    : DIAG_OPENER_UNKNOWN;
	}
	return DIAG_OPENER_UNKNOWN;
}

#define INFO(member) offsetof(struct tcp_info, member)
#define INFO_OPTIONS (INFO(tcpi_backoff) + 1) /* tcpi_options */

/* tcp_init_buffer_space() sets tcpi_rcv_space when the handshake succeeds, and nothing
 * clears it: tcp_disconnect(), which a failed blocking connect() calls too, clears all
 * other members that would show it (net/ipv4/tcp_input.c, tcp.c). */
static bool was_established(const struct attributes *a)
{
	return a->info_length < INFO(tcpi_rcv_space) + sizeof(uint32_t) ||
	       info_u32(a, INFO(tcpi_rcv_space)) > 0;
}

static void read_counters(const struct attributes *a, uint32_t queued,
			  struct diag_socket *s)
{
	uint64_t acked = info_u64(a, INFO(tcpi_bytes_acked));
	unsigned char options =
	    a->info_length > INFO_OPTIONS ? a->info[INFO_OPTIONS] : 0;

	s->has_counters = true;
	s->was_established = was_established(a);
	s->rx_bytes = info_u64(a, INFO(tcpi_bytes_received));
	s->tx_segments = info_u32(a, INFO(tcpi_segs_out));
	s->rx_segments = info_u32(a, INFO(tcpi_segs_in));
	s->tx_data_segments = info_u32(a, INFO(tcpi_data_segs_out));
	s->rx_data_segments = info_u32(a, INFO(tcpi_data_segs_in));
	s->timestamps = (options & TCPI_OPT_TIMESTAMPS) != 0;
	if (a->info_length < INFO(tcpi_bytes_retrans) + sizeof(uint64_t)) {
		/* Before Linux 4.19: the acknowledged bytes, less the SYN and FIN that
		 * they may include. */
		s->tx_bytes = acked > 0 ? acked - 1 : 0;
		return;
	}
	uint64_t sent = info_u64(a, INFO(tcpi_bytes_sent));
	uint64_t again = info_u64(a, INFO(tcpi_bytes_retrans));
	uint64_t payload = sent > again ? sent - again : 0;
	s->tx_again = sent - payload;
	bool fast_open = (options & TCPI_OPT_SYN_DATA) != 0;
	if (!fast_open)
		s->opener = who_opened(s->state, acked, payload, queued);
	/* A segment that the local queue refused is sent again but does not count as
	 * retransmitted; the sequence space bounds the bytes sent. In this case the
	 * result may include the SYN and the FIN: at most two bytes too many. */
	s->tx_bytes = payload < acked + queued ? payload : acked + queued;
}

void diag_read_info(const void *info, size_t length, uint32_t queued,
		    struct diag_socket *s)
{
	const struct attributes a = {.info = info, .info_length = length};

	read_counters(&a, queued, s);
}

static void read_address(uint8_t family, const void *from, struct in6_addr *to)
{
	if (family == AF_INET6) {
		memcpy(to, from, sizeof(*to));
		return;
	}
	memset(to, 0, sizeof(*to));
	uint32_t v4;
	memcpy(&v4, from, sizeof(v4));
	if (v4 == 0)
		return;
	to->s6_addr[10] = 0xff;
	to->s6_addr[11] = 0xff;
	memcpy(&to->s6_addr[12], &v4, sizeof(v4));
}

static bool read_socket(const unsigned char *at, size_t length, struct diag_socket *s)
{
	struct inet_diag_msg m;
	if (length < sizeof(m))
		return false;
	memcpy(&m, at, sizeof(m));
	if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
		return false;

	struct attributes found = {0};
	size_t head = NLMSG_ALIGN(sizeof(m));
	if (length > head)
		find_attributes(at + head, length - head, &found);

	memset(s, 0, sizeof(*s));
	s->cookie = m.id.idiag_cookie[0] | (uint64_t)m.id.idiag_cookie[1] << 32;
	s->state = m.idiag_state;
	s->protocol = found.protocol;
	s->local_port = ntohs(m.id.idiag_sport);
	s->remote_port = ntohs(m.id.idiag_dport);
	read_address(m.idiag_family, m.id.idiag_src, &s->local);
	read_address(m.idiag_family, m.id.idiag_dst, &s->remote);
	if (found.cgroup_id)
		memcpy(&s->cgroup_id, found.cgroup_id, sizeof(s->cgroup_id));
	if (found.info)
		read_counters(&found, m.idiag_wqueue, s);
	return s->cookie != 0;
}

bool diag_read(const struct nlmsghdr *message, struct diag_socket *s)
{
	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY &&
	    message->nlmsg_type != TCPDIAG_GETSOCK)
		return false;
	return read_socket((const unsigned char *)message + NLMSG_HDRLEN,
			   message->nlmsg_len - NLMSG_HDRLEN, s);
}
