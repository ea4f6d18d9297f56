/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - what every piece of the detector agrees on: series, windows, bounds.
 *
 * A series is one number that is followed: each signal, and two that are made of
 * others. A window is one way to look at a series: how much in
 * the last ten seconds, minute, and so on, or how much it never fell below.
 */
#ifndef DORMOUSE_DETECT_SERIES_H
#define DORMOUSE_DETECT_SERIES_H

#include "dormouse/detect.h"
#include "dormouse/sample.h"

/* Made of two signals each: bytes relayed, the lesser of sent and received by interval;
 * and what the pod sends unsolicited, its own connections' bytes for each million that
 * it answers on those of others. */
#define SERIES_RELAYED     SIGNAL_COUNT
#define SERIES_UNSOLICITED (SIGNAL_COUNT + 1)
/* Even numbers make short loops. */
#define SERIES_COUNT ((SIGNAL_COUNT + 3) / 2 * 2)
_Static_assert(SERIES_UNSOLICITED < SERIES_COUNT && SERIES_COUNT % 2 == 0,
	       "every signal and two");

enum window {
	WINDOW_10S,
	WINDOW_1M,
	WINDOW_10M,
	WINDOW_1H,
	WINDOW_6H,
	MINIMUM_SHORT, /* never fell below this for a minute (three ticks at least) */
	MINIMUM_LONG,  /* never fell below this for ten minutes */
	WINDOWS
};
#define SUM_WINDOWS (WINDOW_6H + 1)

/* No counter grows faster, per second: twice a 400 Gbit/s link in bytes. What does is a
 * counter that was replaced, and nothing is known of the time between. */
#define RATE_ABSURD 1e11

/* Times outside are no Unix times. */
#define TIME_MAX 1e11

#endif
