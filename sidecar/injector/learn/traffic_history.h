/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_history.h - what a pod sent, as Prometheus has it. */
#ifndef DORMOUSE_INJECTOR_LEARN_TRAFFIC_HISTORY_H
#define DORMOUSE_INJECTOR_LEARN_TRAFFIC_HISTORY_H

#include "pods.h"
#include "replay/prometheus.h"

/* Points of one pod, over all its series: 38 MiB. */
#define HISTORY_POINTS_MAX 2500000

/* Series of one pod: signals, and the links' for each of many interfaces. */
#define HISTORY_SERIES_MAX 512

/* Asks for the pod's counters at each `step_s` of the span, which begins and ends at a
 * multiple of it. All of the pod's series become one trace. The answer is refused if it
 * has a time that was not asked for, the same series twice, or more than the limits.
 * Returns the trace, with the labels of none, to be freed by range_free(); NULL on
 * failure. */
struct range *history_fetch(struct prometheus *p, const struct pod *pod,
			    const struct span *span, double step_s, struct error *err);

#endif
