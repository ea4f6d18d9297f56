/* SPDX-License-Identifier: Apache-2.0 */
/* unaccounted.h - what the kernel's own counters say of packets that no socket accounts
 * for. Private to collect/. Pure. */
#ifndef DORMOUSE_COLLECT_UNACCOUNTED_H
#define DORMOUSE_COLLECT_UNACCOUNTED_H

#include "dormouse/collect.h"
#include "signals.h"

/* The counters at the last scan. All zero is a new one. */
struct unaccounted_marks {
	struct mark bytes, icmp, icmp6, forwarded, forwarded6, resets;
	struct mark packets, ip, ip6;
};

/* What moved since the last call, into *moved. `packets` are those that all links sent,
 * loopback included. */
void unaccounted_take(struct unaccounted_marks *marks,
		      const struct protocol_counters *p, uint64_t bytes,
		      uint64_t packets, struct unaccounted *moved);

#define UNACCOUNTED_KEPT 16

/* What the last scans found unaccounted for. All zero is an empty one. */
struct unaccounted_log {
	unsigned next, count;
	double until[UNACCOUNTED_KEPT]; /* Unix seconds */
	struct unaccounted ring[UNACCOUNTED_KEPT];
};

void unaccounted_note(struct unaccounted_log *log, double time,
		      const struct unaccounted *moved);

/* The sum of what was noted after `since`. */
struct unaccounted unaccounted_since(const struct unaccounted_log *log, double since);

#endif
