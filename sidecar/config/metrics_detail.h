/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_detail.h - how much /metrics says, and to whom. */
#ifndef DORMOUSE_CONFIG_METRICS_DETAIL_H
#define DORMOUSE_CONFIG_METRICS_DETAIL_H

/* The values of --metrics-detail, in the order of its words. METRICS_COUNTERS: only the
 * kernel's counters and the monitor's own, nothing that the detector knows or misses.
 */
enum metrics_detail { METRICS_FULL, METRICS_COUNTERS };

/* On the port that anyone may reach. With a token's file the detail is full for whoever
 * sends that token, and counters for all others. */
struct metrics_access {
	unsigned detail;      /* enum metrics_detail */
	char token_path[256]; /* "": there is no token */
};

#endif
