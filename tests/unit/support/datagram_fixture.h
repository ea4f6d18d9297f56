/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_fixture.h - netlink datagrams as the kernel would write them, for tests. */
#ifndef TESTS_SUPPORT_DATAGRAM_FIXTURE_H
#define TESTS_SUPPORT_DATAGRAM_FIXTURE_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct datagram {
	_Alignas(8) unsigned char bytes[4096];
	size_t length;
	size_t message; /* where the last message starts */
};

static inline struct nlmsghdr last_header(const struct datagram *d)
{
	struct nlmsghdr h;
	memcpy(&h, d->bytes + d->message, sizeof(h));
	return h;
}

static inline void set_last_header(struct datagram *d, struct nlmsghdr h)
{
	memcpy(d->bytes + d->message, &h, sizeof(h));
}

static inline void add_message(struct datagram *d, uint16_t type, uint32_t sequence,
			       const void *body, size_t length)
{
	d->message = d->length;
	set_last_header(d,
			(struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
					  .nlmsg_type = type,
					  .nlmsg_flags = NLM_F_MULTI,
					  .nlmsg_seq = sequence});
	memcpy(d->bytes + d->message + NLMSG_HDRLEN, body, length);
	d->length += NLMSG_SPACE(length);
}

static inline void add_attribute(struct datagram *d, uint16_t type, const void *payload,
				 size_t length)
{
	struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + length),
			      .nla_type = type};
	struct nlmsghdr h = last_header(d);
	memcpy(d->bytes + d->length, &head, sizeof(head));
	memcpy(d->bytes + d->length + NLA_HDRLEN, payload, length);
	d->length += NLA_ALIGN(head.nla_len);
	h.nlmsg_len = (uint32_t)(d->length - d->message);
	set_last_header(d, h);
}

#endif
