/* SPDX-License-Identifier: Apache-2.0 */
/* sent_span.c - what the links sent in a span of time, and what accounts for it. */
#include "sent_span.h"

/* Ethernet, IPv4, and TCP with timestamps, as every Linux speaks it; or UDP. IPv6's
 * header is 20 bytes longer. A link counts a packet that the card will cut up as one,
 * with one header: so does this. */
#define TCP_HEADERS_BYTES 66
#define UDP_HEADERS_BYTES 42
#define IP6_MORE_BYTES    20

/* The same with the longest header that TCP may have (RFC 9293, 3.1: 60 bytes), such as
 * that of an acknowledgement that lists what is missing. */
#define TCP_HEADERS_MOST 94

#define DATAGRAM_BYTES_MAX  65507 /* what one can carry over IPv4 */
#define DATAGRAM_BYTES_WIRE 1472  /* in one Ethernet frame; longer ones are rare */

/* TCP's headers differ (options, IPv6's extensions): its part of the estimate is good
 * to one part in this many. */
#define TCP_ERROR_SHARE 32

/* How far TCP's bytes may be ahead of the links': what waits in the queue of a link,
 * and what went out between the two readings. */
#define AHEAD_BYTES 16384

/* How late the kernel may tell of a connection's end, seconds: it does so from a work
 * queue, which waits on a busy machine. */
#define LATE_S 1.0

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int64_t within(int64_t value, int64_t from, int64_t to)
{
	return value < from ? from : value > to ? to : value;
}

static uint64_t datagrams_sent(const struct sent_span *span)
{
	return least(span->datagrams, span->link_packets);
}

static uint64_t ip6_bytes(const struct sent_span *span)
{
	return IP6_MORE_BYTES * least(span->packets6, span->link_packets);
}

/* What the links sent that is neither TCP nor header. Below 0 where TCP's bytes ran
 * ahead of the links'. */
static int64_t not_tcp(const struct sent_span *span)
{
	uint64_t datagrams = datagrams_sent(span);
	uint64_t headers = UDP_HEADERS_BYTES * datagrams +
			   TCP_HEADERS_BYTES * (span->link_packets - datagrams) +
			   ip6_bytes(span);

	return (int64_t)(span->link_bytes - span->tcp_bytes - span->tcp_again -
			 headers);
}

/* How good it is: exact for UDP alone over Ethernet. Beside TCP it is off by what TCP's
 * headers differ from the usual and by packets that are neither TCP nor UDP. What TCP's
 * counters tell too early (they are read a moment later than the links') or too late (a
 * connection's end is told a moment after it) is wrong in one span and taken back in
 * the next: that is what `carry` is for. So what would make the datagrams longer than a
 * frame is told only if it is still there in the next span, and stands out from TCP's
 * error: an application may let the card cut datagrams up, but it is rare. Links
 * without Ethernet headers make it 14 bytes a packet low. */
uint64_t sent_udp_bytes(const struct sent_span *span, int64_t *carry)
{
	int64_t error = (int64_t)(span->tcp_bytes / TCP_ERROR_SHARE);
	int64_t sure = (int64_t)span->datagrams * DATAGRAM_BYTES_WIRE;
	int64_t doubtful = (int64_t)span->datagrams * DATAGRAM_BYTES_MAX - sure;
	int64_t bytes = not_tcp(span) + *carry;
	int64_t confirmed = *carry > 0 && bytes > error ? *carry : 0;
	int64_t told = within(bytes, 0, sure + confirmed);

	*carry = within(bytes - told, -(told > error ? told : error),
			doubtful > error ? doubtful : error);
	return (uint64_t)told;
}

/* What the span's packets account for at most beside TCP's payload: UDP as estimated,
 * and a header for every datagram and every segment that the protocol counted. Segments
 * without a socket (resets, the last acknowledgement of a connection) are among those.
 */
static uint64_t accounted(const struct sent_span *span, uint64_t udp_bytes)
{
	uint64_t datagrams = datagrams_sent(span);
	uint64_t others = least(span->other_packets, span->link_packets - datagrams);
	uint64_t segments =
	    least(span->tcp_segments, span->link_packets - datagrams - others);

	return span->tcp_bytes + span->tcp_again + udp_bytes +
	       UDP_HEADERS_BYTES * datagrams + TCP_HEADERS_MOST * segments +
	       ip6_bytes(span);
}

/* The least that was open in the last spans, from the one before this and as far back
 * as a connection's end may be told late. */
static int64_t open_all_the_while(const struct sent_balance *b, double time)
{
	int64_t lowest = b->rest;

	for (unsigned i = 1; i <= SENT_PAST; i++) {
		unsigned at = (b->next + SENT_PAST - i) % SENT_PAST;

		if (b->past[at].rest < lowest)
			lowest = b->past[at].rest;
		if (time - b->past[at].time >= LATE_S)
			break;
	}
	return lowest;
}

/* Datagrams are counted a moment before the links: those that went between the two
 * readings were on the links in the span before and are counted in this one. What was
 * left open then is theirs, as far as they can carry it in a frame. Returns payload. */
static uint64_t early_udp_bytes(struct sent_balance *balance,
				const struct sent_span *span)
{
	int64_t early = (int64_t)(span->datagrams - datagrams_sent(span));
	int64_t open = balance->rest - balance->told;
	int64_t bytes =
	    within(open, 0, early * (DATAGRAM_BYTES_WIRE + UDP_HEADERS_BYTES));
	int64_t payload = bytes - early * UDP_HEADERS_BYTES;

	balance->rest -= bytes;
	return payload > 0 ? (uint64_t)payload : 0;
}

/* The headers are taken for their longest, so that `rest` would fall for ever; how far
 * it may fall is bounded by how far TCP can be ahead, or else that would be credit for
 * whoever wants to send unseen. */
uint64_t sent_unaccounted_bytes(struct sent_balance *balance,
				const struct sent_span *span, uint64_t *udp_bytes,
				double time)
{
	int64_t ahead = AHEAD_BYTES + (int64_t)(span->tcp_bytes / TCP_ERROR_SHARE);
	int64_t sure;

	balance->rest += (int64_t)(span->link_bytes - accounted(span, *udp_bytes));
	*udp_bytes += early_udp_bytes(balance, span);
	if (balance->rest < balance->told - ahead)
		balance->rest = balance->told - ahead;
	sure = open_all_the_while(balance, time);
	balance->past[balance->next].time = time;
	balance->past[balance->next].rest = balance->rest;
	balance->next = (balance->next + 1) % SENT_PAST;
	if (sure <= balance->told)
		return 0;
	uint64_t told = (uint64_t)(sure - balance->told);
	balance->told = sure;
	return told;
}
