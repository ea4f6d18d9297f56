/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a netlink datagram: nothing beyond them is read, each message that is
 * visited lies within them, in order, and a dump's end makes sense. The first byte of
 * the input chooses the sequence that is waited for. */
#include <stdlib.h>
#include <string.h>

#include "netlink/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bounds {
	const unsigned char *from, *to;
};

static void visit(void *context, struct nlmsghdr *message)
{
	struct bounds *b = context;
	const unsigned char *at = (const unsigned char *)message;

	if (at < b->from || message->nlmsg_len < sizeof(*message) ||
	    message->nlmsg_len > (size_t)(b->to - at) ||
	    message->nlmsg_type < NLMSG_MIN_TYPE)
		abort();
	b->from = at + message->nlmsg_len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bounds bounds;
	struct netlink_answer answer = {.visit = visit, .context = &bounds};
	unsigned char *datagram;

	if (size < 1)
		return 0;
	/* A block of its very size, so that the sanitizer sees a read beyond it. */
	datagram = malloc(--size);
	if (!datagram)
		return 0;
	memcpy(datagram, data + 1, size);
	answer.sequence = data[0] % 4;
	bounds = (struct bounds){datagram, datagram + size};
	netlink_visit_all(datagram, size, visit, &bounds);
	bounds.from = datagram;
	if (netlink_answer_read(&answer, datagram, size) == ANSWER_REFUSED &&
	    (answer.errnum <= 0 || answer.errnum > 4095))
		abort();
	free(datagram);
	return 0;
}
