/* SPDX-License-Identifier: Apache-2.0 */
/* How the kernel's bytes are read: canned datagrams, right ones and wrong ones. */
#include <stddef.h>
#include <stdlib.h>

#include "../support/testing.h"
#include "collect/sockets/sock_diag.h"
#include "diag_fixture.h"

struct seen {
	unsigned count;
	struct diag_socket last;
};

static void see(void *context, const struct diag_socket *socket)
{
	struct seen *seen = context;
	seen->count++;
	seen->last = *socket;
}

static void read_message(void *context, struct nlmsghdr *message)
{
	struct diag_socket s;

	if (diag_read(message, &s))
		see(context, &s);
}

static struct seen read_all(struct datagram *d)
{
	struct seen seen = {0};

	netlink_visit_all(d->bytes, d->length, read_message, &seen);
	return seen;
}

static struct diag_socket read_one(struct datagram *d)
{
	struct seen seen = read_all(d);

	assert_int_equal(seen.count, 1);
	return seen.last;
}

/* A socket that sent `sent` bytes of which `again` were sent twice. */
static struct datagram tcp(uint8_t state, uint32_t queued, uint64_t acked,
			   uint64_t sent, uint64_t again)
{
	struct datagram d = {.length = 0};
	struct inet_diag_msg m = ipv4_socket("10.0.0.1", 40000, "10.0.0.2", 443);
	struct tcp_info info = {.tcpi_bytes_acked = acked,
				.tcpi_bytes_sent = sent,
				.tcpi_bytes_retrans = again,
				.tcpi_bytes_received = 55,
				.tcpi_segs_out = 9};
	m.idiag_state = state;
	m.idiag_wqueue = queued;
	add_message(&d, SOCK_DIAG_BY_FAMILY, 1, &m, sizeof(m));
	add_attribute(&d, INET_DIAG_INFO, &info, sizeof(info));
	return d;
}

CASE(a_socket_is_read_whole)
{
	struct datagram d = tcp(STATE_ESTABLISHED, 0, 901, 1000, 100);
	uint64_t cgroup = 4711;
	uint8_t protocol = IPPROTO_TCP;
	add_attribute(&d, 21, &cgroup, sizeof(cgroup));
	add_attribute(&d, INET_DIAG_PROTOCOL, &protocol, sizeof(protocol));
	struct diag_socket s = read_one(&d);
	const unsigned char remote[16] = {[10] = 0xff, 0xff, 10, 0, 0, 2};
	assert_memory_equal(&s.remote, remote, 16);
	assert_int_equal(s.local_port, 40000);
	assert_int_equal(s.remote_port, 443);
	assert_int_equal(s.tx_bytes, 900);
	assert_int_equal(s.rx_bytes, 55);
	assert_int_equal(s.tx_segments, 9);
	assert_int_equal(s.cgroup_id, 4711);
	assert_int_equal(s.protocol, IPPROTO_TCP);
	assert_int_equal(s.cookie, 7);
	assert_true(s.has_counters);
	assert_int_equal(s.opener, DIAG_OPENER_HERE);
}

CASE(legacy_messages_are_read_alike)
{
	struct datagram d = tcp(STATE_ESTABLISHED, 0, 901, 1000, 100);
	struct nlmsghdr h = last_header(&d);
	h.nlmsg_type = TCPDIAG_GETSOCK;
	set_last_header(&d, h);
	assert_int_equal(read_one(&d).tx_bytes, 900);
}

static uint8_t opener(uint8_t state, uint32_t queued, uint64_t acked, uint64_t sent)
{
	struct datagram d = tcp(state, queued, acked, sent, 0);
	return read_one(&d).opener;
}

CASE(the_acknowledged_syn_tells_who_opened)
{
	assert_int_equal(opener(STATE_ESTABLISHED, 0, 1, 0), DIAG_OPENER_HERE);
	assert_int_equal(opener(STATE_ESTABLISHED, 0, 0, 0), DIAG_OPENER_THERE);
	assert_int_equal(opener(STATE_ESTABLISHED, 0, 101, 100), DIAG_OPENER_HERE);
	assert_int_equal(opener(STATE_ESTABLISHED, 0, 100, 100), DIAG_OPENER_THERE);
	assert_int_equal(opener(STATE_CLOSE_WAIT, 0, 101, 100), DIAG_OPENER_HERE);
	assert_int_equal(opener(STATE_FIN_WAIT2, 0, 102, 100), DIAG_OPENER_HERE);
	assert_int_equal(opener(STATE_FIN_WAIT2, 0, 101, 100), DIAG_OPENER_THERE);
	assert_int_equal(opener(STATE_CLOSE, 0, 102, 100), DIAG_OPENER_HERE);
	assert_int_equal(opener(STATE_CLOSE, 0, 100, 100), DIAG_OPENER_THERE);
}

CASE(what_is_not_acknowledged_tells_nothing)
{
	assert_int_equal(opener(STATE_ESTABLISHED, 50, 51, 100), DIAG_OPENER_UNKNOWN);
	assert_int_equal(opener(STATE_ESTABLISHED, 0, 105, 100), DIAG_OPENER_UNKNOWN);
	/* Accepted and closed in order, or opened and reset: */
	assert_int_equal(opener(STATE_CLOSE, 0, 101, 100), DIAG_OPENER_UNKNOWN);
	assert_int_equal(opener(STATE_CLOSE, 0, 0, 0), DIAG_OPENER_UNKNOWN);
}

