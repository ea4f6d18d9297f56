/* SPDX-License-Identifier: Apache-2.0 */
/* link_message.c - reads rtnetlink's messages: counters directly, names by
 * libnl-route. */
#include "link_message.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/object.h>
#include <netlink/route/link.h>
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

static void copy_text(char *to, size_t size, const char *from)
{
	if (from)
		memcpy(to, from, strnlen(from, size - 1));
}

static void take_link(struct nl_object *object, void *context)
{
	struct rtnl_link *link = (struct rtnl_link *)object;
	struct link_event *event = context;
	struct nl_addr *address = rtnl_link_get_addr(link);
	int32_t namespace;

	event->ifindex = rtnl_link_get_ifindex(link);
	event->loopback = rtnl_link_get_flags(link) & IFF_LOOPBACK;
	copy_text(event->name, sizeof(event->name), rtnl_link_get_name(link));
	copy_text(event->kind, sizeof(event->kind), rtnl_link_get_type(link));
	event->place.below = rtnl_link_get_link(link);
	event->place.master = rtnl_link_get_master(link);
	event->place.elsewhere = rtnl_link_get_link_netnsid(link, &namespace) == 0;
	if (address && nl_addr_get_len(address) <= sizeof(event->address)) {
		event->address_length = nl_addr_get_len(address);
		memcpy(event->address, nl_addr_get_binary_addr(address),
		       event->address_length);
	}
}

static bool is_ended(const struct nlattr *text)
{
	const int length = nla_len(text);

	return length > 0 && ((const char *)nla_data(text))[length - 1] == '\0';
}

static bool port_kinds_end(const struct nlattr *info)
{
	const struct nlattr *kind = nla_data(info);
	int left = nla_len(info);

	for (; nla_ok(kind, left); kind = nla_next(kind, &left))
		if (nla_type(kind) == IFLA_INFO_SLAVE_KIND && !is_ended(kind))
			return false;
	return true;
}

/* Whether libnl can parse it: it reads the kind of a port as text, but its policy,
 * unlike for other texts, does not ask for an end (link_info_policy, lib/route/link.c
 * of 3.7). The kernel writes one. */
static bool texts_end(const struct nlmsghdr *message)
{
	const struct nlattr *one = nlmsg_attrdata(message, sizeof(struct ifinfomsg));
	int left = nlmsg_attrlen(message, sizeof(struct ifinfomsg));

	for (; nla_ok(one, left); one = nla_next(one, &left))
		if (nla_type(one) == IFLA_LINKINFO && !port_kinds_end(one))
			return false;
	return true;
}

bool link_message_event(struct nlmsghdr *message, struct link_event *event)
{
	const struct ifinfomsg *head = nlmsg_data(message);
	struct nl_msg *copy;
	int ifindex, result;

	memset(event, 0, sizeof(*event));
	if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
		return false;
	if (!nlmsg_valid_hdr(message, sizeof(*head)) || head->ifi_family != AF_UNSPEC ||
	    !texts_end(message))
		return false;
	copy = nlmsg_convert(message);
	if (!copy)
		return false;
	nlmsg_set_proto(copy, NETLINK_ROUTE);
	result = nl_msg_parse(copy, take_link, event);
	nlmsg_free(copy);
	if (result < 0 || event->ifindex <= 0 || event->name[0] == '\0')
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
