/* SPDX-License-Identifier: Apache-2.0 */
/* scan_log.h - the traffic that each of the last socket scans found, by flow.
 *
 * The flow table keeps an hour in steps of five minutes: too coarse for a pod that uses
 * the same address every day and is judged within seconds. The log keeps, for each of
 * the last scans, how much each of the table's flows moved. It stores no flows, only
 * their places in the table. Its memory is fixed: for each scan it keeps the flows with
 * the most bytes, and one sum of the others.
 */
#ifndef DORMOUSE_COLLECT_SOCKETS_SCAN_LOG_H
#define DORMOUSE_COLLECT_SOCKETS_SCAN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define SCANS_KEPT    16
#define SCAN_TCP_KEPT 14
#define SCAN_UDP_KEPT 10 /* separate, because UDP sockets have no byte counters */
#define SCAN_KEPT     (SCAN_TCP_KEPT + SCAN_UDP_KEPT)

/* The traffic of one flow, in one scan or in several. */
struct scan_moved {
	uint64_t tx_bytes, rx_bytes;
	uint32_t connections, begun; /* as in struct flow */
	uint32_t place;              /* of the flow; not used in `rest` */
};

struct scan {
	double from, until; /* Unix seconds: its traffic is from this span */
	uint32_t step;      /* the flow table's step of this scan */
	uint16_t tcp_count, udp_count;
	struct scan_moved rest;
	struct scan_moved tcp[SCAN_TCP_KEPT]; /* most bytes first */
	struct scan_moved udp[SCAN_UDP_KEPT]; /* most sockets first */
};

/* All zero is an empty one. */
struct scan_log {
	unsigned next, count;
	double until; /* of the newest scan, 0: none yet */
	struct scan ring[SCANS_KEPT];
};

_Static_assert(sizeof(struct scan_log) <= 14 * 1024, "the log outgrew its budget");

/* Begins the next scan, which replaces the oldest. Add its traffic to the returned
 * scan, by scan_add() or to its `rest`. */
struct scan *scan_log_begin(struct scan_log *log, double time, uint32_t step);
void scan_add(struct scan *scan, const struct scan_moved *moved, bool is_udp);

/* Adds the traffic that a later scan found for the same flow or rest. Continuing
 * connections are counted once, new ones are added. */
void scan_moved_add(struct scan_moved *sum, const struct scan_moved *more);

/* Moves a flow's traffic to the rest: it is no longer in the table. */
void scan_log_displaced(struct scan_log *log, uint32_t place);

/* Removes the scans that were made in that step or before. */
void scan_log_forget(struct scan_log *log, uint32_t step);

/* Whether the log still covers all traffic since that time. */
bool scan_log_reaches(const struct scan_log *log, double since);

/* Adds up the traffic of the scans that ended after `since`, one sum for each flow,
 * into `sums`, which has room for SCANS_KEPT * SCAN_KEPT. Returns the number of sums;
 * *rest is the traffic of the other flows. */
unsigned scan_log_since(const struct scan_log *log, double since,
			struct scan_moved *sums, struct scan_moved *rest);

#endif
