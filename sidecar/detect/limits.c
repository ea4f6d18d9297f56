/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - the limits that do not depend on the pod's past. */
#include "limits.h"

#define KIB 1024.0

/* Reasons for the limits in config/signals.def. A pod may send 128 KiB at once on
 * connections that it opens (a TLS session with a report or an update check) and 64
 * bytes per second (keepalives, renewals). Bytes that no socket accounts for have the
 * same limits: they are neighbour discovery and pings, or hidden traffic. In total a
 * pod may send 4 KiB per second: answers to probes and scrapes. Packet limits assume
 * packets of 128 bytes. A hundred connections or addresses are one start of a client
 * with a pool; one in five seconds is polling. Half of that may fail: a service that is
 * down, tried again. One address in twenty seconds may be new: peers that were
 * recreated with other addresses. A relay below 8 KiB per second has no commercial
 * value. */
static const struct limit LIMIT[SERIES_COUNT] = {
#define JUDGED(burst, rate)                       (burst), (rate), true
#define UNJUDGED                                  0, 0, false
#define SIGNAL(id, name, unit, kind, limits, ...) [SIGNAL_##id] = {limits},
#include "config/signals.def"
#undef SIGNAL
    [SERIES_RELAYED] = {128 * KIB, 8 * KIB, false},
    [SERIES_UNSOLICITED] = {0, 0, true},
};

/* A pod may always send unsolicited a twentieth of the bytes it serves, in parts per
 * million. */
#define UNSOLICITED_FLOOR 5e4

/* The rate when own traffic and answers cannot be separated, bytes per second. */
#define UNKNOWN_RATE (1 * KIB)

/* Traffic that no client requested. */
static bool is_own_accord(unsigned series)
{
	return series == SIGNAL_TCP_INITIATED_TX_BYTES ||
	       series == SIGNAL_UNACCOUNTED_TX_BYTES;
}

double limit_floor(unsigned series, enum window window, double length, bool own_known)
{
	return limit_floor_narrowed(series, window, length, own_known, 1);
}

bool limit_narrows(unsigned series, bool own_known)
{
	switch (series) {
	case SIGNAL_TCP_NEW_SOCKETS:
	case SIGNAL_TCP_INITIATED_TX_BYTES:
	case SIGNAL_UDP_TX_BYTES:
	case SIGNAL_UDP_TX_PACKETS:
	case SIGNAL_UNACCOUNTED_TX_BYTES:
	case SIGNAL_TCP_FAILED_CONNECTIONS:
	case SIGNAL_NEW_DESTINATIONS:
		return true;
	default:
		return series == SIGNAL_TX_BYTES && !own_known;
	}
}

bool limit_absolute(unsigned series)
{
	return series == SIGNAL_DESTINATIONS || series == SIGNAL_UNACCOUNTED_TX_BYTES ||
	       series == SIGNAL_TCP_FAILED_CONNECTIONS ||
	       series == SIGNAL_NEW_DESTINATIONS;
}

double limit_floor_narrowed(unsigned series, enum window window, double length,
			    bool own_known, double share)
{
	if (series == SERIES_UNSOLICITED)
		return UNSOLICITED_FLOOR;
	double burst = LIMIT[series].burst, rate = LIMIT[series].rate;

	if (series == SIGNAL_TX_BYTES && !own_known)
		rate = UNKNOWN_RATE;
	rate *= share;
	if (window == MINIMUM_SHORT)
		return burst / 2 + rate * length;
	if (window == MINIMUM_LONG) /* no single task lasts that long without a pause */
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

/* Load may double because replicas were halved or because a day is busier. That is
 * ordinary in any window. Shorter windows need more margin because they average less
 * noise away. */
static const double MARGIN[WINDOWS] = {
    [WINDOW_10S] = 3,  [WINDOW_1M] = 3,     [WINDOW_10M] = 2.5,   [WINDOW_1H] = 2.2,
    [WINDOW_6H] = 2.2, [MINIMUM_SHORT] = 3, [MINIMUM_LONG] = 2.5,
};

/* Load changes unsolicited and served bytes together. So their ratio is steadier than
 * either. */
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
