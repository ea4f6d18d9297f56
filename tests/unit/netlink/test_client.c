/* SPDX-License-Identifier: Apache-2.0 */
/* The netlink client against a real kernel, in a network namespace of the test's own
 * with a pair of veths, a and b. What seldom happens is put into what the kernel
 * answers: for that this file stands in front of the C library's recvmmsg(). */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "../support/datagram_fixture.h"
#include "../support/namespace_fixture.h"
#include "../support/testing.h"
#include "netlink/client.h"

#define DATAGRAM_BYTES 16384

/* What recvmmsg() does beside receiving. */
static struct {
	unsigned interrupt; /* so many datagrams carry NLM_F_DUMP_INTR */
	unsigned overruns;  /* so many calls fail with ENOBUFS */
	bool nothing;       /* nothing waits */
	bool flood;         /* there is always one message more, of this many calls: */
	unsigned calls;
} will;

static void interrupt(struct mmsghdr *m)
{
	struct nlmsghdr *first = m->msg_hdr.msg_iov[0].iov_base;

	if (will.interrupt == 0 || m->msg_len < sizeof(*first))
		return;
	will.interrupt--;
	first->nlmsg_flags |= NLM_F_DUMP_INTR;
}

static int flood(struct mmsghdr *messages, unsigned count)
{
	struct datagram d = {.length = 0};

	add_message(&d, RTM_NEWLINK, 0, "", 0);
	for (unsigned i = 0; i < count; i++) {
		struct sockaddr_nl *sender = messages[i].msg_hdr.msg_name;

		memcpy(messages[i].msg_hdr.msg_iov[0].iov_base, d.bytes, d.length);
		messages[i].msg_len = (unsigned)d.length;
		*sender = (struct sockaddr_nl){.nl_family = AF_NETLINK};
	}
	return (int)count;
}

int recvmmsg(int fd, struct mmsghdr *vmessages, unsigned vlen, RECVMMSG_FLAGS flags,
	     struct timespec *tmo)
{
	int got;

	will.calls++;
	if (will.overruns > 0 || will.nothing) {
		errno = will.overruns > 0 ? ENOBUFS : EAGAIN;
		will.overruns -= will.overruns > 0;
		return -1;
	}
	if (will.flood)
		return flood(vmessages, vlen);
	got = (int)syscall(SYS_recvmmsg, fd, vmessages, vlen, flags, tmo);
	for (int i = 0; i < got; i++)
		interrupt(&vmessages[i]);
	return got;
}

static bool allowed;

static int open_client(void **state)
{
	static struct netlink_client n = NETLINK_CLOSED;
	struct error err;

	memset(&will, 0, sizeof(will));
	n.grown = 0;
	if (!allowed)
		return 0;
	*state = &n;
	return netlink_open(&n, NETLINK_ROUTE, DATAGRAM_BYTES, 1, &err);
}

static int close_client(void **state)
{
	if (allowed)
		netlink_close(*state);
	return 0;
}

/* What a dump of the links told. */
struct told {
	struct netlink_client *client;
	unsigned dumps, links, others;
	bool pair[2]; /* a and b */
	struct dump_failure failure;
};

static void see_link(void *context, struct nlmsghdr *message)
{
	const struct ifinfomsg *head = NLMSG_DATA(message);
	struct told *told = context;

	if (message->nlmsg_type != RTM_NEWLINK) {
		told->others++;
		return;
	}
	told->links++;
	told->pair[0] |= head->ifi_index == (int)if_nametoindex("a");
	told->pair[1] |= head->ifi_index == (int)if_nametoindex("b");
}

static const struct ifinfomsg every_link;
static const struct netlink_request list_links = {RTM_GETLINK, &every_link,
						  sizeof(every_link)};

static enum dump_end list_once(void *context)
{
	struct told *told = context;

	told->dumps++;
	told->links = told->others = 0;
	return netlink_dump(told->client, &list_links, see_link, told, &told->failure);
}

