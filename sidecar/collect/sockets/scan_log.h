/* SPDX-License-Identifier: Apache-2.0 */
/* scan_log.h - what each of the last scans of the sockets found, flow by flow.
 *
 * The flow table remembers an hour in steps of five minutes: too coarse for a pod that
 * talks to the same address every day and is judged within seconds. The log says of the
 * last scans which of the table's flows moved how much in each. It holds no flows of
 * its own, only the numbers of their places in the table. Fixed memory: of a scan the
 * flows with most bytes are kept, and the others are one sum. */
#ifndef DORMOUSE_COLLECT_SOCKETS_SCAN_LOG_H
#define DORMOUSE_COLLECT_SOCKETS_SCAN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define SCANS_KEPT    16
#define SCAN_TCP_KEPT 14
#define SCAN_UDP_KEPT 10 /* apart, since nobody counts the bytes of UDP sockets */
#define SCAN_KEPT     (SCAN_TCP_KEPT + SCAN_UDP_KEPT)

/* What one flow moved, in one scan or in several. */
struct scan_moved {
	uint64_t tx_bytes, rx_bytes;
	uint32_t connections, begun; /* as in struct flow */
	uint32_t place;              /* of the flow; not used in `rest` */
};

struct scan {
	double from, until; /* Unix seconds: what it found moved between these */
	uint32_t step;      /* the flow table's, in which it was made */
	uint16_t tcp_count, udp_count;
	struct scan_moved rest;
	struct scan_moved tcp[SCAN_TCP_KEPT]; /* most bytes first */
	struct scan_moved udp[SCAN_UDP_KEPT]; /* most sockets first */
};

/* All zero is an empty one. */
struct scan_log {
	unsigned next, count;
	double until; /* of the newest, 0: none yet */
	struct scan ring[SCANS_KEPT];
};

_Static_assert(sizeof(struct scan_log) <= 14 * 1024, "the log outgrew its budget");

/* Begins the next scan, which takes the place of the oldest. What it found is added to
 * the pointer that is returned, by scan_add(), or to its `rest`. */
struct scan *scan_log_begin(struct scan_log *log, double time, uint32_t step);
void scan_add(struct scan *scan, const struct scan_moved *moved, bool is_udp);

/* Adds what a later scan showed of the same flow, or of the rest: connections that are
 * known and went on, and those that began. */
void scan_moved_add(struct scan_moved *sum, const struct scan_moved *more);

/* The flow of that place is no longer in the table: what it moved goes to the rest. */
void scan_log_displaced(struct scan_log *log, uint32_t place);

/* Forgets the scans that were made in that step or before. */
void scan_log_forget(struct scan_log *log, uint32_t step);

/* Whether nothing that moved since then is forgotten. */
bool scan_log_reaches(const struct scan_log *log, double since);

/* Sums what the scans that ended after `since` found, each flow once, into `sums`,
 * which has room for all: SCANS_KEPT * SCAN_KEPT. Returns how many; *rest is what went
 * to others. */
unsigned scan_log_since(const struct scan_log *log, double since,
			struct scan_moved *sums, struct scan_moved *rest);

#endif
