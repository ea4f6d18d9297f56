/* SPDX-License-Identifier: Apache-2.0 */
/* flows.h - what went to which remote end: since the last look, and in the last hour in
 * steps of five minutes. Bounded; a flow that was idle for an hour makes room. */
#ifndef DORMOUSE_COLLECT_FLOWS_H
#define DORMOUSE_COLLECT_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "dormouse/collect.h"

struct flows;

/* Room for `max` flows. NULL for want of memory. */
struct flows *flows_new(uint32_t max, uint64_t seed);
void flows_free(struct flows *f);

/* Adds bytes and connections to the flow with the same address, port, protocol,
 * direction and container. They count from the next flows_commit() on. For UDP
 * `connections` are the sockets that live, not the new ones. */
void flows_add(struct flows *f, const struct flow *moved);

/* What was added since the commit before happened now. Time in Unix seconds, not going
 * back. */
void flows_commit(struct flows *f, double time);

/* What moved between the last two commits, most bytes first. Valid until the next call
 * that changes f; owned by f. */
const struct flow *flows_last(struct flows *f, size_t *count);

/* As collector_flows_since(). A step that `since` falls in is included whole. */
size_t flows_since(const struct flows *f, double since, struct flow *out, size_t max);

/* Connections that found the table full. */
uint64_t flows_untracked(const struct flows *f);

#endif
