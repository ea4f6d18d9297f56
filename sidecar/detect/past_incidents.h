/* SPDX-License-Identifier: Apache-2.0 */
/* past_incidents.h - remembers departures from the baseline. A first departure is
 * reported. A departure that recurs often enough is a routine. */
#ifndef DORMOUSE_DETECT_PAST_INCIDENTS_H
#define DORMOUSE_DETECT_PAST_INCIDENTS_H

#include "incident.h"
#include "learnt.h"
#include "windows.h"

/* Stores it among the past incidents: with an earlier one that is like it and began at
 * the same time of day, else on its own. The place of the least useful is taken when
 * there is no other. */
void incident_remember(struct learnt *l, const struct incident *i, double now);

/* Describes an incident, until now, as the first of its kind. */
void incident_describe(const struct incident *i, double now, struct incident_memory *m);

/* Computes the levels that enough separate incidents have reached to be a routine at
 * any time of day. */
void incidents_routine(const struct learnt *l, const struct windows *w,
		       struct levels *routine);

/* Computes the levels up to which a routine of its own hour is expected there. */
void incident_reach(const struct incident_memory *m, struct levels *level);

/* Returns the incident that one which begins at `now` repeats: the last one that was
 * reported, or repeated one that was, at this time of day; else the last one that ended
 * less than `reported_s` ago. NULL: none. */
const struct incident_memory *incident_repeated(const struct learnt *l, double now,
						double reported_s);

/* Computes the levels of incidents that were reported recently, or at this time of
 * day. */
void incidents_reported(const struct learnt *l, double now, double reported_s,
			struct levels *reported);

/* Raises what such levels imply: minima to the sum of the next longer window, and six
 * hours to six such hours. */
void incidents_complete(const struct windows *w, struct levels *reported);

#endif