static enum dump_end list(struct netlink_client *n, struct told *told)
{
	*told = (struct told){.client = n};
	return netlink_dump_whole(list_once, told);
}

/* lo, a and b, and what tunnels the kernel makes by itself. */
static void assert_all_told(const struct told *told)
{
	assert_true(told->links >= 3);
	assert_true(told->pair[0] && told->pair[1]);
	assert_int_equal(told->others, 0);
}

static void a_dump_is_read_to_its_end(void **state)
{
	struct told told;

	if (!allowed)
		skip();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(list(*state, &told), DUMP_DONE);
		assert_int_equal(told.dumps, 1);
		assert_all_told(&told);
	}
	assert_int_equal(((struct netlink_client *)*state)->grown, 0);
}

/* Many links need many datagrams. */
static void a_long_dump_is_read_to_its_end(void **state)
{
	struct told told;

	if (!allowed)
		skip();
	assert_int_equal(shell("for i in $(seq 100); do "
			       "echo link add l$i type veth peer name m$i; done | "
			       "ip -batch -"),
			 0);
	assert_int_equal(list(*state, &told), DUMP_DONE);
	assert_true(told.links >= 203);
	assert_int_equal(shell("for i in $(seq 100); do echo link del l$i; done | "
			       "ip -batch -"),
			 0);
}

static void a_dump_interrupted_once_is_made_again(void **state)
{
	struct told told;

	if (!allowed)
		skip();
	will.interrupt = 1;
	assert_int_equal(list(*state, &told), DUMP_DONE);
	assert_int_equal(told.dumps, 2);
	assert_all_told(&told);
}

static void a_dump_interrupted_always_is_made_three_times(void **state)
{
	struct told told;

	if (!allowed)
		skip();
	will.interrupt = UINT32_MAX;
	assert_int_equal(list(*state, &told), DUMP_PARTIAL);
	assert_int_equal(told.dumps, NETLINK_DUMP_TRIES);
	assert_int_equal(NETLINK_DUMP_TRIES, 3);
	assert_all_told(&told);
}

static void a_dump_that_is_refused_says_so(void **state)
{
	static const struct netlink_request unknown = {RTM_MAX + 40, &every_link,
						       sizeof(every_link)};
	struct netlink_client *n = *state;
	struct dump_failure failure;
	struct told told;

	if (!allowed)
		skip();
	assert_int_equal(netlink_dump(n, &unknown, see_link, &told, &failure),
			 DUMP_FAILED);
	assert_true(failure.refused);
	assert_int_equal(failure.errnum, EOPNOTSUPP);
	assert_string_equal(failure.step, "the kernel refuses a dump");
	assert_int_equal(list(n, &told), DUMP_DONE);
	assert_all_told(&told);
}

static void an_overlong_request_is_not_sent(void **state)
{
	static const unsigned char body[NETLINK_REQUEST_MAX + 1];
	const struct netlink_request request = {RTM_GETLINK, body, sizeof(body)};
	struct dump_failure failure;

	if (!allowed)
		skip();
	assert_int_equal(netlink_dump(*state, &request, see_link, NULL, &failure),
			 DUMP_FAILED);
	assert_false(failure.refused);
	assert_int_equal(failure.errnum, EMSGSIZE);
	assert_string_equal(failure.step, "send a request");
}

/* Of a datagram that is cut nothing is believed. */
CASE(a_datagram_longer_than_its_place_is_a_failure)
{
	struct netlink_client small = NETLINK_CLOSED;
	struct told told;
	struct error err;

	if (!allowed)
		skip();
	assert_int_equal(netlink_open(&small, NETLINK_ROUTE, 64, 1, &err), 0);
	assert_int_equal(list(&small, &told), DUMP_FAILED);
	assert_int_equal(told.dumps, 1);
	assert_int_equal(told.links, 0);
	assert_false(told.failure.refused);
	assert_int_equal(told.failure.errnum, EMSGSIZE);
	assert_string_equal(told.failure.step, "receive a dump");
	netlink_close(&small);
}

