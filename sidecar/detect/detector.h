/* SPDX-License-Identifier: Apache-2.0 */
/* detector.h - the detector's state and the functions between its files; private to
 * this room. */
#ifndef DORMOUSE_DETECT_DETECTOR_H
#define DORMOUSE_DETECT_DETECTOR_H

#include "deltas.h"
#include "envelope.h"
#include "incident.h"
#include "learnt.h"
#include "limits.h"
#include "recent.h"
#include "windows.h"

/* Consecutive intervals above the budget. */
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
	struct recent recent; /* samples before the one in `deltas` */
	struct envelope envelope;
	struct incident open[INCIDENTS_OPEN_MAX]; /* oldest first */
	unsigned open_count;
	uint32_t incidents_ever;
	uint64_t displaced; /* incidents ended for want of room */
	double alert_threshold[WINDOWS][SERIES_COUNT]; /* above this it is reported */
	double dormant_until; /* when the pod was last dormant */
	struct over_budget over_budget;
	bool stale;                /* the thresholds do not match `learnt` */
	int drift_series;          /* -1: none */
	double rate[SIGNAL_COUNT]; /* latest, per second */
	uint32_t rated;            /* signals that have a rate */
	double sent, received;     /* link bytes since the first sample */
	struct learnt learnt;
};

/* Computes the alert thresholds from the thresholds and from what was already
 * reported. */
void rules_recompute(struct detector *d);

/* Compares the windows with their thresholds. Returns how many verdicts it filled in.
 * *ordinary says whether this interval may be learnt. */
size_t rules_judge(struct detector *d, struct verdict *verdicts, bool *ordinary);

/* Checks --egress-budget. Returns true and fills *v when it is exceeded. */
bool rules_budget(struct detector *d, struct verdict *v);

/* Updates the pod's state from low and high traffic. Call it after judging. */
void dormancy_follow(struct detector *d);

/* Windows add the gauge up once an interval. Returns what a rate of the series, per
 * second, is multiplied with to be what is told of it: the gauge's number in an
 * interval. */
double detector_told_per(const struct detector *d, unsigned series);

/* Returns the rate that all but a hundredth of the learnt intervals stay below, without
 * the `newest` highest; of the gauge, the number in an interval. Where there are no
 * others, it is the siblings'. */
double detector_p99(const struct detector *d, enum signal signal, double newest);

/* Whether enough is known to report departures: the pod was observed for learn_s, or it
 * was quiet until now. */
bool dormancy_known(const struct detector *d);

#endif
