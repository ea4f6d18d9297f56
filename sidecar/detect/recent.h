/* SPDX-License-Identifier: Apache-2.0 */
/* recent.h - the last samples one by one, for what turns out later to have begun in
 * them: an onset is found when the traffic is there, and by then they were learnt. */
#ifndef DORMOUSE_DETECT_RECENT_H
#define DORMOUSE_DETECT_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "dormouse/sample.h"
#include "histogram.h"

/* A minute at an interval of one second, ten at the default one. What was learnt since
 * an onset further back stays learnt: some intervals among thousands. */
#define RECENT_KEPT 64

struct recent_sample {
	double began, ended; /* Unix seconds */
	double rate[SIGNAL_COUNT];
	double sent_before, received_before; /* link bytes until it began */
	uint32_t known;                      /* signals that have a rate */
	bool excused;                        /* by an expect window */
	bool learnt;                         /* it is in the histograms */
};

struct recent {
	unsigned next, count;
	struct recent_sample ring[RECENT_KEPT];
};

void recent_note(struct recent *r, const struct recent_sample *sample);

/* The sample that ended at that time; NULL when it is not among those kept. */
const struct recent_sample *recent_ended(const struct recent *r, double time);

/* Takes those that ended after `since` out of the histograms again. */
void recent_unlearn(struct recent *r, struct histogram histogram[SIGNAL_COUNT],
		    double since);

/* The histograms have been turned: what is in them stays in them. */
void recent_turned(struct recent *r);

#endif