static void a_dump_that_stops_in_the_middle_is_a_failure(void **state)
{
	struct told told;

	if (!allowed)
		skip();
	will.nothing = true;
	assert_int_equal(list(*state, &told), DUMP_FAILED);
	assert_int_equal(told.dumps, 1);
	assert_false(told.failure.refused);
	assert_int_equal(told.failure.errnum, EAGAIN);
	assert_string_equal(told.failure.step, "receive a dump");
}

static int buffer_of(const struct netlink_client *n)
{
	int size = 0;
	socklen_t length = sizeof(size);

	assert_int_equal(getsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &size, &length), 0);
	return size;
}

static void a_dump_that_overran_is_made_again_with_a_larger_buffer(void **state)
{
	struct netlink_client *n = *state;
	struct told told;
	int before;

	if (!allowed)
		skip();
	before = buffer_of(n);
	will.overruns = 1;
	assert_int_equal(list(n, &told), DUMP_DONE);
	assert_int_equal(told.dumps, 2);
	assert_all_told(&told);
	assert_int_equal(n->grown, 1);
	assert_int_equal(buffer_of(n), 2 * before);
}

/* Nothing comes after the overrun: it is no failure of the socket. */
static void a_dump_whose_end_was_lost_is_partial(void **state)
{
	struct told told;

	if (!allowed)
		skip();
	told = (struct told){.client = *state};
	will.overruns = 1;
	will.nothing = true;
	assert_int_equal(list_once(&told), DUMP_PARTIAL);
}

/* --- strangers --- */

/* Sends the datagram to the client from a socket of another process' kind: one that is
 * not the kernel's. */
static void send_as_a_stranger(const struct netlink_client *n, const struct datagram *d)
{
	struct sockaddr_nl to;
	socklen_t length = sizeof(to);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	assert_true(fd >= 0);
	assert_int_equal(getsockname(n->fd, (struct sockaddr *)&to, &length), 0);
	assert_true(to.nl_pid != 0);
	to.nl_groups = 0;
	assert_int_equal(
	    sendto(fd, d->bytes, d->length, 0, (struct sockaddr *)&to, sizeof(to)),
	    d->length);
	close(fd);
}

static void a_strangers_answer_is_passed_over(void **state)
{
	struct netlink_client *n = *state;
	struct nlmsgerr refusal = {.error = -EPERM};
	struct datagram d = {.length = 0};
	struct ifinfomsg link = {.ifi_index = 4711};
	struct told told;

	if (!allowed)
		skip();
	add_message(&d, RTM_NEWLINK, n->sequence + 1, &link, sizeof(link));
	add_message(&d, RTM_NEWADDR, n->sequence + 1, &link, sizeof(link));
	add_message(&d, NLMSG_ERROR, n->sequence + 1, &refusal, sizeof(refusal));
	send_as_a_stranger(n, &d);
	assert_int_equal(list(n, &told), DUMP_DONE);
	assert_int_equal(told.dumps, 1);
	assert_all_told(&told);
}

CASE(a_strangers_overlong_datagram_is_passed_over)
{
	struct netlink_client small = NETLINK_CLOSED;
	static const struct netlink_request neighbours = {RTM_GETNEIGH, &every_link,
							  sizeof(struct ifinfomsg)};
	struct datagram d = {.length = 0};
	struct dump_failure failure;
	struct told told = {0};
	struct error err;

	if (!allowed)
		skip();
	/* There are no neighbours: the answer is nothing but an end. */
	assert_int_equal(netlink_open(&small, NETLINK_ROUTE, 64, 1, &err), 0);
	for (int i = 0; i < 10; i++)
		add_message(&d, RTM_NEWLINK, 1, &every_link, sizeof(every_link));
	send_as_a_stranger(&small, &d);
	small.sequence = 0;
	assert_int_equal(netlink_dump(&small, &neighbours, see_link, &told, &failure),
			 DUMP_DONE);
	assert_int_equal(told.links, 0);
	netlink_close(&small);
}

/* --- events --- */