CASE(sent_bytes_stay_within_the_sequence_space)
{
	struct datagram d = tcp(STATE_ESTABLISHED, 20, 81, 500, 0);
	assert_int_equal(read_one(&d).tx_bytes, 101);
	/* What was counted twice says nothing of who opened. */
	d = tcp(STATE_ESTABLISHED, 0, 101, 150, 0);
	assert_int_equal(read_one(&d).tx_bytes, 101);
	assert_int_equal(read_one(&d).opener, DIAG_OPENER_UNKNOWN);
}

CASE(a_short_tcp_info_of_an_old_kernel_will_do)
{
	struct datagram d = {.length = 0};
	struct inet_diag_msg m = ipv4_socket("10.0.0.1", 40000, "10.0.0.2", 443);
	struct tcp_info info = {.tcpi_bytes_acked = 1001, .tcpi_segs_out = 3};
	add_message(&d, SOCK_DIAG_BY_FAMILY, 1, &m, sizeof(m));
	add_attribute(&d, INET_DIAG_INFO, &info,
		      offsetof(struct tcp_info, tcpi_bytes_sent));
	struct diag_socket s = read_one(&d);
	assert_true(s.has_counters);
	assert_int_equal(s.tx_bytes, 1000);
	assert_int_equal(s.tx_segments, 3);
	assert_int_equal(s.opener, DIAG_OPENER_UNKNOWN);
}

CASE(a_longer_tcp_info_of_a_new_kernel_will_do)
{
	struct datagram d = {.length = 0};
	struct inet_diag_msg m = ipv4_socket("10.0.0.1", 40000, "10.0.0.2", 443);
	struct tcp_info info = {.tcpi_bytes_acked = 6, .tcpi_bytes_sent = 5};
	unsigned char longer[sizeof(info) + 320] = {0};
	memcpy(longer, &info, sizeof(info));
	add_message(&d, SOCK_DIAG_BY_FAMILY, 1, &m, sizeof(m));
	add_attribute(&d, INET_DIAG_INFO, longer, sizeof(longer));
	assert_int_equal(read_one(&d).tx_bytes, 5);
}

CASE(a_connection_there_ever_was_left_room_to_receive)
{
	struct tcp_info info = {.tcpi_bytes_acked = 0};

	for (unsigned room = 0; room < 2; room++) {
		info.tcpi_rcv_space = room;
		struct datagram d = {.length = 0};
		struct inet_diag_msg m =
		    ipv4_socket("10.0.0.1", 40000, "10.0.0.2", 443);
		add_message(&d, SOCK_DIAG_BY_FAMILY, 1, &m, sizeof(m));
		add_attribute(&d, INET_DIAG_INFO, &info, sizeof(info));
		assert_int_equal(read_one(&d).was_established, room);
	}
}

CASE(a_socket_without_tcp_info_has_no_counters)
{
	struct datagram d = {.length = 0};
	struct inet_diag_msg m = ipv4_socket("10.0.0.1", 40000, "10.0.0.2", 443);
	add_message(&d, SOCK_DIAG_BY_FAMILY, 1, &m, sizeof(m));
	assert_false(read_one(&d).has_counters);
}

/* Cut anywhere, nothing behind the cut is read (the sanitizers watch) and nothing but
 * the whole socket is taken for one with counters. */
CASE(a_cut_datagram_is_read_to_the_cut)
{
	struct datagram d = tcp(STATE_ESTABLISHED, 0, 101, 100, 0);
	for (size_t length = 0; length < d.length; length++) {
		struct seen seen = {0};
		unsigned char *cut = malloc(length + 1);
		memcpy(cut, d.bytes, length);
		netlink_visit_all(cut, length, read_message, &seen);
		assert_int_equal(seen.count, 0);
		if (length >= sizeof(struct nlmsghdr)) {
			struct nlmsghdr h = last_header(&d);
			h.nlmsg_len = (uint32_t)length;
			memcpy(cut, &h, sizeof(h));
			netlink_visit_all(cut, length, read_message, &seen);
			assert_false(seen.last.has_counters);
		}
		free(cut);
	}
}

CASE(attributes_with_impossible_lengths_end_the_reading)
{
	for (unsigned wrong = 0; wrong < 4; wrong++) {
		struct datagram d = tcp(STATE_ESTABLISHED, 0, 101, 100, 0);
		const uint16_t lengths[] = {0, 3, 1000, 65535};
		memcpy(d.bytes + NLMSG_HDRLEN + sizeof(struct inet_diag_msg),
		       &lengths[wrong], sizeof(lengths[wrong]));
		assert_false(read_one(&d).has_counters);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_socket_is_read_whole),
	    cmocka_unit_test(legacy_messages_are_read_alike),
	    cmocka_unit_test(the_acknowledged_syn_tells_who_opened),
	    cmocka_unit_test(what_is_not_acknowledged_tells_nothing),
	    cmocka_unit_test(sent_bytes_stay_within_the_sequence_space),
	    cmocka_unit_test(a_short_tcp_info_of_an_old_kernel_will_do),
	    cmocka_unit_test(a_longer_tcp_info_of_a_new_kernel_will_do),
	    cmocka_unit_test(a_connection_there_ever_was_left_room_to_receive),
	    cmocka_unit_test(a_socket_without_tcp_info_has_no_counters),
	    cmocka_unit_test(a_cut_datagram_is_read_to_the_cut),
	    cmocka_unit_test(attributes_with_impossible_lengths_end_the_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
