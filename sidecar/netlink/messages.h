/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h - the messages in a netlink datagram, and where a dump ends.
 *
 * Pure functions of bytes, safe on any: no length in them is used before it is checked,
 * and nothing behind the datagram is read.
 */
#ifndef DORMOUSE_NETLINK_MESSAGES_H
#define DORMOUSE_NETLINK_MESSAGES_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left of a datagram: `left` bytes at `at`, which is aligned as nlmsghdr is. */
struct netlink_rest {
	unsigned char *at;
	size_t left;
};

/* The next message, all of whose nlmsg_len bytes lie within the datagram; NULL at the
 * end, or where a length is impossible. */
struct nlmsghdr *netlink_next(struct netlink_rest *rest);

/* Called for one message; all of its nlmsg_len bytes may be read. */
typedef void netlink_visitor(void *context, struct nlmsghdr *message);

/* Visits each message of a datagram but for netlink's own control messages. */
void netlink_visit_all(void *datagram, size_t length, netlink_visitor *visit,
		       void *context);

/* The answer to one request for a dump, as it is read datagram by datagram. */
struct netlink_answer {
	uint32_t sequence; /* of the request; other messages are passed over */
	netlink_visitor *visit;
	void *context;
	bool interrupted; /* some message carried NLM_F_DUMP_INTR */
	int errnum;       /* with ANSWER_REFUSED: a positive errno */
};

enum answer_progress {
	ANSWER_GOES_ON, /* in the next datagram */
	ANSWER_ENDED,
	ANSWER_REFUSED /* it ended with an errno */
};

/* Reads one datagram of the answer and visits its messages. */
enum answer_progress netlink_answer_read(struct netlink_answer *a, void *datagram,
					 size_t length);

#endif
