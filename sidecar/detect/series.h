/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - the definitions that all files of the detector share: series, windows,
 * limits of values.
 *
 * A series is one number that the detector follows: each signal, and two series derived
 * from signals. A window is one measure of a series: the sum of the last ten seconds,
 * minute and so on, or the minimum over a time.
 */
#ifndef DORMOUSE_DETECT_SERIES_H
#define DORMOUSE_DETECT_SERIES_H

#include "dormouse/detect.h"
#include "dormouse/sample.h"

/* Each derives from two signals. Relayed bytes are the smaller of sent and received,
 * per interval. The unsolicited ratio is the bytes on connections that the pod opened,
 * per million bytes that it serves on others' connections. */
#define SERIES_RELAYED     SIGNAL_COUNT
#define SERIES_UNSOLICITED (SIGNAL_COUNT + 1)
/* An even count makes the loops shorter. */
#define SERIES_COUNT ((SIGNAL_COUNT + 3) / 2 * 2)
_Static_assert(SERIES_UNSOLICITED < SERIES_COUNT && SERIES_COUNT % 2 == 0,
	       "every signal and two");

/* A bit for each signal of what a pod sends over TCP, to whom it answers and where it
 * connects, and for all that it sends. */
#define SENT_OVER_TCP                                                                  \
	(1u << SIGNAL_TX_BYTES | 1u << SIGNAL_TX_PACKETS | 1u << SIGNAL_TCP_TX_BYTES | \
	 1u << SIGNAL_TCP_TX_PACKETS | 1u << SIGNAL_TCP_INITIATED_TX_BYTES)

enum window {
	WINDOW_10S,
	WINDOW_1M,
	WINDOW_10M,
	WINDOW_1H,
	WINDOW_6H,
	MINIMUM_SHORT, /* minimum over a minute (three ticks at least) */
	MINIMUM_LONG,  /* minimum over ten minutes */
	WINDOWS
};
#define SUM_WINDOWS (WINDOW_6H + 1)

/* Returns the length of a window, seconds. Each span is four to ten times the one
 * before, so an excess that falls between two shows later by at most that factor. With
 * a longer interval a window is longer: see struct windows. */
static inline double window_span(unsigned window)
{
	static const double spans[WINDOWS] = {
	    [WINDOW_10S] = 10,    [WINDOW_1M] = 60,    [WINDOW_10M] = 600,
	    [WINDOW_1H] = 3600,   [WINDOW_6H] = 21600, [MINIMUM_SHORT] = 60,
	    [MINIMUM_LONG] = 600,
	};

	return spans[window];
}

/* No counter grows faster, per second: this is twice a 400 Gbit/s link in bytes. A
 * faster growth means that the counter was replaced, so the increase is unknown. */
#define RATE_ABSURD 1e11

#define HOUR_S 3600.0
#define DAY_S  86400.0

/* Larger times are not valid Unix times, seconds. */
#define TIME_MAX 1e11

#endif
