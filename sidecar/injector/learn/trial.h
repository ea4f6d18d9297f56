/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h - plays a pod's traffic through the detector, as the monitor would have. */
#ifndef DORMOUSE_INJECTOR_LEARN_TRIAL_H
#define DORMOUSE_INJECTOR_LEARN_TRIAL_H

#include "dormouse/replay.h"
#include "replay/prometheus.h"
#include "state/baseline_document.h"
#include "theft.h"

#define TRIAL_ALERTS_MAX 512 /* whose times are kept */

struct trial_alert {
	double raised; /* Unix seconds */
	enum alert_kind kind;
};

struct trial {
	uint64_t samples;
	double first, last; /* times of the samples; 0: there were none */
	unsigned alerts;    /* raised, all of them */
	struct trial_alert alert[TRIAL_ALERTS_MAX]; /* the first of them */
};

/* How to play: only `options` and `pod` are required. */
struct trial_plan {
	const struct detect_options *options;
	const struct identity *pod;
	const struct past *siblings; /* by which it is judged; NULL: its own alone */
	struct theft *theft;         /* put into the traffic; NULL: none */
	double until;                /* stops behind it, Unix seconds; 0: at the end */
	struct baseline_document *learnt; /* receives it, the caller then owes
					     baseline_document_end(); NULL: unwanted */
	/* Called for each alert when it is raised; NULL: not wanted. */
	void (*raised)(void *context, const struct alert *alert);
	void *context;
};

/* Plays the range's current trace from its first sample on. Returns 0, TRACE_INVALID
 * when the trace is not the counters of one pod, or TRACE_FAILED without memory. */
int trial_run(struct trial *trial, struct range *range, const struct trial_plan *plan,
	      struct error *err);

/* Whether an alert of that kind was raised at that time. */
bool trial_has(const struct trial *trial, const struct trial_alert *alert);

#endif
