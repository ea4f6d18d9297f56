/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h - builds a verdict from a departure, for every rule. */
#ifndef DORMOUSE_DETECT_VERDICT_H
#define DORMOUSE_DETECT_VERDICT_H

#include "detector.h"

/* Totals of link bytes. */
struct carried {
	double sent, received;               /* up to now */
	double sent_before, received_before; /* up to the onset */
	bool received_known;
};

/* A departure that a rule found. */
struct departure {
	enum alert_kind kind;
	enum signal signal;
	enum window window; /* the window that shows it */
	double span_s;      /* the window's length */
	double onset;       /* Unix seconds */
	double value;       /* per second; of the gauge, in an interval */
	double window_s;    /* the time that the value covers */
	double threshold;   /* the threshold used, as the value */
	double risk;        /* more than 100 counts as 100 */
	struct carried carried;
};

/* Returns until how long after its report an incident may still grow, seconds. What
 * exceeds it later is another incident. */
double verdict_settles_s(double interval_s);

/* Returns the links' totals now, and the totals before the onset. */
struct carried carried_since(const struct detector *d, double sent_before,
			     double received_before);

/* Fills in all of *v. `sigmas` uses a standard deviation of at least a third of the
 * rate that the signal's floor allows in that window. */
void verdict_fill(const struct detector *d, const struct departure *departure,
		  struct verdict *v);

/* Updates the byte counts and the balance of a filled verdict. */
void verdict_count(struct verdict *v, const struct carried *carried);

#endif
