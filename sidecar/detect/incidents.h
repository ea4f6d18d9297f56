/* SPDX-License-Identifier: Apache-2.0 */
/* incidents.h - departures from the baseline: the current one and past ones. A first
 * departure is reported. A departure that recurs often enough is a routine. */
#ifndef DORMOUSE_DETECT_INCIDENTS_H
#define DORMOUSE_DETECT_INCIDENTS_H

#include "learnt.h"
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

void incident_peaks(struct incident *i, const struct windows *w);

/* Stores it among the past incidents. */
void incident_remember(struct learnt *l, const struct incident *i, double now);

/* Computes the levels that enough separate incidents have reached to be a routine. */
void incidents_routine(const struct learnt *l, const struct windows *w,
		       struct levels *routine);

/* Computes the levels of incidents that were reported recently, or at this time of
 * day. */
void incidents_reported(const struct learnt *l, const struct windows *w, double now,
			double reported_s, struct levels *reported);

#endif
