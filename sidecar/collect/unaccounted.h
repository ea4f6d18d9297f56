/* SPDX-License-Identifier: Apache-2.0 */
/* unaccounted.h - the kernel's own counters of packets that no socket accounts for.
 * Private to collect/. Pure. */
#ifndef DORMOUSE_COLLECT_UNACCOUNTED_H
#define DORMOUSE_COLLECT_UNACCOUNTED_H

#include "dormouse/collect.h"
#include "signals.h"

/* The counters at the last socket scan. All zero at first. */
struct unaccounted_bases {
	struct counter_base bytes, icmp, icmp6, forwarded, forwarded6, resets;
	struct counter_base packets, ip, ip6;
};

/* Gives in *moved the counts since the last call. `packets` counts what all links sent,
 * loopback included. */
void unaccounted_take(struct unaccounted_bases *bases,
		      const struct protocol_counters *p, uint64_t bytes,
		      uint64_t packets, struct unaccounted *moved);

#define UNACCOUNTED_KEPT 16

/* The unaccounted traffic of the last scans. All zero: empty. */
struct unaccounted_log {
	unsigned next, count;
	double until[UNACCOUNTED_KEPT]; /* Unix seconds */
	struct unaccounted ring[UNACCOUNTED_KEPT];
};

void unaccounted_note(struct unaccounted_log *log, double time,
		      const struct unaccounted *moved);

/* The sum of the entries noted after `since`. */
struct unaccounted unaccounted_since(const struct unaccounted_log *log, double since);

#endif
