/* SPDX-License-Identifier: Apache-2.0 */
/* findings.h - which measures are above their thresholds now, and how far. */
#ifndef DORMOUSE_DETECT_FINDINGS_H
#define DORMOUSE_DETECT_FINDINGS_H

#include "detector.h"

/* Which measure of which lane is furthest out. */
struct finding {
	double ratio; /* over the everyday's threshold */
	double raise; /* over what would be told */
	enum measure measure;
	unsigned lane;
	unsigned lanes; /* how many are out */
	bool hot;       /* the traffic goes on now */
};

void findings_take(const struct detector *d, struct finding *f);

/* What the pod must send unasked at least before its share of what it sends matters:
 * more than ever by the floor. */
double findings_least_unasked(const struct detector *d, unsigned measure);

#endif
