/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h - the messages in a netlink datagram, and where a dump ends.
 *
 * Pure functions, safe on any bytes: they check each length before they use it, and
 * read nothing behind the datagram.
 */
#ifndef DORMOUSE_NETLINK_MESSAGES_H
#define DORMOUSE_NETLINK_MESSAGES_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rest of a datagram: `left` bytes at `at`, which has the alignment of nlmsghdr. */
struct netlink_rest {
	unsigned char *at;
	size_t left;
};

/* The next message; all of its nlmsg_len bytes are within the datagram. NULL at the
 * end, or if a length is invalid. */
struct nlmsghdr *netlink_next(struct netlink_rest *rest);

/* Called for one message; all of its nlmsg_len bytes may be read. */
typedef void netlink_visitor(void *context, struct nlmsghdr *message);

/* Visits each message of a datagram except netlink's own control messages. */
void netlink_visit_all(void *datagram, size_t length, netlink_visitor *visit,
		       void *context);

/* The answer to one dump request, read datagram by datagram. */
struct netlink_answer {
	uint32_t sequence; /* of the request; other messages are ignored */
	netlink_visitor *visit;
	void *context;
	bool interrupted; /* a message carried NLM_F_DUMP_INTR */
	int errnum;       /* with ANSWER_REFUSED: a positive errno */
};

enum answer_progress {
	ANSWER_GOES_ON, /* the next datagram continues */
	ANSWER_ENDED,
	ANSWER_REFUSED /* the kernel answered with an errno */
};

/* Reads one datagram of the answer and visits its messages. */
enum answer_progress netlink_answer_read(struct netlink_answer *a, void *datagram,
					 size_t length);

#endif
