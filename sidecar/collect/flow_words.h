/* SPDX-License-Identifier: Apache-2.0 */
/* flow_words.h - how a remote end is written, wherever one is shown. */
#ifndef DORMOUSE_COLLECT_FLOW_WORDS_H
#define DORMOUSE_COLLECT_FLOW_WORDS_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "dormouse/traffic.h"

/* Appends an address; a v4-mapped one as IPv4. */
void flow_put_address(struct text *t, const struct in6_addr *address);

#define FLOW_PREFIX_MAX (INET6_ADDRSTRLEN + 4) /* "ADDRESS/LENGTH", with the NUL */

/* Appends a network of peers: "10.0.0.0/24", "2001:db8::/64". */
void flow_put_prefix(struct text *t, const struct peer_prefix *prefix);

/* Writes the members address, port and protocol of the object that is open. */
void flow_json_end(struct json_writer *w, const struct in6_addr *address, uint16_t port,
		   uint8_t protocol);

/* "tcp", "udp" or "other". Static. */
const char *flow_protocol_name(uint8_t protocol);

/* "opened", "accepted" or "unknown" for an enum flow_direction. Static. */
const char *flow_direction_name(uint8_t direction);

#endif
