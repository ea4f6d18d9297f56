/* SPDX-License-Identifier: Apache-2.0 */
/* exceedance.h - which windows are above their thresholds now, and how far. */
#ifndef DORMOUSE_DETECT_EXCEEDANCE_H
#define DORMOUSE_DETECT_EXCEEDANCE_H

#include "detector.h"

/* Which window of which series is furthest out. */
struct exceedance {
	double ratio;       /* over the baseline's threshold */
	double alert_ratio; /* over what would be reported */
	enum window window;
	unsigned series;
	unsigned series_count; /* how many are out */
	bool hot;              /* the traffic goes on now */
};

void exceedance_take(const struct detector *d, struct exceedance *f);

/* What the pod must send unsolicited at least before its share of what it sends
 * matters: more than ever by the floor. */
double exceedance_least_unsolicited(const struct detector *d, unsigned window);

#endif
