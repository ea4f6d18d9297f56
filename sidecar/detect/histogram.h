/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.h - counts how often a signal had each rate, in buckets of a quarter
 * octave.
 *
 * There are two halves of fifteen days. When the newer half is full, it replaces the
 * older one. So the histogram covers between fifteen and thirty days.
 */
#ifndef DORMOUSE_DETECT_HISTOGRAM_H
#define DORMOUSE_DETECT_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS                                                              \
	184 /* 2^-4 to 2^41 per second; the end buckets take the rest */
#define HISTOGRAM_GENERATION_S (15 * 86400.0)

struct histogram_half {
	uint32_t count[HISTOGRAM_BUCKETS];
	uint32_t total, unused;
	double sum, squares; /* of rates, per second */
};

struct histogram {
	struct histogram_half half[2]; /* newer, older */
};

static inline unsigned histogram_bucket(double rate)
{
	union {
		double d;
		uint64_t u;
	} bits = {.d = rate};
	int64_t b = (int64_t)(bits.u >> 50) - ((1023 - 4) << 2) + 1;

	return b < 0 ? 0 : b >= HISTOGRAM_BUCKETS ? HISTOGRAM_BUCKETS - 1 : (unsigned)b;
}

/* Adds one interval with that rate per second; 0 or more, finite. */
static inline void histogram_add(struct histogram *h, double rate)
{
	struct histogram_half *half = &h->half[0];

	if (half->total == UINT32_MAX)
		return;
	half->count[histogram_bucket(rate)]++;
	half->total++;
	half->sum += rate;
	half->squares += rate * rate;
}

/* Removes an interval that histogram_add() added since the last histogram_turn(). Sums
 * never fall below 0, and an empty half has sums of 0: rounding errors do not stay. */
void histogram_remove(struct histogram *h, double rate);

/* The newer half becomes the older one. */
void histogram_turn(struct histogram *h);

uint64_t histogram_total(const struct histogram *h);
double histogram_mean(const struct histogram *h);
double histogram_stddev(const struct histogram *h);

/* Returns the rate that the share `above` of the intervals exceeded: the upper end of
 * its bucket. */
double histogram_above(const struct histogram *h, double above);

/* Whether all numbers are possible. */
bool histogram_sound(const struct histogram *h);

#endif
