/* SPDX-License-Identifier: Apache-2.0 */
/* incident.h - one departure from the baseline, from its onset to its end. */
#ifndef DORMOUSE_DETECT_INCIDENT_H
#define DORMOUSE_DETECT_INCIDENT_H

#include "exceedance.h"
#include "windows.h"

#define LEVEL_HOURS 6

struct incident {
	uint32_t number;        /* 1 for the detector's first */
	bool reported, showing; /* reported: had a verdict; showing: has one now */
	bool recurs;            /* it is like an incident that was reported before */
	bool settled;           /* `told` is set: more than that is another incident */
	double repeats;         /* the onset of that one */
	bool was_dormant;       /* when the incident began */
	bool at_start;          /* it began in the pod's first minutes */
	enum alert_kind kind;
	double start; /* when the detector noticed it */
	double onset; /* when the traffic began */
	double reported_at;
	double hot_until; /* the traffic continues at least until then */
	double sent_before, received_before; /* link bytes before the onset */
	double amount[SIGNAL_COUNT];         /* since the onset */
	double highest[SIGNAL_COUNT];        /* highest interval rate since the onset */
	double relayed;                      /* SERIES_RELAYED since the onset, bytes */
	double peak[WINDOWS][SERIES_COUNT];
	/* Levels that this incident must exceed (0: the thresholds alone), and levels
	 * that begin another incident. */
	float above[WINDOWS][SERIES_COUNT], told[WINDOWS][SERIES_COUNT];
	double hour_level[LEVEL_HOURS]; /* the leading series, by hour */
	unsigned hour_count;
	double hour_at;
	unsigned series; /* the leading series when it was reported */
	enum window window;
	struct verdict verdict;
};

/* Begins an incident that the exceedance shows. Computes its onset, counts its traffic
 * since then, and takes what was learnt since then out of the baseline. `above` are the
 * levels of the incidents that go on already, or NULL. */
void incident_begin(struct detector *d, struct incident *i, const struct exceedance *f,
		    float (*above)[SERIES_COUNT]);

/* Adds the last interval to the incident's counts. */
void incident_follow(const struct detector *d, struct incident *i);

/* Raises the incident's peaks to what the windows carry now, but not above what begins
 * another incident. */
void incident_peaks(struct incident *i, const struct windows *w);

/* Fixes the levels that begin another incident: OTHERS_RATIO times what the incident
 * has shown, in any window. A short window's level counts for the longer ones, because
 * traffic that was reported may go on. */
void incident_settle(struct incident *i, const struct windows *w);

#endif