struct heard {
	struct told told;
	unsigned losses;
	unsigned links_at_loss;
};

static void hear(void *context, struct nlmsghdr *message)
{
	see_link(&((struct heard *)context)->told, message);
}

static void hear_of_loss(void *context)
{
	struct heard *heard = context;

	heard->losses++;
	heard->links_at_loss = heard->told.links;
}

static struct heard read_events(struct netlink_client *n)
{
	struct heard heard = {0};
	const struct netlink_events events = {hear, hear_of_loss, &heard};

	assert_int_equal(netlink_read_events(n, &events), 0);
	return heard;
}

static int open_listening(void **state)
{
	struct error err;

	if (open_client(state) != 0)
		return -1;
	return allowed ? netlink_join(*state, RTNLGRP_LINK, &err) : 0;
}

static void events_are_read_without_waiting(void **state)
{
	struct netlink_client *n = *state;
	struct heard heard;

	if (!allowed)
		skip();
	assert_int_equal(read_events(n).told.links, 0);
	assert_int_equal(shell("ip link set dev a alias one && "
			       "ip link set dev b alias two"),
			 0);
	heard = read_events(n);
	assert_true(heard.told.links >= 2);
	assert_true(heard.told.pair[0] && heard.told.pair[1]);
	assert_int_equal(heard.losses, 0);
	assert_int_equal(read_events(n).told.links, 0);
}

static void a_strangers_event_is_passed_over(void **state)
{
	struct netlink_client *n = *state;
	struct datagram d = {.length = 0};
	struct heard heard;

	if (!allowed)
		skip();
	add_message(&d, RTM_NEWLINK, 0, &every_link, sizeof(every_link));
	send_as_a_stranger(n, &d);
	assert_int_equal(shell("ip link set dev a alias three"), 0);
	send_as_a_stranger(n, &d);
	heard = read_events(n);
	assert_true(heard.told.pair[0]);
	assert_int_equal(heard.losses, 0);
	assert_int_equal(heard.told.links, 1);
}

static void an_overrun_is_told_and_the_buffer_grows(void **state)
{
	struct netlink_client *n = *state;
	struct heard heard;
	int small = 1, before;

	if (!allowed)
		skip();
	setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	before = buffer_of(n);
	for (int i = 0; i < 10; i++)
		assert_int_equal(shell("ip link set dev a alias number%d", i), 0);
	heard = read_events(n);
	assert_int_equal(heard.losses, 1);
	assert_true(netlink_drops(n) > 0);
	assert_true(heard.told.links < 10);
	assert_int_equal(n->grown, 1);
	assert_int_equal(buffer_of(n), 2 * before);
	/* And it goes on. */
	assert_int_equal(shell("ip link set dev a alias last"), 0);
	heard = read_events(n);
	assert_int_equal(heard.told.links, 1);
	assert_int_equal(heard.losses, 0);
}

/* The kernel reports twice what it was asked for. */
static void the_buffer_grows_to_the_cap_and_no_further(void **state)
{
	struct netlink_client *n = *state;
	unsigned doublings = 0;
	struct heard heard;

	if (!allowed)
		skip();
	for (int size = buffer_of(n); size < 2 * NETLINK_BUFFER_MAX; size *= 2)
		doublings++;
	will.overruns = doublings + 5;
	heard = read_events(n);
	assert_int_equal(heard.losses, doublings + 5);
	assert_int_equal(n->grown, doublings);
	assert_int_equal(buffer_of(n), 2 * NETLINK_BUFFER_MAX);
	netlink_ask_buffer(n, UINT32_MAX);
	assert_int_equal(buffer_of(n), 2 * NETLINK_BUFFER_MAX);
}

