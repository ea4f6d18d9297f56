/* SPDX-License-Identifier: Apache-2.0 */
/* adopted.h - the past of the pod's siblings, beside its own.
 *
 * It is no part of what the pod has learnt: it comes from a document that is read at
 * each start, and what is told of the pod's own past has nothing of it. Otherwise each
 * generation of pods would pass it on for ever.
 */
#ifndef DORMOUSE_DETECT_ADOPTED_H
#define DORMOUSE_DETECT_ADOPTED_H

#include "calendar.h"
#include "dormouse/past.h"
#include "learnt.h"

/* What the siblings had at a time of day. */
struct adopted_departure {
	struct calendar calendar;
	enum alert_kind kind;
	struct levels reach;
};

struct adopted {
	double watched_s;  /* 0: nothing was adopted */
	double longest_s;  /* of one pod */
	double span_s;     /* of the calendar that it covers, at most watched_s */
	double since;      /* Unix seconds */
	double interval_s; /* 0: unknown */
	double start_s;    /* how long the siblings' first minutes lasted */
	bool dormant;      /* the siblings are dormant more often than not */
	double series_s[SERIES_COUNT];
	double intervals[SIGNAL_COUNT], mean[SIGNAL_COUNT], stddev[SIGNAL_COUNT];
	double p99[SIGNAL_COUNT];
	double
	    tail[SIGNAL_COUNT]; /* exponent of the greatest intervals; < 0: unknown */
	struct levels most, third, tenth, start;
	unsigned departure_count;
	struct adopted_departure departure[PAST_DEPARTURES_MAX];
};

/* Takes a past; one without watched time takes everything away. */
void adopted_take(struct adopted *a, const struct past *past);

/* Makes the siblings' past fit the pod's interval between samples: the gauges are
 * dropped if theirs was another, and minima raised if theirs was shorter. */
void adopted_fit(struct adopted *a, double interval_s);

/* Raises the levels to what the siblings have reached, for a pod that was observed for
 * so many seconds. */
void adopted_raise(const struct adopted *a, double observed_s,
		   const double length[WINDOWS], struct levels *most);

/* Raises the levels to what the siblings had at this time of another day. */
void adopted_expects(const struct adopted *a, double now, struct levels *levels);

/* Returns the newest of these; NULL: there is none. */
const struct adopted_departure *adopted_repeated(const struct adopted *a, double now);

#endif
