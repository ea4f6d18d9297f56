/* SPDX-License-Identifier: Apache-2.0 */
/* incidents.h - departures from the baseline: the one that goes on, and those that are
 * over. What happened once is news; what recurs is a routine. */
#ifndef DORMOUSE_DETECT_INCIDENTS_H
#define DORMOUSE_DETECT_INCIDENTS_H

#include "learnt.h"
#include "windows.h"

#define LEVEL_HOURS 6

/* The departure that goes on. */
struct incident {
	bool open, reported,
	    showing;      /* reported: it was a verdict; showing: it is one now */
	bool was_dormant; /* when it began */
	enum alert_kind kind;
	double start; /* when it was noticed */
	double onset; /* when the traffic began */
	double reported_at;
	double hot_until; /* the traffic itself goes on at least until then */
	double sent_before, received_before; /* link bytes until the onset */
	double amount[SIGNAL_COUNT];         /* since the onset */
	double highest[SIGNAL_COUNT];        /* rate in any interval since the onset */
	double peak[WINDOWS][SERIES_COUNT];
	double hour_level[LEVEL_HOURS]; /* the leading series, hour by hour */
	unsigned hour_count;
	double hour_at;
	unsigned series; /* the leading series when it was reported */
	enum window window;
	struct verdict verdict;
};

void incident_peaks(struct incident *i, const struct windows *w);

/* Puts it among those that are over. */
void incident_remember(struct learnt *l, const struct incident *i, double now);

/* The levels that separate incidents have reached often enough to be a routine. */
void incidents_routine(const struct learnt *l, const struct windows *w,
		       struct levels *routine);

/* The levels of incidents that were reported not long ago, or at this time of the day.
 */
void incidents_reported(const struct learnt *l, const struct windows *w, double now,
			double reported_s, struct levels *reported);

#endif
