/* SPDX-License-Identifier: Apache-2.0 */
/* recent.h - keeps the last samples individually. The detector finds an onset only
 * after the traffic began. By then it has already learnt the first samples of the
 * incident, and must remove them. */
#ifndef DORMOUSE_DETECT_RECENT_H
#define DORMOUSE_DETECT_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "dormouse/sample.h"
#include "histogram.h"

/* 64 samples are a minute at an interval of one second and ten minutes at the default
 * interval. Older samples of an incident stay learnt: they are few among thousands. */
#define RECENT_KEPT 64

struct recent_sample {
	double began, ended; /* Unix seconds */
	double rate[SIGNAL_COUNT];
	double sent_before, received_before; /* link bytes before it began */
	uint32_t known;                      /* signals that have a rate */
	bool excused;                        /* it is in an --expect window */
	bool learnt;                         /* it is in the histograms */
};

struct recent {
	unsigned next, count;
	struct recent_sample ring[RECENT_KEPT];
};

void recent_note(struct recent *r, const struct recent_sample *sample);

/* Returns the sample that ended at that time; NULL when it is not kept. */
const struct recent_sample *recent_ended(const struct recent *r, double time);

/* Removes the samples that ended after `since` from the histograms. */
void recent_unlearn(struct recent *r, struct histogram histogram[SIGNAL_COUNT],
		    double since);

/* Call this after histogram_turn(): the older half's samples can no longer be
 * removed. */
void recent_turned(struct recent *r);

#endif
