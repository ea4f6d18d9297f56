/* SPDX-License-Identifier: Apache-2.0 */
/* lanes.h - what every piece of the detector agrees on: lanes, measures, bounds.
 *
 * A lane is one number that is followed: each signal, and one more that is made of two
 * of them, what was relayed. A measure is one way to look at a lane: how much in the
 * last ten seconds, minute, and so on, or how much it never fell below.
 */
#ifndef DORMOUSE_DETECT_LANES_H
#define DORMOUSE_DETECT_LANES_H

#include "dormouse/detect.h"
#include "dormouse/sample.h"

/* Made of two signals each: bytes relayed, the lesser of sent and received by interval;
 * and what the pod sends unasked, its own connections' bytes for each million that it
 * answers on those of others. */
#define LANE_RELAYED SIGNAL_COUNT
#define LANE_UNASKED (SIGNAL_COUNT + 1)
#define LANES        ((SIGNAL_COUNT + 3) / 2 * 2) /* even numbers make short loops */
_Static_assert(LANE_UNASKED < LANES && LANES % 2 == 0, "every signal and two");

enum measure {
	SUM_10S,
	SUM_1M,
	SUM_10M,
	SUM_1H,
	SUM_6H,
	HELD_SHORT, /* never fell below this for a minute (three ticks at least) */
	HELD_LONG,  /* never fell below this for ten minutes */
	MEASURES
};
#define SUMS (SUM_6H + 1)

/* No counter grows faster, per second: twice a 400 Gbit/s link in bytes. What does is a
 * counter that was replaced, and nothing is known of the time between. */
#define RATE_ABSURD 1e11

/* Times outside are no Unix times. */
#define TIME_MAX 1e11

#endif