CASE(an_event_longer_than_its_place_is_lost)
{
	struct netlink_client small = NETLINK_CLOSED;
	struct heard heard;
	struct error err;

	if (!allowed)
		skip();
	assert_int_equal(
	    netlink_open(&small, NETLINK_ROUTE, 64, NETLINK_BATCH_MAX, &err), 0);
	assert_int_equal(netlink_join(&small, RTNLGRP_LINK, &err), 0);
	assert_int_equal(shell("ip link set dev a alias four && "
			       "ip link set dev a alias five"),
			 0);
	heard = read_events(&small);
	assert_int_equal(heard.losses, 2);
	assert_int_equal(heard.told.links, 0);
	assert_int_equal(small.grown, 0);
	netlink_close(&small);
}

static void a_flood_of_events_is_left_after_a_while(void **state)
{
	struct netlink_client batched = NETLINK_CLOSED;
	struct heard heard;
	struct error err;

	if (!allowed)
		skip();
	assert_int_equal(
	    netlink_open(&batched, NETLINK_ROUTE, 64, NETLINK_BATCH_MAX, &err), 0);
	will.flood = true;
	heard = read_events(*state);
	assert_int_equal(heard.told.links, 8192);
	assert_int_equal(will.calls, 8192);
	will.calls = 0;
	heard = read_events(&batched);
	assert_int_equal(heard.told.links, 8192);
	assert_int_equal(will.calls, 8192 / NETLINK_BATCH_MAX);
	netlink_close(&batched);
}

CASE(a_protocol_that_is_not_there_is_an_error)
{
	struct netlink_client n = NETLINK_CLOSED;
	struct error err = {""};

	assert_int_equal(netlink_open(&n, 31, DATAGRAM_BYTES, 1, &err), -1);
	assert_string_not_equal(err.text, "");
	assert_false(netlink_is_open(&n));
	assert_int_equal(n.fd, -1);
	netlink_close(&n);
}

#define DUMPS(test)  cmocka_unit_test_setup_teardown(test, open_client, close_client)
#define EVENTS(test) cmocka_unit_test_setup_teardown(test, open_listening, close_client)

CASE(what_does_not_fit_the_buffer_is_not_opened)
{
	static const struct {
		size_t bytes;
		unsigned batch;
	} wrong[] = {
	    {NETLINK_RECEIVE_MAX + 8, 1},
	    {NETLINK_RECEIVE_MAX / 2 + 8, 2},
	    {8, NETLINK_BATCH_MAX + 1},
	    {8, 0},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct netlink_client n = NETLINK_CLOSED;
		struct error err;

		assert_int_equal(netlink_open(&n, NETLINK_ROUTE, wrong[i].bytes,
					      wrong[i].batch, &err),
				 -1);
		assert_non_null(strstr(err.text, "do not fit"));
		assert_false(netlink_is_open(&n));
		netlink_close(&n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_does_not_fit_the_buffer_is_not_opened),
	    DUMPS(a_dump_is_read_to_its_end),
	    DUMPS(a_long_dump_is_read_to_its_end),
	    DUMPS(a_dump_interrupted_once_is_made_again),
	    DUMPS(a_dump_interrupted_always_is_made_three_times),
	    DUMPS(a_dump_that_is_refused_says_so),
	    DUMPS(an_overlong_request_is_not_sent),
	    DUMPS(a_datagram_longer_than_its_place_is_a_failure),
	    DUMPS(a_dump_that_stops_in_the_middle_is_a_failure),
	    DUMPS(a_dump_that_overran_is_made_again_with_a_larger_buffer),
	    DUMPS(a_dump_whose_end_was_lost_is_partial),
	    DUMPS(a_strangers_answer_is_passed_over),
	    DUMPS(a_strangers_overlong_datagram_is_passed_over),
	    EVENTS(events_are_read_without_waiting),
	    EVENTS(a_strangers_event_is_passed_over),
	    EVENTS(an_overrun_is_told_and_the_buffer_grows),
	    EVENTS(the_buffer_grows_to_the_cap_and_no_further),
	    EVENTS(an_event_longer_than_its_place_is_lost),
	    EVENTS(a_flood_of_events_is_left_after_a_while),
	    cmocka_unit_test(a_protocol_that_is_not_there_is_an_error),
	};

	allowed = own_namespace_enter() && make_veth("a", "b");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
