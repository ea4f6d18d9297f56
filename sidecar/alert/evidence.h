/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - where an alert's traffic went, from which container, over which link. */
#ifndef DORMOUSE_ALERT_EVIDENCE_H
#define DORMOUSE_ALERT_EVIDENCE_H

#include "dormouse/alert.h"

/* The links' counters at the last sample, to know which sent in this interval. */
struct link_memory {
	unsigned count;
	struct {
		int ifindex;
		uint64_t tx_bytes;
	} links[COLLECT_LINKS_MAX];
};

/* Adds what moved in a span of time; the containers of its flows are the view's.
 * `signal` is the one that stands out. */
void evidence_add(struct alert_evidence *e, const struct traffic_view *traffic,
		  const struct traffic_span *span, enum signal signal);

/* Names the links that sent in the interval since the memory was taken. */
void evidence_links(struct alert_evidence *e, const struct traffic_view *traffic,
		    const struct link_memory *before);

void link_memory_take(struct link_memory *memory, const struct traffic_view *traffic);

#endif
