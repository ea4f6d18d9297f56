/* SPDX-License-Identifier: Apache-2.0 */
/* sent_span.c - the bytes that the links sent in a span of time, and what accounts for
 * them. */
#include "sent_span.h"

/* Ethernet, IPv4, and TCP with timestamps, as Linux sends by default; or UDP. The IPv6
 * header is 20 bytes longer. A link counts a packet that the card will split as one
 * packet with one header, and so does this code. */
#define TCP_HEADERS_BYTES 66
#define UDP_HEADERS_BYTES 42
#define IP6_MORE_BYTES    20

/* The same with the longest TCP header (RFC 9293, 3.1: 60 bytes), for example that of
 * an acknowledgement with SACK blocks. */
#define TCP_HEADERS_MOST 94

#define DATAGRAM_BYTES_MAX  65507 /* the most that IPv4 can carry */
#define DATAGRAM_BYTES_WIRE 1472  /* in one Ethernet frame; longer ones are rare */

/* The length of TCP's headers varies (options, IPv6's extensions): the estimate of TCP
 * has an error of up to one part in this many. */
#define TCP_ERROR_SHARE 32

/* TCP's bytes may be ahead of the links' by this much: bytes that wait in the queue of
 * a link, and bytes sent between the two readings. */
#define AHEAD_BYTES 16384

/* How late the kernel may report a connection's end, seconds: it does so from a work
 * queue, which is delayed on a busy machine. */
#define LATE_S 1.0

/* While reports are known to be late nothing is told, for this long at most: a socket
 * that is disconnected by connect() is in no dump and not reported either; seconds. */
#define HELD_MOST_S 10.0

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

/* Returns the bytes that the links sent that are neither TCP nor header. Below 0 if
 * TCP's bytes are ahead of the links'. */
static int64_t not_tcp(const struct sent_span *span)
{
	uint64_t datagrams = datagrams_sent(span);
	uint64_t headers = UDP_HEADERS_BYTES * datagrams +
			   TCP_HEADERS_BYTES * (span->link_packets - datagrams) +
			   ip6_bytes(span);

	return (int64_t)(span->link_bytes - span->tcp_bytes - span->tcp_again -
			 headers);
}

/* Accuracy: exact for UDP alone over Ethernet. With TCP, the error comes from TCP
 * headers of other lengths and from packets that are neither TCP nor UDP. TCP's
 * counters may be early (they are read a moment after the links') or late (the kernel
 * reports a connection's end a moment after it). Such an error appears in one span and
 * is reversed in the next: `carry` holds it. Bytes that would make the datagrams longer
 * than a frame are therefore reported only if they remain in the next span and exceed
 * TCP's error: an application may let the card split datagrams, but this is rare. On
 * links without Ethernet headers the result is 14 bytes a packet too low. */
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

/* The most that the span's packets can account for: TCP's payload, UDP as estimated,
 * and a header for every datagram and every segment that the protocol counted. This
 * includes segments without a socket (resets, the last acknowledgement of a
 * connection). */
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

/* Returns the lowest unaccounted sum of the last spans, from the one before this back
 * to the time by which a connection's end must have been reported. */
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

static bool is_held(struct sent_balance *b, bool reports_late, double time)
{
	if (!reports_late)
		b->held_since = 0;
	else if (b->held_since == 0)
		b->held_since = time;
	return reports_late && time - b->held_since < HELD_MOST_S;
}

/* Datagrams are counted a moment before the links: those sent between the two readings
 * were on the links in the span before and are counted in this one. So the unaccounted
 * bytes of the span before are assigned to them, up to one frame each. Returns
 * payload. */
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

/* The longest header is assumed for each segment, so `rest` would fall without limit.
 * It may fall only as far as TCP can be ahead; otherwise an attacker could use the
 * difference to send unaccounted bytes. */
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
	if (is_held(balance, span->reports_late, time) || sure <= balance->told)
		return 0;
	uint64_t told = (uint64_t)(sure - balance->told);
	balance->told = sure;
	return told;
}
