/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.c - counts how often a signal had each rate. */
#include "histogram.h"

#include <math.h>
#include <string.h>

void histogram_remove(struct histogram *h, double rate)
{
	struct histogram_half *half = &h->half[0];
	uint32_t *count = &half->count[histogram_bucket(rate)];

	if (*count == 0)
		return; /* the half was full when this rate was added */
	--*count;
	half->total--;
	half->sum = half->total ? fmax(half->sum - rate, 0) : 0;
	half->squares = half->total ? fmax(half->squares - rate * rate, 0) : 0;
}

void histogram_turn(struct histogram *h)
{
	h->half[1] = h->half[0];
	memset(&h->half[0], 0, sizeof(h->half[0]));
}

uint64_t histogram_total(const struct histogram *h)
{
	return (uint64_t)h->half[0].total + h->half[1].total;
}

double histogram_mean(const struct histogram *h)
{
	uint64_t n = histogram_total(h);

	return n ? (h->half[0].sum + h->half[1].sum) / (double)n : 0;
}

double histogram_stddev(const struct histogram *h)
{
	uint64_t n = histogram_total(h);
	double mean = histogram_mean(h);

	if (n == 0)
		return 0;
	double variance =
	    (h->half[0].squares + h->half[1].squares) / (double)n - mean * mean;
	return variance > 0 ? sqrt(variance) : 0;
}

/* The upper end of a bucket's rates. */
static double upper_edge(unsigned bucket)
{
	return bucket == 0 ? 0 : ldexp(1 + (bucket % 4) * 0.25, (int)(bucket / 4) - 4);
}

double histogram_above(const struct histogram *h, double above)
{
	const uint64_t most = (uint64_t)((double)histogram_total(h) * above);
	uint64_t sum = 0;

	for (unsigned b = HISTOGRAM_BUCKETS - 1; b > 0; b--) {
		sum += (uint64_t)h->half[0].count[b] + h->half[1].count[b];
		if (sum > most)
			return upper_edge(b);
	}
	return 0;
}

bool histogram_sound(const struct histogram *h)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct histogram_half *half = &h->half[i];
		uint64_t total = 0;

		for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++)
			total += half->count[b];
		if (total != half->total || half->unused != 0)
			return false;
		if (!isfinite(half->sum) || !isfinite(half->squares))
			return false;
		if (half->sum < 0 || half->squares < 0)
			return false;
	}
	return true;
}
