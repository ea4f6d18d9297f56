/* SPDX-License-Identifier: Apache-2.0 */
/* detector.h - how the pieces of the detector hang together; for this room only. */
#ifndef DORMOUSE_DETECT_DETECTOR_H
#define DORMOUSE_DETECT_DETECTOR_H

#include "deltas.h"
#include "envelope.h"
#include "incidents.h"
#include "learnt.h"
#include "limits.h"
#include "recent.h"
#include "windows.h"

/* The intervals in a row that were above the budget. */
struct over_budget {
	double since;
	double sent_before, received_before; /* link bytes until then */
	unsigned intervals;
};

struct detector {
	struct detect_options options;
	struct counters counters;
	struct deltas deltas;
	struct windows windows;
	struct recent recent; /* those before the one in `deltas` */
	struct envelope envelope;
	struct incident incident;
	double alert_threshold[WINDOWS]
			      [SERIES_COUNT]; /* above this it is reported, too */
	double dormant_until;                 /* when the pod was last dormant */
	struct over_budget over_budget;
	bool stale;                /* thresholds are not those of what is learnt */
	int drift_series;          /* -1: none */
	double rate[SIGNAL_COUNT]; /* latest */
	uint32_t rated;            /* signals that have a rate */
	double sent, received;     /* link bytes since the first sample */
	struct learnt learnt;
};

/* Computes above what is to be reported, from what is out of the ordinary and what was
 * reported before. */
void rules_recompute(struct detector *d);

/* Judges the windows as they are now. Returns how many verdicts it filled in; *ordinary
 * says whether this interval may be learnt. */
size_t rules_judge(struct detector *d, struct verdict *verdicts, bool *ordinary);

/* The budget that the pod was given. */
bool rules_budget(struct detector *d, struct verdict *v);

/* Follows low and high traffic; call it after judging. */
void dormancy_follow(struct detector *d);

/* Whether the pod is known well enough for departures to be reported: it has been
 * watched for learn_s, or it was quiet until now. */
bool dormancy_known(const struct detector *d);

#endif
