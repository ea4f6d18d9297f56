/* SPDX-License-Identifier: Apache-2.0 */
/* How datagrams are walked and answers read: canned datagrams, right ones and wrong
 * ones. Each is read in memory of its own size, so that the sanitizers see what is read
 * beyond it. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "../support/datagram_fixture.h"
#include "../support/testing.h"
#include "netlink/messages.h"

#define TYPE (NLMSG_MIN_TYPE + 4)

struct seen {
	unsigned count;
	uint32_t last_length;
};

static void see(void *context, struct nlmsghdr *message)
{
	struct seen *seen = context;

	seen->count++;
	seen->last_length = message->nlmsg_len;
}

static unsigned char *exactly(const void *bytes, size_t length)
{
	unsigned char *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

static struct seen visited(const void *bytes, size_t length)
{
	unsigned char *copy = exactly(bytes, length);
	struct seen seen = {0};

	netlink_visit_all(copy, length, see, &seen);
	free(copy);
	return seen;
}

/* Reads the datagram as the answer to the request of number 1. */
static enum answer_progress read_answer(const struct datagram *d, struct seen *seen,
					struct netlink_answer *answer)
{
	unsigned char *copy = exactly(d->bytes, d->length);
	enum answer_progress progress;

	*seen = (struct seen){0};
	*answer = (struct netlink_answer){.sequence = 1, .visit = see, .context = seen};
	progress = netlink_answer_read(answer, copy, d->length);
	free(copy);
	return progress;
}

/* A datagram of one message of an answer to the request of that number. */
static struct datagram one_message(uint32_t sequence)
{
	struct datagram d = {.length = 0};

	add_message(&d, TYPE, sequence, "0123456789abcdef", 16);
	return d;
}

CASE(each_message_is_visited)
{
	struct datagram d = one_message(1);

	add_message(&d, TYPE, 2, "x", 1);
	add_message(&d, TYPE, 3, "", 0);
	assert_int_equal(visited(d.bytes, d.length).count, 3);
	assert_int_equal(visited(d.bytes, d.length).last_length, NLMSG_HDRLEN);
	assert_int_equal(visited(d.bytes, 0).count, 0);
}

CASE(the_last_message_need_not_be_padded)
{
	struct datagram d = one_message(1);

	add_message(&d, TYPE, 1, "x", 1);
	assert_int_equal(visited(d.bytes, d.length - 3).count, 2);
}

CASE(control_messages_are_no_events)
{
	struct datagram d = one_message(1);
	int code = 0;

	add_message(&d, NLMSG_NOOP, 1, "", 0);
	add_message(&d, NLMSG_ERROR, 1, &code, sizeof(code));
	add_message(&d, NLMSG_DONE, 1, &code, sizeof(code));
	assert_int_equal(visited(d.bytes, d.length).count, 1);
}

CASE(a_cut_message_is_not_visited)
{
	struct datagram d = one_message(1);

	add_message(&d, TYPE, 1, "0123456789abcdef", 16);
	for (size_t length = 0; length < d.length; length++)
		assert_int_equal(visited(d.bytes, length).count, length >= d.message);
}

CASE(an_impossible_length_ends_the_walk)
{
	static const uint32_t lengths[] = {
	    0, 1, 15, 33, 4096, 1u << 31, UINT32_MAX - 2, UINT32_MAX};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct datagram d = one_message(1);
		struct netlink_answer answer;
		struct nlmsghdr h;
		struct seen seen;

		add_message(&d, TYPE, 1, "0123456789abcdef", 16);
		h = last_header(&d);
		h.nlmsg_len = lengths[i];
		set_last_header(&d, h);
		assert_int_equal(visited(d.bytes, d.length).count, 1);
		assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_GOES_ON);
		assert_int_equal(seen.count, 1);
	}
}

