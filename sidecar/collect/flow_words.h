/* SPDX-License-Identifier: Apache-2.0 */
/* flow_words.h - how a remote end is written, wherever one is shown. */
#ifndef DORMOUSE_COLLECT_FLOW_WORDS_H
#define DORMOUSE_COLLECT_FLOW_WORDS_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "base/text.h"

/* Appends an address; a v4-mapped one as IPv4. */
void flow_put_address(struct text *t, const struct in6_addr *address);

/* Writes the members address, port and protocol of the object that is open. */
void flow_json_end(struct json_writer *w, const struct in6_addr *address, uint16_t port,
		   uint8_t protocol);

/* "opened", "accepted" or "unknown" for an enum flow_direction. Static. */
const char *flow_direction_name(uint8_t direction);

#endif
