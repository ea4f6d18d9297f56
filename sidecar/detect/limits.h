/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - the limits that do not depend on the pod's past, with their reasons.
 *
 * The floor of a series is a token bucket (RFC 2697): `burst` at once and `rate` per
 * second always pass, whatever the past is. Without a floor, any byte after a silent
 * past would raise an alert.
 */
#ifndef DORMOUSE_DETECT_LIMITS_H
#define DORMOUSE_DETECT_LIMITS_H

#include "series.h"

/* Low traffic: a pod that sends no more than this in any minute is quiet. Probes every
 * few seconds and a scrape of a hundred kilobytes every half minute are below it. Bytes
 * per second. */
#define QUIET_RATE 4096.0

/* Widens margins and floors while little was observed: margins (the part above 1) and
 * floors are multiplied by (1 + YOUTH * learn_s / observed time). */
#define YOUTH 2.0

/* If a pod's hours were alike for days, its margins of hours (the part above 1) are
 * this share: such a pod has no mornings. */
#define STEADY_SHARE 0.4

/* What the last six hours have shown counts up to CLIMB_RATIO times the hours before.
 * If these are SETTLED_HOURS, windows up to a minute add nothing to them. */
#define CLIMB_RATIO   2.0
#define SETTLED_HOURS 48

/* Widens margins while a window was learnt for only n of its lengths: by (1 +
 * FEW_WINDOWS / n), at most (1 + YOUTH). Seven hours predict the eighth poorly. */
#define FEW_WINDOWS 10.0

/* The largest margin of a young pod, and the factor on the floors of what is judged
 * from a pod's first minute. */
#define YOUNG_MARGIN 10.0

/* How far the rate of a floor narrows while a series is silent: to 1 / (1 + silence /
 * 3 h), but not below NARROWED_RATE. The burst stays: a task over TLS still passes,
 * what goes on and on does not. A past that used the floor keeps NARROWED_USE times
 * what it used. */
#define NARROWED_AFTER_S (3 * 3600.0)
#define NARROWED_RATE    0.125
#define NARROWED_USE     4.0

/* How often, per day, chance alone may exceed the threshold of a pod with heavy-tailed
 * bursts: once in two hundred days. */
#define CHANCE_A_DAY 0.005

/* The maximum tail exponent: a distribution with exponent 1 has no mean. */
#define TAIL_MAX 1.0

/* TAIL_SAMPLES: intervals needed to estimate a tail. TAIL_UNKNOWN: the exponent until
 * then. TAIL_AHEAD: the past is extrapolated to this multiple of itself, or to
 * TAIL_AHEAD_HOURS if that is longer. TAIL_LEAST: rates below a 64th of the floor's
 * rate are noise. */
#define TAIL_SAMPLES     100
#define TAIL_UNKNOWN     0.5
#define TAIL_AHEAD       10.0
#define TAIL_AHEAD_HOURS 96.0
#define TAIL_LEAST       (1.0 / 64)

/* A lasting change becomes the new baseline after ACCEPT_AFTER times learn_s or hours,
 * whichever is longer, if its level stays within STABLE_RATIO. After ACCEPT_AT_LAST
 * times it does so in any case. */
#define ACCEPT_AFTER   6
#define ACCEPT_AT_LAST 24
#define STABLE_RATIO   2.0

/* An incident like an earlier one (up to REPORTED_RATIO times as large) is not reported
 * again within REPORTED_SPAN times dormant_after_s, or six hours if that is longer, nor
 * at the same time of day for REPORTED_DAYS days. */
#define REPORTED_RATIO   1.85
#define REPORTED_SPAN    8.0
#define REPORTED_LEAST_S (6 * 3600.0)
#define REPORTED_DAYS    35.0

/* Traffic beyond this ratio to the open incidents is another incident. The shortest
 * window is noisy, so its ratio is larger. */
#define OTHERS_RATIO     1.75
#define OTHERS_RATIO_10S 4.0

/* A pod counts as dormant lately until so many seconds after it was. */
#define DORMANT_LATELY_S 600.0

/* Traffic is a relay when the smaller of sent and received is at least this share of
 * the larger. */
#define RELAY_BALANCE 0.75

/* On a pod's first day, what it sends may grow with its load: up to SERVICE_GROWTH_MAX
 * times the usual threshold where its answers are known, because the share of a canary
 * goes from one request in a hundred to all; else, by received bytes alone, up to
 * LOAD_GROWTH_MAX times. The ratio of unsolicited bytes must stay within its threshold,
 * or UNSOLICITED_STEADY of the greatest while it has none. */
#define FIRST_DAY_S        86400.0
#define SERVICE_GROWTH_MAX 100.0
#define LOAD_GROWTH_MAX    20.0
#define UNSOLICITED_STEADY 1.5

struct limit {
	double burst, rate; /* the floor */
	bool judged;
};

/* Returns the floor of a series in its unit, over `length` seconds. `own_known` says
 * whether traffic on connections that the pod opened is counted separately from its
 * answers. */
double limit_floor(unsigned series, enum window window, double length, bool own_known);

/* Returns the same floor, narrowed to `share` of its rate (NARROWED_RATE to 1). */
double limit_floor_narrowed(unsigned series, enum window window, double length,
			    bool own_known, double share);

/* Whether a series' floor narrows with silence: what the pod does of its own accord. */
bool limit_narrows(unsigned series, bool own_known);

/* Whether the series is judged from the first minute: no ordinary start has it. */
bool limit_absolute(unsigned series);

/* Returns the bytes to add to served bytes before own bytes are divided by them. */
double limit_served_floor(enum window window, double length);

bool limit_judged(unsigned series);

/* Returns by how much the past maximum may be exceeded, as a factor of 1 or more. */
double limit_margin(unsigned series, enum window window, enum sensitivity sensitivity);

/* Returns the factor on floors for a sensitivity. */
double limit_floor_scale(enum sensitivity sensitivity);

#endif
