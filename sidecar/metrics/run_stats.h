/* SPDX-License-Identifier: Apache-2.0 */
/* run_stats.h - what the monitor's loop counts of itself. */
#ifndef DORMOUSE_METRICS_RUN_STATS_H
#define DORMOUSE_METRICS_RUN_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http_counters.h"

/* The monitor's ports: that of --listen, and that of --alert-listen. */
enum run_listener { LISTENER_OPEN, LISTENER_LOCAL, LISTENERS };

/* Filled by the loop, shown by /metrics and the health checks. */
struct run_stats {
	double started_at; /* Unix seconds */
	double interval_s;
	uint64_t samples;
	uint64_t sample_gaps; /* timer ticks that were skipped because they came late */
	double last_sample_s; /* CPU time of the last sample, seconds */
	double last_sample_at; /* Unix seconds; 0: no sample yet */
	unsigned config_errors;
	uint64_t state_saves, state_save_failures;
	uint64_t http_refused[HTTP_REFUSALS]; /* connections, at both ports */
	bool confined;                        /* by every layer of confine.h */
	bool listener_up[LISTENERS];
	bool stopping;
};

#endif
