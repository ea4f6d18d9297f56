/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.h - how often a signal had which rate, in buckets a quarter octave wide.
 *
 * Two generations of fifteen days: the older is dropped when the newer is full, so that
 * between fifteen and thirty days are remembered.
 */
#ifndef DORMOUSE_DETECT_HISTOGRAM_H
#define DORMOUSE_DETECT_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS                                                              \
	184 /* 2^-4 to 2^41 a second, below and above in the end ones */
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

/* Counts one interval with that rate; 0 or more, finite. */
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

/* Takes back an interval with that rate which histogram_add() counted since the last
 * histogram_turn(). What of the sums is left of rounding is none. */
void histogram_remove(struct histogram *h, double rate);

/* The newer generation becomes the older one. */
void histogram_turn(struct histogram *h);

uint64_t histogram_total(const struct histogram *h);
double histogram_mean(const struct histogram *h);
double histogram_stddev(const struct histogram *h);

/* The rate that the share `above` of the intervals exceeded; the bucket's upper edge.
 */
double histogram_above(const struct histogram *h, double above);

/* Whether every number in it is possible. */
bool histogram_sound(const struct histogram *h);

#endif
