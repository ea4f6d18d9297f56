/* SPDX-License-Identifier: Apache-2.0 */
/* incident.h - one departure from the baseline, from its onset to its end. */
#ifndef DORMOUSE_DETECT_INCIDENT_H
#define DORMOUSE_DETECT_INCIDENT_H

#include "exceedance.h"
#include "windows.h"

#define LEVEL_HOURS 6

/* The current departure. */
struct incident {
	bool open, reported,
	    showing;      /* reported: had a verdict; showing: has one now */
	bool was_dormant; /* when the incident began */
	enum alert_kind kind;
	double start; /* when the detector noticed it */
	double onset; /* when the traffic began */
	double reported_at;
	double hot_until; /* the traffic continues at least until then */
	double sent_before, received_before; /* link bytes before the onset */
	double amount[SIGNAL_COUNT];         /* since the onset */
	double highest[SIGNAL_COUNT];        /* highest interval rate since the onset */
	double peak[WINDOWS][SERIES_COUNT];
	double hour_level[LEVEL_HOURS]; /* the leading series, by hour */
	unsigned hour_count;
	double hour_at;
	unsigned series; /* the leading series when it was reported */
	enum window window;
	struct verdict verdict;
};

/* Begins an incident that the exceedance shows. Computes its onset, counts its traffic
 * since then, and takes what was learnt since then out of the baseline. */
void incident_begin(struct detector *d, struct incident *i, const struct exceedance *f);

/* Adds the last interval to the incident's counts. */
void incident_follow(const struct detector *d, struct incident *i);

/* Raises the incident's peaks to what the windows carry now. */
void incident_peaks(struct incident *i, const struct windows *w);

#endif
