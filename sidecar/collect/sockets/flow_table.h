/* SPDX-License-Identifier: Apache-2.0 */
/* flow_table.h - the flows that are kept individually.
 *
 * A full table replaces small flows by larger ones: filtered space-saving (Homem and
 * Carvalho, "Finding top-k elements in data streams", 2010). Traffic of flows that are
 * not kept is added up in cells, by a hash of the flow. When a flow's cell exceeds the
 * least rank in the table, the flow replaces that entry. So a flow that is not kept
 * moved no more in the last hour than its cell shows, and no cell shows more than the
 * least rank of the table when it was last full. A flow without weight replaces no
 * other.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_FLOW_TABLE_H
#define DORMOUSE_COLLECT_SOCKETS_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

#define FLOW_STEPS 12 /* one hour */

/* The traffic of a step, or of a scan. */
struct moved {
	uint64_t tx_bytes, rx_bytes;
	uint32_t connections; /* in a step: connections last active in it */
	uint32_t when;        /* a step's number, or a commit's; 0: never */
};

struct flow_entry {
	struct in6_addr address;
	uint16_t port;
	uint8_t protocol, direction, container; /* protocol 0: the place is free */
	bool is_pending;
	uint32_t next, heap_at;
	uint32_t pending_begun, last_begun;
	uint32_t uncertain_step; /* in which it got its place */
	uint64_t uncertain;      /* the most that it may have moved before that */
	uint64_t rank;           /* its weight in the last hour, with uncertain */
	struct moved pending, last;
	struct moved steps[FLOW_STEPS];
};

struct flow_table {
	struct flow_entry *entries;
	uint32_t *heads;
	uint32_t *pending;   /* indexes of entries that have something pending */
	uint32_t *heap;      /* of all entries, least rank first; if is_heap */
	uint64_t *missed[2]; /* cells: of this hour and of the last one */
	uint32_t max, count, mask, free;
	uint32_t pending_count;
	uint32_t hour; /* of missed[0] */
	uint64_t seed;
	bool is_heap;    /* built when the table is full, valid until ranks change */
	bool wants_room; /* a flow got no place since places were last freed */
	bool by_sockets; /* weight is in sockets: UDP has no byte counters */
	bool has_missed; /* a cell was used */
};

/* Called before a flow loses its place. */
typedef void flow_displaced(void *context, const struct flow_entry *e);

/* The memory of a table, a multiple of 8 bytes. The caller provides it, zeroed and
 * aligned to 8. */
size_t flow_table_bytes(uint32_t max);
void flow_table_init(struct flow_table *t, void *memory, uint32_t max, uint64_t seed,
		     bool by_sockets);

/* Returns the place of a flow, with the weight of this traffic added; NULL if it gets
 * none. `step` is the current one. */
struct flow_entry *flow_table_place(struct flow_table *t, const struct flow *moved,
				    uint32_t step, flow_displaced *displaced,
				    void *context);

/* Begins a new step: traffic older than an hour loses its weight, and if a flow got no
 * place, the places of flows that were idle for an hour are freed. */
void flow_table_step(struct flow_table *t, uint32_t step);

bool flow_within_hour(const struct moved *at, uint32_t step);

/* No flow that is not kept had more weight than this in the last hour. */
uint64_t flow_table_missed_most(const struct flow_table *t);

#endif
