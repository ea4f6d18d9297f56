/* SPDX-License-Identifier: Apache-2.0 */
/* spread.c - by how much the last incidents differ in size. */
#include "spread.h"

#include <math.h>
#include <string.h>

#define LARGEST    3
#define DEVIATIONS 2.0

/* Incidents end in any order, because several can be open. They are kept by their
 * onset, newest first; the oldest makes room. */
void spread_add(struct learnt *l, const struct incident *i)
{
	unsigned at = 0;

	while (at < SIZES_KEPT && l->size[at].onset > i->onset)
		at++;
	if (at == SIZES_KEPT)
		return;
	memmove(l->size + at + 1, l->size + at,
		(SIZES_KEPT - 1 - at) * sizeof(l->size[0]));
	l->size[at] =
	    (struct past_size){i->onset, log2(1 + i->peak[WINDOW_1M][SIGNAL_TX_BYTES])};
}

static unsigned count_of(const struct learnt *l)
{
	unsigned count = 0;

	while (count < SIZES_KEPT && l->size[count].onset > 0)
		count++;
	return count;
}

/* Finds the places of the largest ones, largest first. */
static void find_largest(const struct learnt *l, unsigned count,
			 unsigned largest[LARGEST])
{
	for (unsigned at = 0; at < count; at++) {
		unsigned r = at < LARGEST ? at : LARGEST;
		for (;
		     r > 0 && l->size[largest[r - 1]].doublings < l->size[at].doublings;
		     r--)
			if (r < LARGEST)
				largest[r] = largest[r - 1];
		if (r < LARGEST)
			largest[r] = at;
	}
}

static bool rises(const struct learnt *l, unsigned count)
{
	unsigned largest[LARGEST];

	find_largest(l, count, largest);
	return largest[0] < largest[1] && largest[1] < largest[2];
}

double spread_ratio(const struct learnt *l)
{
	unsigned count = count_of(l);
	double mean = 0, squares = 0;

	if (count < LARGEST || rises(l, count))
		return 1;
	for (unsigned at = 0; at < count; at++)
		mean += l->size[at].doublings / count;
	for (unsigned at = 0; at < count; at++)
		squares +=
		    (l->size[at].doublings - mean) * (l->size[at].doublings - mean);
	return fmin(exp2(DEVIATIONS * sqrt(squares / (count - 1))), SPREAD_MOST);
}
