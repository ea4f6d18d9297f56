/* SPDX-License-Identifier: Apache-2.0 */
/* flow_table.h - the flows that are kept one by one, of those that there are.
 *
 * A full table yields to what is larger: filtered space-saving (Homem and Carvalho,
 * "Finding top-k elements in data streams", 2010). What went to flows that are not kept
 * adds up in cells, by a hash of the flow; one whose cell shows more than the least of
 * the table carried takes that one's place. So no flow that is not kept carried more in
 * the last hour than its cell says, and no cell more than the least of those kept had
 * when it was last full. A flow without weight takes nobody's place.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_FLOW_TABLE_H
#define DORMOUSE_COLLECT_SOCKETS_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

#define FLOW_STEPS 12 /* remembered */

/* What moved in a step, or at a scan. */
struct moved {
	uint64_t tx_bytes, rx_bytes;
	uint32_t connections; /* in a step: those that were last active in it */
	uint32_t when;        /* a step's number, or a commit's; 0: never */
};

struct flow_entry {
	struct in6_addr address;
	uint16_t port;
	uint8_t protocol, direction, container; /* protocol 0: the place is free */
	bool is_pending;
	uint32_t next, heap_at;
	uint32_t pending_begun, last_begun;
	uint32_t uncertain_step; /* in which it took its place */
	uint64_t uncertain;      /* what it may have carried before that, at most */
	uint64_t rank;           /* what it carried in the last hour, and uncertain */
	struct moved pending, last;
	struct moved steps[FLOW_STEPS];
};

struct flow_table {
	struct flow_entry *entries;
	uint32_t *heads;
	uint32_t *pending;   /* indexes of entries that have something pending */
	uint32_t *heap;      /* of all entries, least rank first; if is_heap */
	uint64_t *missed[2]; /* cells: of this hour and of the one before */
	uint32_t max, count, mask, free;
	uint32_t pending_count;
	uint32_t hour; /* of missed[0] */
	uint64_t seed;
	bool is_heap;    /* made when the table is full, good until ranks change */
	bool wants_room; /* a flow was turned away since the last forgetting */
	bool by_sockets; /* weight is in sockets, where nobody counts bytes */
	bool has_missed; /* a cell was used */
};

/* Called with a flow that loses its place, before it does. */
typedef void flow_displaced(void *context, const struct flow_entry *e);

/* The memory of a table, a multiple of 8 bytes. It is the caller's, zeroed, aligned to
 * 8. */
size_t flow_table_bytes(uint32_t max);
void flow_table_init(struct flow_table *t, void *memory, uint32_t max, uint64_t seed,
		     bool by_sockets);

/* The place of a flow that moved this much, with the weight of it added; NULL when
 * there is none for it. `step` is the one of now. */
struct flow_entry *flow_table_place(struct flow_table *t, const struct flow *moved,
				    uint32_t step, flow_displaced *displaced,
				    void *context);

/* A new step began: what left the hour weighs nothing more, and if anyone was turned
 * away the places of flows that were idle for an hour are free. */
void flow_table_step(struct flow_table *t, uint32_t step);

bool flow_within_hour(const struct moved *at, uint32_t step);

/* No flow that is not kept weighed more than this in the last hour. */
uint64_t flow_table_missed_most(const struct flow_table *t);

#endif
