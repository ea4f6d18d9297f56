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
static const struct limit LIMIT[LANES] = {
#define JUDGED(burst, rate)                       (burst), (rate), true
#define UNJUDGED                                  0, 0, false
#define SIGNAL(id, name, unit, kind, limits, ...) [SIGNAL_##id] = {limits},
#include "config/signals.def"
#undef SIGNAL
    [LANE_RELAYED] = {128 * KIB, 8 * KIB, false},
    [LANE_UNASKED] = {0, 0, true},
};

/* A twentieth of what is answered may be sent unasked at any time, in parts of a
 * million.
 */
#define UNASKED_FLOOR 5e4

/* Where nothing tells own traffic from answers. */
#define UNKNOWN_RATE (1 * KIB)

/* Sent though nobody asked for it. */
static bool is_own_accord(unsigned lane)
{
	return lane == SIGNAL_TCP_INITIATED_TX_BYTES ||
	       lane == SIGNAL_UNACCOUNTED_TX_BYTES;
}

double limit_floor(unsigned lane, enum measure measure, double length, bool own_known)
{
	if (lane == LANE_UNASKED)
		return UNASKED_FLOOR;
	double burst = LIMIT[lane].burst, rate = LIMIT[lane].rate;

	if (lane == SIGNAL_TX_BYTES && !own_known)
		rate = UNKNOWN_RATE;
	if (measure == HELD_SHORT)
		return burst / 2 + rate * length;
	if (measure == HELD_LONG) /* no errand lasts that long without a pause */
		return (is_own_accord(lane) ? 1 : 2) * rate * length;
	return burst + rate * length;
}

double limit_answered_floor(enum measure measure, double length)
{
	return limit_floor(SIGNAL_TCP_INITIATED_TX_BYTES, measure, length, true);
}

bool limit_judged(unsigned lane)
{
	return LIMIT[lane].judged;
}

/* Load that doubles because replicas were halved, or because a day is twice another, is
 * ordinary at any span; the shorter the span, the less noise is averaged away. */
static const double MARGIN[MEASURES] = {
    [SUM_10S] = 3,  [SUM_1M] = 3,     [SUM_10M] = 2.5,   [SUM_1H] = 2.2,
    [SUM_6H] = 2.2, [HELD_SHORT] = 3, [HELD_LONG] = 2.5,
};

/* Load moves what is sent unasked and what is answered alike: their ratio is steadier
 * than either. */
#define UNASKED_MARGIN 1.5

double limit_margin(unsigned lane, enum measure measure, enum sensitivity sensitivity)
{
	static const double scale[] = {
	    [SENSITIVITY_LOW] = 2, [SENSITIVITY_NORMAL] = 1, [SENSITIVITY_HIGH] = 0.6};

	double margin = lane == LANE_UNASKED ? UNASKED_MARGIN : MARGIN[measure];

	return 1 + (margin - 1) * scale[sensitivity];
}

double limit_floor_scale(enum sensitivity sensitivity)
{
	static const double scale[] = {
	    [SENSITIVITY_LOW] = 4, [SENSITIVITY_NORMAL] = 1, [SENSITIVITY_HIGH] = 0.5};

	return scale[sensitivity];
}
