/* SPDX-License-Identifier: Apache-2.0 */
/* flows.h - the traffic of each remote end: since the last scan, in each of the last
 * scans (scan_log.h), and in the last hour in steps of five minutes. Bounded: the flows
 * with the most traffic are kept, and the others are one sum (flow_table.h). */
#ifndef DORMOUSE_COLLECT_SOCKETS_FLOWS_H
#define DORMOUSE_COLLECT_SOCKETS_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

struct flows;

/* Room for `max` flows of TCP and an eighth as many of UDP. NULL on allocation
 * failure. */
struct flows *flows_new(uint32_t max, uint64_t seed);
void flows_free(struct flows *f);

/* Adds the traffic of one connection to the flow with the same address, port, protocol,
 * direction and container. `begun` is 1 for a new connection, `connections` is ignored.
 * It counts from the next flows_commit() on. `*active` belongs to the connection and is
 * 0 at first: it makes a connection count once, however often it moves. NULL for one
 * that has ended. */
void flows_add(struct flows *f, const struct flow *moved, uint32_t *active);

/* Commits the traffic added since the last commit, at this time. Time in Unix seconds,
 * never going back. */
void flows_commit(struct flows *f, double time);

/* The traffic between the last two commits, most bytes first; the rest comes last, if
 * there is any. Valid until the next call that changes f; owned by f. */
const struct flow *flows_last(struct flows *f, size_t *count);

/* As collector_moved_since(). Returns the number of flows in `out`. */
size_t flows_since(const struct flows *f, double since, double seen_until,
		   struct flow *out, size_t max);

/* The number of new connections whose flow got no place, and of flows that lost
 * theirs. */
uint64_t flows_untracked(const struct flows *f);

/* No TCP flow that is not kept moved more bytes than this in the last hour; received
 * bytes count one sixteenth. */
uint64_t flows_missed_most(const struct flows *f);

#endif
