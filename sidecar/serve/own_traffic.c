/* SPDX-License-Identifier: Apache-2.0 */
/* own_traffic.c - the link bytes of our own connections, estimated from TCP_INFO.
 *
 * tcp_info(7) counts payload and segments of each connection; the link counts frames.
 * The difference is a header a segment: 14 bytes of Ethernet, 20 or 40 of IP, 20 of TCP
 * and 12 of its timestamp option. The kernel counts a super-packet (GSO) with one
 * header on the link and by its segments in TCP_INFO, so that the estimate is a little
 * high for great answers, never low: what is left of the link's counters is the pod's.
 *
 * Our SYN-ACK is in no accepted socket's counters; the SYN is a segment of it since
 * Linux 4.6 (net/ipv4/tcp_minisocks.c, tcp_create_openreq_child), longer by its
 * options. What closing sends comes after our last look. All that is added by hand.
 */
#include "own_traffic.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define ETHERNET_HEADER  14
#define TCP_HEADER       20
#define TIMESTAMP_OPTION 12
#define SYN_OPTIONS      20 /* MSS, SACK permitted, timestamps, window scale */

/* include/net/tcp_states.h; the enumeration is not in the uapi headers. */
enum {
	STATE_ESTABLISHED = 1,
	STATE_FIN_WAIT1 = 4,
	STATE_FIN_WAIT2 = 5,
	STATE_CLOSE_WAIT = 8,
	STATE_LAST_ACK = 9,
	STATE_CLOSING = 11,
};

static bool is_mapped(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 &&
	       IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

static const unsigned char *address_bytes(const struct sockaddr_storage *a,
					  size_t *length)
{
	if (a->ss_family == AF_INET) {
		*length = sizeof(struct in_addr);
		return (const unsigned char *)&((const struct sockaddr_in *)a)
		    ->sin_addr;
	}
	const unsigned char *in6 = ((const struct sockaddr_in6 *)a)->sin6_addr.s6_addr;
	*length = is_mapped(a) ? 4 : 16;
	return is_mapped(a) ? in6 + 12 : in6;
}

bool own_traffic_leaves(int fd)
{
	static const unsigned char loopback6[16] = {[15] = 1};
	struct sockaddr_storage local = {0}, peer = {0};
	socklen_t local_length = sizeof(local), peer_length = sizeof(peer);
	size_t length, peer_bytes;

	if (getsockname(fd, (struct sockaddr *)&local, &local_length) < 0 ||
	    getpeername(fd, (struct sockaddr *)&peer, &peer_length) < 0)
		return false;
	const unsigned char *mine = address_bytes(&local, &length);
	const unsigned char *theirs = address_bytes(&peer, &peer_bytes);
	if (length != peer_bytes || memcmp(mine, theirs, length) == 0)
		return false;
	return length == 4 ? theirs[0] != 127 : memcmp(theirs, loopback6, 16) != 0;
}

static uint64_t ip_header(int fd)
{
	struct sockaddr_storage local = {0};
	socklen_t length = sizeof(local);

	getsockname(fd, (struct sockaddr *)&local, &length);
	return local.ss_family == AF_INET || is_mapped(&local) ? 20 : 40;
}

/* What comes after our last look at a connection that is being closed. */
struct farewell {
	uint64_t tx_bytes; /* payload in the send queue */
	uint64_t tx_segments, rx_segments;
};

static struct farewell farewell_of(const struct tcp_info *info)
{
	struct farewell f = {.tx_bytes = info->tcpi_notsent_bytes};
	uint64_t mss = info->tcpi_snd_mss ? info->tcpi_snd_mss : 536;

	f.tx_segments = (f.tx_bytes + mss - 1) / mss;
	/* An ACK for every second segment is the rule (RFC 9293, 3.8.6.3), but who
	 * receives them merged (GRO) sends far fewer. */
	f.rx_segments = (info->tcpi_unacked + f.tx_segments + 3) / 4;
	switch (info->tcpi_state) {
	case STATE_ESTABLISHED: /* our FIN, the ACK of theirs; and the same back */
		f.tx_segments += 2;
		f.rx_segments += 2;
		break;
	case STATE_FIN_WAIT1:
	case STATE_FIN_WAIT2:
	case STATE_CLOSE_WAIT:
		f.tx_segments++;
		f.rx_segments++;
		break;
	case STATE_LAST_ACK:
	case STATE_CLOSING:
		f.rx_segments++;
		break;
	}
	return f;
}

/* Before Linux 4.19 only what was acknowledged is known. */
static uint64_t bytes_sent(const struct tcp_info *info, socklen_t length)
{
	return length > offsetof(struct tcp_info, tcpi_bytes_sent)
		   ? info->tcpi_bytes_sent
		   : info->tcpi_bytes_acked;
}

void own_traffic_add(struct own_traffic *sum, int fd, bool closing)
{
	struct tcp_info info = {0};
	struct farewell last = {0};
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return;
	if (closing)
		last = farewell_of(&info);

	uint64_t bare = ETHERNET_HEADER + ip_header(fd) + TCP_HEADER;
	bool stamped = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
	uint64_t option = stamped ? TIMESTAMP_OPTION : 0;
	uint64_t header = bare + option;
	uint64_t tx_segments = info.tcpi_segs_out + last.tx_segments;
	uint64_t rx_segments = info.tcpi_segs_in + last.rx_segments;

	sum->tx_bytes += bytes_sent(&info, length) + last.tx_bytes +
			 tx_segments * header + bare + SYN_OPTIONS;
	sum->rx_bytes +=
	    info.tcpi_bytes_received + rx_segments * header + SYN_OPTIONS - option;
	sum->tx_packets += tx_segments + 1;
	sum->rx_packets += rx_segments;
	sum->tcp_tx_packets += tx_segments + 1;
}
