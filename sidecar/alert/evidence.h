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

/* What the sockets say moved since `since`; replaces nothing that is there. */
void evidence_gather(struct alert_evidence *e, const struct collector *c, double since,
		     enum signal signal);

/* What the close look of this sample adds. */
void evidence_grow(struct alert_evidence *e, const struct collector *c,
		   enum signal signal);

/* Names the links that sent in the interval since the memory was taken. */
void evidence_links(struct alert_evidence *e, const struct collector *c,
		    const struct link_memory *before);

void link_memory_take(struct link_memory *memory, const struct collector *c);

#endif
