/* SPDX-License-Identifier: Apache-2.0 */
/* exceedance.h - finds the windows above their thresholds, and by how much. */
#ifndef DORMOUSE_DETECT_EXCEEDANCE_H
#define DORMOUSE_DETECT_EXCEEDANCE_H

#include "series.h"

struct detector;

/* The window and series furthest above their threshold. */
struct exceedance {
	double ratio;       /* value over the baseline's threshold */
	double wide_ratio;  /* value over the threshold with the whole floor; below 1:
			     * it is news only because the pod was silent */
	double alert_ratio; /* value over the alert threshold */
	enum window window;
	unsigned series;
	unsigned series_count; /* series above their thresholds */
	bool hot;              /* the traffic continues now */
};

void exceedance_take(const struct detector *d, struct exceedance *f);

/* Returns how many unsolicited bytes the pod must exceed before the unsolicited ratio
 * is judged: the baseline's maximum plus the floor. */
double exceedance_least_unsolicited(const struct detector *d, unsigned window);

#endif
