/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c - walks the messages of a netlink datagram.
 *
 * The bytes come from the kernel, but nothing in them is trusted. libnl's nlmsg_ok()
 * and nlmsg_next() count in int, and become negative where the last message is not
 * padded.
 */
#include "messages.h"

#include <errno.h>
#include <string.h>

#define ERRNO_MAX 4095 /* the kernel's, in include/linux/err.h */

struct nlmsghdr *netlink_next(struct netlink_rest *rest)
{
	struct nlmsghdr *message = (struct nlmsghdr *)rest->at;
	size_t step;

	if (rest->left < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
	    message->nlmsg_len > rest->left)
		return NULL;
	step = NLMSG_ALIGN((size_t)message->nlmsg_len);
	if (step > rest->left) /* the last one need not be padded */
		step = rest->left;
	rest->at += step;
	rest->left -= step;
	return message;
}

void netlink_visit_all(void *datagram, size_t length, netlink_visitor *visit,
		       void *context)
{
	struct netlink_rest rest = {datagram, length};
	struct nlmsghdr *message;

	while ((message = netlink_next(&rest)))
		if (message->nlmsg_type >= NLMSG_MIN_TYPE)
			visit(context, message);
}

/* NLMSG_ERROR carries a negative errno, or 0 if it acknowledges a request. NLMSG_DONE
 * may also carry one, for a dump that failed. */
static enum answer_progress read_end(struct netlink_answer *a,
				     const struct nlmsghdr *message)
{
	bool done = message->nlmsg_type == NLMSG_DONE;
	int code = done ? 0 : -EPROTO;

	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(code)))
		memcpy(&code, NLMSG_DATA(message), sizeof(code));
	if (code == 0)
		return done ? ANSWER_ENDED : ANSWER_GOES_ON;
	a->errnum = code < 0 && code >= -ERRNO_MAX ? -code : EPROTO;
	return ANSWER_REFUSED;
}

enum answer_progress netlink_answer_read(struct netlink_answer *a, void *datagram,
					 size_t length)
{
	struct netlink_rest rest = {datagram, length};
	enum answer_progress progress = ANSWER_GOES_ON;
	struct nlmsghdr *message;

	while (progress == ANSWER_GOES_ON && (message = netlink_next(&rest))) {
		/* The rest of an abandoned dump has an older sequence number. */
		if (message->nlmsg_seq != a->sequence)
			continue;
		a->interrupted |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (message->nlmsg_type == NLMSG_DONE ||
		    message->nlmsg_type == NLMSG_ERROR)
			progress = read_end(a, message);
		else if (message->nlmsg_type >= NLMSG_MIN_TYPE)
			a->visit(a->context, message);
	}
	return progress;
}
