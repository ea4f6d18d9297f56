/* SPDX-License-Identifier: Apache-2.0 */
/* learnt.h - the learnt state that survives a restart: one flat block without
 * pointers. */
#ifndef DORMOUSE_DETECT_LEARNT_H
#define DORMOUSE_DETECT_LEARNT_H

#include "base/error.h"
#include "calendar.h"
#include "histogram.h"
#include "series.h"

/* "DR", the number of signals, a version: change that with these structs. */
#define LEARNT_LAYOUT  (0x44520000u | SIGNAL_COUNT << 8 | 12)
#define HOURS_KEPT     720 /* thirty days of observed time */
#define BLOCKS         12  /* of the last hour */
#define INCIDENTS_KEPT 40

/* A departure that came so many separate times is a routine. */
#define ROUTINE_COUNT 3

/* The maximum of each window in a time span. level_encode() packs amounts: precision
 * one part in a thousand, rounded up. Codes sort like their amounts. */
struct levels {
	uint16_t code[WINDOWS][SERIES_COUNT];
};

/* An incident of the past, or several that are alike and began at the same time of day.
 * So a year of nightly jobs is one entry. */
struct incident_memory {
	double start, end; /* of the last incident, Unix seconds; end 0: unused entry */
	double told; /* onset of the reported incident that it is or repeats; 0: none */
	double bytes_most; /* link bytes sent, at most and on average of binary
			      logarithms */
	double bytes_log;
	double
	    grown; /* by how much repeats have exceeded the reported one: 1 or more */
	struct calendar calendar; /* of separate occasions: one may be many incidents */
	uint32_t routine; /* number of the routine that it belongs to; 0: none */
	uint32_t signal;  /* showed the first most clearly */
	uint32_t kind;    /* enum alert_kind of the first */
	uint32_t unused;
	/* The largest of the separate occasions, largest first: what the third has
	 * reached is a routine, and their distance is the spread of its sizes. */
	struct levels top[ROUTINE_COUNT];
};

#define SIZES_KEPT 8

struct past_size {
	double onset; /* Unix seconds; 0: unused */
	double
	    doublings; /* binary logarithm of the link bytes of its greatest minute */
};

struct learnt {
	double first_time, last_time;  /* Unix seconds of learnt samples; 0: nothing */
	double observed_s;             /* observed time in total */
	double generation_s;           /* observed time in the histograms' newer half */
	double state_since, low_since; /* Unix seconds; low_since 0: not low */
	double low_until;              /* end of the last long quiet time; 0: none */
	double warm_until_s;     /* observed time at the warm-up's end; 0: not yet */
	double known_s[WINDOWS]; /* observed time that each window was learnt */
	double series_s[SERIES_COUNT]; /* observed time of each series */
	double hour_s;                 /* observed time in `hour_now` */
	double block_end[BLOCKS];
	double accepted_s; /* observed time when `accepted` was set */
	double dormant_s;  /* observed time in the state POD_DORMANT */
	uint32_t state;    /* enum pod_state */
	uint32_t hour_next, hour_count;
	uint32_t block_next, block_count;
	uint32_t routines_ever, routines_said; /* learnt, and announced */
	struct levels block[BLOCKS];
	struct levels hour_now;
	struct levels hour[HOURS_KEPT];
	struct levels start;    /* maximum of the warm-up */
	struct levels accepted; /* a lasting change, accepted as the baseline */
	struct incident_memory incident[INCIDENTS_KEPT];
	struct past_size size[SIZES_KEPT]; /* of the last incidents, newest first */
	struct histogram histogram[SIGNAL_COUNT];
};
_Static_assert(sizeof(struct learnt) <= LEARNT_BYTES_MAX, "within the budget");

#define LEVEL_OCTAVE 1024 /* the code of twice an amount is larger by this */

/* Returns the hour that is `age` hours before the newest one; below hour_count. */
static inline const struct levels *learnt_hour(const struct learnt *l, unsigned age)
{
	unsigned back = age + 1;
	unsigned at = l->hour_next >= back ? l->hour_next - back
					   : l->hour_next + HOURS_KEPT - back;

	return &l->hour[at];
}

/* Packs an amount of 0 or more into 16 bits: an exponent and ten bits of mantissa,
 * rounded up. Amounts below 1 become 0. */
static inline uint16_t level_encode(double amount)
{
	union {
		double d;
		uint64_t u;
	} bits = {.d = amount};
	const uint64_t one = (uint64_t)1023 << 10;

	if (!(amount >= 1))
		return 0;
	uint64_t code = ((bits.u + (((uint64_t)1 << 42) - 1)) >> 42) - one + 1;
	return code > UINT16_MAX ? UINT16_MAX : (uint16_t)code;
}

static inline double level_decode(uint16_t code)
{
	union {
		double d;
		uint64_t u;
	} bits;

	if (code == 0)
		return 0;
	bits.u = (code - 1 + ((uint64_t)1023 << 10)) << 42;
	return bits.d;
}

void levels_raise(struct levels *to, const struct levels *from);

/* Sorts an occasion's levels into the largest ones, largest first, window by window. */
void levels_sort_in(struct levels top[ROUTINE_COUNT], const struct levels *more);

/* Checks every number. Returns -1 with the reason in err. */
int learnt_check(const struct learnt *l, struct error *err);

#endif
