/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - the thresholds that do not come from the pod's own past, with their
 * reasons.
 *
 * A series' floor is a token bucket (RFC 2697): `burst` at once and `rate` a second for
 * ever pass whatever the past says. Without it a silent past would make any byte an
 * alarm.
 */
#ifndef DORMOUSE_DETECT_LIMITS_H
#define DORMOUSE_DETECT_LIMITS_H

#include "series.h"

/* Low traffic: a pod that sends no more than this, by the minute, is quiet. Probes
 * every few seconds and a scrape of a hundred kilobytes every half minute are below it.
 * Bytes a second. */
#define QUIET_RATE 4096.0

/* How far the past is stretched for a pod that was watched for `learn_s`: margins and
 * floors are (1 + YOUTH * learn_s / watched) times as wide. */
#define YOUTH 2.0

/* A window that was learnt for n windows of its length is stretched by (1 +
 * FEW_WINDOWS / n), by (1 + YOUTH) at most: seven hours say little of the eighth. */
#define FEW_WINDOWS 10.0

/* How often chance alone may carry a pod whose bursts have a heavy tail over its
 * threshold: once in two hundred days. */
#define CHANCE_A_DAY 0.005

/* No tail is believed to be heavier: an exponent of 1 has no mean. */
#define TAIL_MAX 1.0

/* Intervals from which a tail can be read, what it is taken for until then, and the
 * most that a greatest burst is stretched. Rates below a 64th of the floor's are noise.
 */
#define TAIL_SAMPLES     100
#define TAIL_UNKNOWN     0.5
#define TAIL_STRETCH_MAX 30.0
#define TAIL_LEAST       (1.0 / 64)

/* A lasting step is the new baseline after so many times learn_s, when its level has
 * held within STABLE_RATIO; after ACCEPT_AT_LAST times learn_s in any case. */
#define ACCEPT_AFTER   6
#define ACCEPT_AT_LAST 24
#define STABLE_RATIO   2.0

/* An incident like an earlier one (up to this much greater) is reported once: within
 * REPORTED_SPAN times dormant_after_s, and at the same time of day for eight days. */
#define REPORTED_RATIO 2.0
#define REPORTED_SPAN  8.0
#define REPORTED_DAYS  8.0
#define SAME_TIME_S    (45 * 60.0)

/* Something seen in so many separate incidents is a routine. */
#define ROUTINE_COUNT 3
#define ROUTINE_RATIO                                                                  \
	4.0 /* and the greatest of them, if it is within that of the third */

/* Sent and received are a relay's when the lesser is this share of the greater. */
#define RELAY_BALANCE 0.75

/* A pod's first day: until then what it answers may grow as what it receives, to so
 * many times what it would be allowed, while the share that it sends unsolicited is
 * steady within that ratio. */
#define FIRST_DAY_S        86400.0
#define LOAD_GROWTH_MAX    20.0
#define UNSOLICITED_STEADY 1.5

struct limit {
	double burst, rate; /* the floor */
	bool judged;
};

/* The floor of a series in its unit over `length` seconds. `own_known` says whether
 * what the pod sends of its own accord is followed apart from what it answers. */
double limit_floor(unsigned series, enum window window, double length, bool own_known);

/* What is added to served bytes where own ones are set against them. */
double limit_served_floor(enum window window, double length);

bool limit_judged(unsigned series);

/* How many times the most of the past is still ordinary, 1 or more. */
double limit_margin(unsigned series, enum window window, enum sensitivity sensitivity);

/* The factor on floors. */
double limit_floor_scale(enum sensitivity sensitivity);

#endif
