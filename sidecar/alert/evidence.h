/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - the evidence of an alert: destinations, containers and links. */
#ifndef DORMOUSE_ALERT_EVIDENCE_H
#define DORMOUSE_ALERT_EVIDENCE_H

#include "dormouse/alert.h"

/* The links' counters at the last sample, to find the links that sent in this
 * interval. */
struct link_memory {
	unsigned count;
	struct {
		int ifindex;
		uint64_t tx_bytes;
	} links[COLLECT_LINKS_MAX];
};

/* Adds the traffic of a time span. The containers of its flows are those of the view.
 * `signal` is the one that the alert is about. */
void evidence_add(struct alert_evidence *e, const struct traffic_view *traffic,
		  const struct traffic_span *span, enum signal signal);

/* Adds the links that sent in the interval since the memory was taken. */
void evidence_links(struct alert_evidence *e, const struct traffic_view *traffic,
		    const struct link_memory *before);

void link_memory_take(struct link_memory *memory, const struct traffic_view *traffic);

#endif
