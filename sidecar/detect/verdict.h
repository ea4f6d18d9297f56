/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h - how a verdict is made of a departure from the baseline, whatever rule
 * found it. */
#ifndef DORMOUSE_DETECT_VERDICT_H
#define DORMOUSE_DETECT_VERDICT_H

#include "detector.h"

/* Link bytes, as sums of what flowed. */
struct carried {
	double sent, received;               /* until now */
	double sent_before, received_before; /* until the onset */
	bool received_known;
};

/* What a rule found. */
struct departure {
	enum alert_kind kind;
	enum signal signal;
	enum window window; /* that shows it */
	double span_s;      /* that the window is over */
	double onset;       /* Unix seconds */
	double value;       /* per second */
	double window_s;    /* that the value is over */
	double threshold;   /* that it was judged against, per second */
	double risk;        /* more than 100 counts as 100 */
	struct carried carried;
};

/* What the links carried in the detector's time, of which so much until the onset. */
struct carried carried_since(const struct detector *d, double sent_before,
			     double received_before);

/* Fills in all of *v. The deviation that sigmas count is no less than a third of what
 * the signal's floor lets pass in that window. */
void verdict_fill(const struct detector *d, const struct departure *departure,
		  struct verdict *v);

/* Brings the byte counts and the balance of a filled verdict up to date. */
void verdict_count(struct verdict *v, const struct carried *carried);

#endif
