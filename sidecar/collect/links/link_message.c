/* SPDX-License-Identifier: Apache-2.0 */
/* link_message.c - reads rtnetlink's messages. */
#include "link_message.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* The last counter used ends here; kernels append more. */
#define STATS_LENGTH_MIN offsetof(struct rtnl_link_stats64, multicast)

static bool read_stats(const struct nlattr *attribute, struct link_reading *reading)
{
	struct rtnl_link_stats64 stats;
	size_t length = attribute ? (size_t)nla_len(attribute) : 0;

	if (length < STATS_LENGTH_MIN)
		return false;
	memset(&stats, 0, sizeof(stats));
	memcpy(&stats, nla_data(attribute),
	       length < sizeof(stats) ? length : sizeof(stats));
	reading->rx_bytes = stats.rx_bytes;
	reading->tx_bytes = stats.tx_bytes;
	reading->rx_packets = stats.rx_packets;
	reading->tx_packets = stats.tx_packets;
	reading->rx_errors = stats.rx_errors;
	reading->tx_errors = stats.tx_errors;
	reading->rx_dropped = stats.rx_dropped;
	reading->tx_dropped = stats.tx_dropped;
	return true;
}

/* nla_find() after the family's header of `header_length` bytes. */
static const struct nlattr *attribute_of(const struct nlmsghdr *message,
					 int header_length, int type)
{
	return nla_find(nlmsg_attrdata(message, header_length),
			nlmsg_attrlen(message, header_length), type);
}

bool link_message_reading(const struct nlmsghdr *message, int *ifindex,
			  struct link_reading *reading)
{
	if (message->nlmsg_type == RTM_NEWSTATS) {
		const struct if_stats_msg *head = nlmsg_data(message);

		if (!nlmsg_valid_hdr(message, sizeof(*head)))
			return false;
		*ifindex = (int)head->ifindex;
		return read_stats(
		    attribute_of(message, sizeof(*head), IFLA_STATS_LINK_64), reading);
	}
	if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK) {
		const struct ifinfomsg *head = nlmsg_data(message);

		if (!nlmsg_valid_hdr(message, sizeof(*head)) ||
		    head->ifi_family != AF_UNSPEC)
			return false;
		*ifindex = head->ifi_index;
		return read_stats(attribute_of(message, sizeof(*head), IFLA_STATS64),
				  reading);
	}
	return false;
}

/* The text ends where the attribute does, if not before. `to` is empty. */
static void copy_text(char *to, size_t size, const struct nlattr *from)
{
	size_t length = from ? (size_t)nla_len(from) : 0;

	if (length > size - 1)
		length = size - 1;
	if (length > 0)
		memcpy(to, nla_data(from), strnlen(nla_data(from), length));
}

static bool is_number(const struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= (int)sizeof(int32_t);
}

static int number_of(const struct nlattr *attribute)
{
	return is_number(attribute) ? nla_get_s32(attribute) : 0;
}

static void read_kind(const struct nlattr *info, struct link_event *event)
{
	if (info)
		copy_text(event->kind, sizeof(event->kind),
			  nla_find(nla_data(info), nla_len(info), IFLA_INFO_KIND));
}

static void read_address(const struct nlattr *address, struct link_event *event)
{
	if (!address || nla_len(address) > (int)sizeof(event->address))
		return;
	event->address_length = (unsigned)nla_len(address);
	memcpy(event->address, nla_data(address), event->address_length);
}

/* Not by libnl-route: of 3.7, the parser of links reads past the end of a short
 * IFLA_LINK_NETNSID or IFLA_INFO_SLAVE_KIND, because its policies leave them out. */
static void read_link(const struct nlmsghdr *message, struct link_event *event)
{
	const struct ifinfomsg *head = nlmsg_data(message);

	event->ifindex = head->ifi_index;
	event->loopback = head->ifi_flags & IFF_LOOPBACK;
	copy_text(event->name, sizeof(event->name),
		  attribute_of(message, sizeof(*head), IFLA_IFNAME));
	read_kind(attribute_of(message, sizeof(*head), IFLA_LINKINFO), event);
	event->place.below = number_of(attribute_of(message, sizeof(*head), IFLA_LINK));
	event->place.master =
	    number_of(attribute_of(message, sizeof(*head), IFLA_MASTER));
	event->place.elsewhere =
	    is_number(attribute_of(message, sizeof(*head), IFLA_LINK_NETNSID));
	read_address(attribute_of(message, sizeof(*head), IFLA_ADDRESS), event);
}

bool link_message_event(const struct nlmsghdr *message, struct link_event *event)
{
	const struct ifinfomsg *head = nlmsg_data(message);
	int ifindex;

	memset(event, 0, sizeof(*event));
	if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
		return false;
	if (!nlmsg_valid_hdr(message, sizeof(*head)) || head->ifi_family != AF_UNSPEC)
		return false;
	read_link(message, event);
	if (event->ifindex <= 0 || event->name[0] == '\0')
		return false;
	event->gone = message->nlmsg_type == RTM_DELLINK;
	event->has_reading = link_message_reading(message, &ifindex, &event->reading);
	return true;
}

bool link_message_address(const struct nlmsghdr *message, struct in6_addr *address)
{
	const struct ifaddrmsg *head = nlmsg_data(message);
	const struct nlattr *attribute;
	size_t length;

	if (message->nlmsg_type != RTM_NEWADDR ||
	    !nlmsg_valid_hdr(message, sizeof(*head)) ||
	    (head->ifa_family != AF_INET && head->ifa_family != AF_INET6))
		return false;
	/* On a point-to-point link, IFA_ADDRESS is the peer's. */
	attribute = attribute_of(message, sizeof(*head), IFA_LOCAL);
	if (!attribute)
		attribute = attribute_of(message, sizeof(*head), IFA_ADDRESS);
	length =
	    head->ifa_family == AF_INET ? sizeof(struct in_addr) : sizeof(*address);
	if (!attribute || nla_len(attribute) != (int)length)
		return false;
	memset(address, 0, sizeof(*address));
	if (head->ifa_family == AF_INET)
		address->s6_addr[10] = address->s6_addr[11] = 0xff;
	memcpy(address->s6_addr + sizeof(*address) - length, nla_data(attribute),
	       length);
	return true;
}
