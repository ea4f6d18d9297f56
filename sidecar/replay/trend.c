/* SPDX-License-Identifier: Apache-2.0 */
/* trend.c - whether a row of values is what a counter does.
 *
 * Values that come and go without a direction fall in half of their changes; a counter
 * in as many as it has lives. Two counters in turns fall wherever the greater is
 * followed by the lesser, and the next value of the greater is no less than its last:
 * so nearly all falls are taken back at once, which a counter that begins anew does not
 * do. One that begins anew does so near zero: a value that falls by less than half, and
 * does so again and again, is a smoothed rate. A zero that is taken back is none of
 * these: it is a reading that was lost. */
#include "trend.h"

#define RATE_SHARE_OF_CHANGES  0.4
#define LIVES_SHARE_OF_VALUES  0.05
#define LIVES_SHARE_OF_FALLS   0.8
#define SMOOTH_SHARE_OF_VALUES 0.1

void trend_note(struct trend *t, uint64_t value)
{
	const uint64_t last = t->last;

	t->values++;
	t->last = value;
	if (!t->known) {
		t->known = true;
		return;
	}
	if (value < last) {
		t->falls++;
		t->slight_falls += value > last / 2;
		t->before = last;
		t->fell = value > 0;
		return;
	}
	t->rises += value > last;
	if (value > last) {
		t->returns += t->fell && value >= t->before;
		t->fell = false;
	}
}

enum trend_says trend_says(const struct trend *t)
{
	const double falls = (double)t->falls, returns = (double)t->returns;

	if (t->falls < TREND_FALLS_MIN)
		return TREND_COUNTER;
	if (returns >= falls * LIVES_SHARE_OF_FALLS &&
	    returns >= (double)t->values * LIVES_SHARE_OF_VALUES)
		return TREND_LIVES;
	if (t->slight_falls >= TREND_FALLS_MIN &&
	    (double)t->slight_falls >= (double)t->values * SMOOTH_SHARE_OF_VALUES)
		return TREND_RATE;
	return falls >= RATE_SHARE_OF_CHANGES * (falls + (double)t->rises)
		   ? TREND_RATE
		   : TREND_COUNTER;
}
