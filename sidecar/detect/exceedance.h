/* SPDX-License-Identifier: Apache-2.0 */
/* exceedance.h - finds the windows above their thresholds, and by how much. */
#ifndef DORMOUSE_DETECT_EXCEEDANCE_H
#define DORMOUSE_DETECT_EXCEEDANCE_H

#include "series.h"

struct detector;

/* The window and series furthest above their threshold. */
struct exceedance {
	double ratio;       /* value over the baseline's threshold */
	double alert_ratio; /* value over the alert threshold */
	enum window window;
	unsigned series;
	unsigned series_count; /* series above their thresholds */
	bool hot;              /* the traffic continues now */
	bool deferred; /* something is above only because it makes up for a pause */
	double rank;   /* of window and series: what continues comes first */
};

/* Adds a window of a series that is above its threshold by `ratio` and above the alert
 * threshold by `alert_ratio`. `hot` says whether that traffic continues. */
void exceedance_add(struct exceedance *f, enum window window, unsigned series,
		    double ratio, double alert_ratio, bool hot);

void exceedance_take(const struct detector *d, struct exceedance *f);

/* Returns how many unsolicited bytes the pod must exceed before the unsolicited ratio
 * is judged: the baseline's maximum plus the floor. */
double exceedance_least_unsolicited(const struct detector *d, unsigned window);

#endif
