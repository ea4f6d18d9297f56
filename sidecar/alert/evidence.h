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

/* Adds flows, whose container indexes are the collector's of now. */
void evidence_add(struct alert_evidence *e, const struct collector *c,
		  const struct flow *flows, size_t count, enum signal signal);

/* Adds what the collector remembers to have moved since then (collector_flows_since).
 */
void evidence_gather(struct alert_evidence *e, const struct collector *c, double since,
		     enum signal signal);

/* Adds what the close look of this sample saw. */
void evidence_grow(struct alert_evidence *e, const struct collector *c,
		   enum signal signal);

/* Adds what no socket accounted for. */
void evidence_unaccounted(struct alert_evidence *e, const struct unaccounted *moved);

/* Names the links that sent in the interval since the memory was taken. */
void evidence_links(struct alert_evidence *e, const struct collector *c,
		    const struct link_memory *before);

void link_memory_take(struct link_memory *memory, const struct collector *c);

#endif
