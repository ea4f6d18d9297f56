/* SPDX-License-Identifier: Apache-2.0 */
/* link_message.h - reads rtnetlink's messages about links. Private to collect/.
 *
 * Pure functions of a message's bytes, safe on any: a message that is incomplete or
 * truncated is rejected.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINK_MESSAGE_H
#define DORMOUSE_COLLECT_LINKS_LINK_MESSAGE_H

#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "link_table.h"

/* Reads the counters of an RTM_NEWSTATS message, which a dump by RTM_GETSTATS sends, or
 * of RTM_NEWLINK or RTM_DELLINK. `message` holds message->nlmsg_len bytes. False if it
 * has no counters. Does not allocate. */
bool link_message_reading(const struct nlmsghdr *message, int *ifindex,
			  struct link_reading *reading);

/* Reads an RTM_NEWLINK or RTM_DELLINK message. False if it does not report a link that
 * came, changed or went: bridge ports report joining and leaving by the same types.
 * Does not allocate. */
bool link_message_event(const struct nlmsghdr *message, struct link_event *event);

/* Reads the address of this host from an RTM_NEWADDR message, IPv4 v4-mapped. False if
 * it has none. Does not allocate. */
bool link_message_address(const struct nlmsghdr *message, struct in6_addr *address);

#endif
