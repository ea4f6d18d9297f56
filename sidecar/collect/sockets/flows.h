/* SPDX-License-Identifier: Apache-2.0 */
/* flows.h - what went to which remote end: since the last look, and in the last hour in
 * steps of five minutes. Bounded: where there are more, those that carried most are
 * kept, and the others are one sum (flow_table.h). */
#ifndef DORMOUSE_COLLECT_SOCKETS_FLOWS_H
#define DORMOUSE_COLLECT_SOCKETS_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

struct flows;

/* Room for `max` flows of TCP and an eighth as many of UDP. NULL on allocation failure.
 */
struct flows *flows_new(uint32_t max, uint64_t seed);
void flows_free(struct flows *f);

/* Adds what one connection moved to the flow with the same address, port, protocol,
 * direction and container; `begun` is 1 when it is new, `connections` is not looked at.
 * It counts from the next flows_commit() on. `*active` is the connection's own, 0 at
 * first: by it a connection is one connection however often it moves. NULL for one that
 * is never heard of again. */
void flows_add(struct flows *f, const struct flow *moved, uint32_t *active);

/* What was added since the commit before happened now. Time in Unix seconds, not going
 * back. */
void flows_commit(struct flows *f, double time);

/* What moved between the last two commits, as collector_flows(). Valid until the next
 * call that changes f; owned by f. */
const struct flow *flows_last(struct flows *f, size_t *count);

/* As collector_flows_since(). A step that `since` falls in is included whole. */
size_t flows_since(const struct flows *f, double since, struct flow *out, size_t max);

/* New connections whose flow found no place, and flows that lost theirs. */
uint64_t flows_untracked(const struct flows *f);

/* No TCP flow that is not kept carried more bytes than this in the last hour, what was
 * received counted a sixteenth. */
uint64_t flows_missed_most(const struct flows *f);

#endif
