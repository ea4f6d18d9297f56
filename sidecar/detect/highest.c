/* SPDX-License-Identifier: Apache-2.0 */
/* highest.c - the highest rate that each signal had lately. */
#include <math.h>
#include <string.h>

#include "highest.h"

static int64_t block_of(double time)
{
	return (int64_t)(time / HIGHEST_BLOCK_S);
}

static float *rates_at(struct highest *h, int64_t block)
{
	return h->rate[block % HIGHEST_BLOCKS];
}

static void advance(struct highest *h, int64_t block)
{
	if (block < h->at || block - h->at > HIGHEST_BLOCKS)
		h->at = block - HIGHEST_BLOCKS;
	while (h->at < block)
		memset(rates_at(h, ++h->at), 0, sizeof(h->rate[0]));
}

void highest_note(struct highest *h, double time, const double rate[SIGNAL_COUNT],
		  uint32_t known)
{
	int64_t block = block_of(time);

	if (block < HIGHEST_BLOCKS)
		return;
	advance(h, block);
	float *at = rates_at(h, block);
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		/* Rounded down: what is told is no higher than what was. */
		float r = known >> s & 1 ? nextafterf((float)rate[s], 0) : 0;
		if (r > at[s])
			at[s] = r;
	}
}

double highest_since(const struct highest *h, unsigned signal, double since)
{
	int64_t first = block_of(since);
	float most = 0;

	if (first <= h->at - HIGHEST_BLOCKS)
		first = h->at - HIGHEST_BLOCKS + 1;
	for (int64_t block = first; block <= h->at; block++)
		if (block >= 0)
			most = fmaxf(most, h->rate[block % HIGHEST_BLOCKS][signal]);
	return (double)most;
}
