/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - the thresholds that do not come from the pod's own past. */
#include "limits.h"

#define KIB 1024.0

/* What the pod sends of its own accord may be one errand of 128 KiB (a TLS session with
 * a report or an update check) and 64 bytes a second (keepalives, renewals). What no
 * socket accounts for is held as tightly: it is neighbour discovery and pings, or it
 * hides. What the pod sends in all may be 4 KiB a second: answers to probes and
 * scrapes. Packets are those of packets of 128 bytes. A hundred connections or
 * addresses are one start of a client with a pool; one in five seconds is a poll. A
 * relay below 8 KiB a second sells nothing. */
static const struct limit LIMIT[SERIES_COUNT] = {
#define JUDGED(burst, rate)                       (burst), (rate), true
#define UNJUDGED                                  0, 0, false
#define SIGNAL(id, name, unit, kind, limits, ...) [SIGNAL_##id] = {limits},
#include "config/signals.def"
#undef SIGNAL
    [SERIES_RELAYED] = {128 * KIB, 8 * KIB, false},
    [SERIES_UNSOLICITED] = {0, 0, true},
};

/* A twentieth of what is served may be sent unsolicited at any time, in parts of a
 * million.
 */
#define UNSOLICITED_FLOOR 5e4

/* Where nothing tells own traffic from answers. */
#define UNKNOWN_RATE (1 * KIB)

/* Sent though no client asked for it. */
static bool is_own_accord(unsigned series)
{
	return series == SIGNAL_TCP_INITIATED_TX_BYTES ||
	       series == SIGNAL_UNACCOUNTED_TX_BYTES;
}

double limit_floor(unsigned series, enum window window, double length, bool own_known)
{
	if (series == SERIES_UNSOLICITED)
		return UNSOLICITED_FLOOR;
	double burst = LIMIT[series].burst, rate = LIMIT[series].rate;

	if (series == SIGNAL_TX_BYTES && !own_known)
		rate = UNKNOWN_RATE;
	if (window == MINIMUM_SHORT)
		return burst / 2 + rate * length;
	if (window == MINIMUM_LONG) /* no errand lasts that long without a pause */
		return (is_own_accord(series) ? 1 : 2) * rate * length;
	return burst + rate * length;
}

double limit_served_floor(enum window window, double length)
{
	return limit_floor(SIGNAL_TCP_INITIATED_TX_BYTES, window, length, true);
}

bool limit_judged(unsigned series)
{
	return LIMIT[series].judged;
}

/* Load that doubles because replicas were halved, or because a day is twice another, is
 * ordinary at any span; the shorter the span, the less noise is averaged away. */
static const double MARGIN[WINDOWS] = {
    [WINDOW_10S] = 3,  [WINDOW_1M] = 3,     [WINDOW_10M] = 2.5,   [WINDOW_1H] = 2.2,
    [WINDOW_6H] = 2.2, [MINIMUM_SHORT] = 3, [MINIMUM_LONG] = 2.5,
};

/* Load moves what is sent unsolicited and what is served alike: their ratio is steadier
 * than either. */
#define UNSOLICITED_MARGIN 1.5

double limit_margin(unsigned series, enum window window, enum sensitivity sensitivity)
{
	static const double scale[] = {
	    [SENSITIVITY_LOW] = 2, [SENSITIVITY_NORMAL] = 1, [SENSITIVITY_HIGH] = 0.6};

	double margin =
	    series == SERIES_UNSOLICITED ? UNSOLICITED_MARGIN : MARGIN[window];

	return 1 + (margin - 1) * scale[sensitivity];
}

double limit_floor_scale(enum sensitivity sensitivity)
{
	static const double scale[] = {
	    [SENSITIVITY_LOW] = 4, [SENSITIVITY_NORMAL] = 1, [SENSITIVITY_HIGH] = 0.5};

	return scale[sensitivity];
}