CASE(the_end_of_a_dump_is_known)
{
	struct datagram d = one_message(1);
	struct netlink_answer answer;
	struct seen seen;
	int code = 0;

	assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_GOES_ON);
	add_message(&d, NLMSG_DONE, 1, &code, sizeof(code));
	add_message(&d, TYPE, 1, "x", 1);
	assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_ENDED);
	assert_int_equal(seen.count, 1);
	assert_false(answer.interrupted);
}

CASE(an_end_without_a_status_is_an_end)
{
	struct datagram d = one_message(1);
	struct netlink_answer answer;
	struct seen seen;

	add_message(&d, NLMSG_DONE, 1, "", 0);
	assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_ENDED);
}

CASE(a_refusal_carries_its_errno)
{
	static const struct {
		uint16_t type;
		int code, errnum;
	} cases[] = {{NLMSG_ERROR, -ENOENT, ENOENT},
		     {NLMSG_DONE, -EBUSY, EBUSY},
		     {NLMSG_ERROR, 5, EPROTO},
		     {NLMSG_ERROR, -4096, EPROTO},
		     {NLMSG_DONE, INT32_MIN, EPROTO}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nlmsgerr refusal = {.error = cases[i].code};
		struct datagram d = {.length = 0};
		struct netlink_answer answer;
		struct seen seen;

		add_message(&d, cases[i].type, 1, &refusal, sizeof(refusal));
		assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_REFUSED);
		assert_int_equal(answer.errnum, cases[i].errnum);
	}
}

CASE(a_refusal_cut_short_is_a_refusal)
{
	struct datagram d = {.length = 0};
	struct netlink_answer answer;
	struct seen seen;

	add_message(&d, NLMSG_ERROR, 1, "x", 1);
	assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_REFUSED);
	assert_int_equal(answer.errnum, EPROTO);
}

CASE(an_acknowledgement_is_no_end)
{
	struct nlmsgerr acknowledgement = {.error = 0};
	struct datagram d = {.length = 0};
	struct netlink_answer answer;
	struct seen seen;

	add_message(&d, NLMSG_ERROR, 1, &acknowledgement, sizeof(acknowledgement));
	add_message(&d, TYPE, 1, "x", 1);
	assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_GOES_ON);
	assert_int_equal(seen.count, 1);
}

CASE(an_interrupted_dump_is_noticed)
{
	struct datagram d = one_message(1);
	struct netlink_answer answer;
	struct nlmsghdr h = last_header(&d);
	struct seen seen;

	h.nlmsg_flags |= NLM_F_DUMP_INTR;
	set_last_header(&d, h);
	read_answer(&d, &seen, &answer);
	assert_true(answer.interrupted);
	assert_int_equal(seen.count, 1);
}

CASE(answers_to_an_older_request_are_passed_over)
{
	struct datagram d = one_message(0);
	struct netlink_answer answer;
	struct nlmsghdr h = last_header(&d);
	struct seen seen;
	int code = 0;

	h.nlmsg_flags |= NLM_F_DUMP_INTR;
	set_last_header(&d, h);
	add_message(&d, NLMSG_DONE, 0, &code, sizeof(code));
	assert_int_equal(read_answer(&d, &seen, &answer), ANSWER_GOES_ON);
	assert_int_equal(seen.count, 0);
	assert_false(answer.interrupted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_message_is_visited),
	    cmocka_unit_test(the_last_message_need_not_be_padded),
	    cmocka_unit_test(control_messages_are_no_events),
	    cmocka_unit_test(a_cut_message_is_not_visited),
	    cmocka_unit_test(an_impossible_length_ends_the_walk),
	    cmocka_unit_test(the_end_of_a_dump_is_known),
	    cmocka_unit_test(an_end_without_a_status_is_an_end),
	    cmocka_unit_test(a_refusal_carries_its_errno),
	    cmocka_unit_test(a_refusal_cut_short_is_a_refusal),
	    cmocka_unit_test(an_acknowledgement_is_no_end),
	    cmocka_unit_test(an_interrupted_dump_is_noticed),
	    cmocka_unit_test(answers_to_an_older_request_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
