/* SPDX-License-Identifier: Apache-2.0 */
/* link_message.h - what rtnetlink's messages say about links. Private to collect/.
 *
 * Pure functions of a message's bytes, safe on any: a message that lacks what it should
 * have, or that is cut short, is refused.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINK_MESSAGE_H
#define DORMOUSE_COLLECT_LINKS_LINK_MESSAGE_H

#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "link_table.h"

/* The counters in an RTM_NEWSTATS message, which is what a dump by RTM_GETSTATS gives,
 * or in one of RTM_NEWLINK or RTM_DELLINK. `message` holds message->nlmsg_len bytes.
 * False when it says no counters. Does not allocate. */
bool link_message_reading(const struct nlmsghdr *message, int *ifindex,
			  struct link_reading *reading);

/* All that a message of RTM_NEWLINK or RTM_DELLINK says. False when it is about no link
 * that came or went: bridge ports report joining and leaving in the same types.
 * Allocates and frees. */
bool link_message_event(struct nlmsghdr *message, struct link_event *event);

/* The address of this host that a message of RTM_NEWADDR says, IPv4 mapped. False when
 * it says none. Does not allocate. */
bool link_message_address(const struct nlmsghdr *message, struct in6_addr *address);

#endif
