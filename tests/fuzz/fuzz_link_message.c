/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink's messages, from any bytes: nothing is read past the end, and what a
 * message says keeps to its bounds. */
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collect/links/link_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *message;
	struct link_reading reading;
	struct link_event event;
	struct in6_addr address;
	int ifindex;

	if (size < sizeof(*message))
		return 0;
	/* In memory of its own size, as aligned as a receive buffer. */
	message = malloc(size);
	if (!message)
		return 0;
	memcpy(message, data, size);
	message->nlmsg_len = (uint32_t)size;
	link_message_reading(message, &ifindex, &reading);
	link_message_address(message, &address);
	if (link_message_event(message, &event) &&
	    (event.ifindex <= 0 || !memchr(event.name, 0, sizeof(event.name)) ||
	     !memchr(event.kind, 0, sizeof(event.kind)) ||
	     event.address_length > sizeof(event.address)))
		abort();
	free(message);
	return 0;
}
