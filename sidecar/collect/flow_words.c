/* SPDX-License-Identifier: Apache-2.0 */
/* flow_words.c - how a remote end is written. */
#include "flow_words.h"

#include <arpa/inet.h>

void flow_put_address(struct text *t, const struct in6_addr *address)
{
	char words[INET6_ADDRSTRLEN] = "";

	if (IN6_IS_ADDR_V4MAPPED(address))
		inet_ntop(AF_INET, &address->s6_addr[12], words, sizeof(words));
	else
		inet_ntop(AF_INET6, address, words, sizeof(words));
	text_put(t, words);
}

void flow_put_prefix(struct text *t, const struct peer_prefix *prefix)
{
	char words[INET6_ADDRSTRLEN] = "";

	inet_ntop(prefix->family, prefix->address, words, sizeof(words));
	text_printf(t, "%s/%u", words, prefix->length);
}

const char *flow_protocol_name(uint8_t protocol)
{
	if (protocol == IPPROTO_TCP)
		return "tcp";
	return protocol == IPPROTO_UDP ? "udp" : "other";
}

void flow_json_end(struct json_writer *w, const struct in6_addr *address, uint16_t port,
		   uint8_t protocol)
{
	char words[INET6_ADDRSTRLEN];
	struct text t = text_over(words, sizeof(words));

	flow_put_address(&t, address);
	json_string(w, "address", words);
	json_unsigned(w, "port", port);
	json_string(w, "protocol", flow_protocol_name(protocol));
}

const char *flow_direction_name(uint8_t direction)
{
	if (direction == FLOW_OPENED)
		return "opened";
	return direction == FLOW_ACCEPTED ? "accepted" : "unknown";
}
