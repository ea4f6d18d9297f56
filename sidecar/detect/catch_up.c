/* SPDX-License-Identifier: Apache-2.0 */
/* catch_up.c - a burst that makes up for a pause.
 *
 * A shipper of logs whose receiver stops reading keeps what it has, and sends it all as
 * fast as it can afterwards. The burst is larger than any before, but the hour is not.
 */
#include "catch_up.h"

#include "detector.h"

#define KNOWN_S        (6 * HOUR_S)
#define INTERVAL_MOST  90.0 /* a pause must show */
#define PAUSED_MINUTES 4    /* of the last ten */
#define PAUSED_SHARE   0.25
#define HOUR_RATIO     1.15

/* A pod always sends when all but a tenth of its intervals carry at least this share of
 * what all but the largest tenth stay below. */
#define ALWAYS_SHARE 0.125

bool catching_up(const struct detector *d, unsigned series)
{
	const struct learnt *l = &d->learnt;
	unsigned s =
	    series == SERIES_UNSOLICITED ? SIGNAL_TCP_INITIATED_TX_BYTES : series;

	if (s >= SIGNAL_COUNT || !(SENT_OVER_TCP >> s & 1) ||
	    l->series_s[s] < KNOWN_S || d->counters.interval > INTERVAL_MOST)
		return false;
	double most = histogram_above(&l->histogram[s], 0.1);
	double least = histogram_above(&l->histogram[s], 0.9);
	return least > ALWAYS_SHARE * most &&
	       d->windows.value[WINDOW_1H][s] <= HOUR_RATIO * most * HOUR_S &&
	       windows_minutes_below(&d->windows, s, PAUSED_SHARE * least) >=
		   PAUSED_MINUTES;
}
