/* SPDX-License-Identifier: Apache-2.0 */
/* trend.c - checks whether a sequence of values is a counter.
 *
 * A counter falls only when it restarts, and then to a value near zero. A gauge or a
 * rate has no direction: it falls in half of its changes. Repeated falls by less than
 * half are a smoothed rate. Two counters that alternate fall wherever the smaller
 * follows the larger. Such a fall does not go below the smaller one's last value, or
 * the larger one returns to at least its old value: a neighbour reverses nearly every
 * fall. A counter that restarts does not show this. An occasional zero that the next
 * value reverses is a lost reading.
 */
#include "trend.h"

#define FALLS_SURE             3    /* fewer falls must be a share of all values */
#define RATE_SHARE             0.4  /* of changes, or of values */
#define RATE_SHARE_OF_VALUES   0.01 /* all changes of an idle pod may be resets */
#define SMOOTH_SHARE_OF_VALUES 0.1
#define LIVES_SHARE_OF_VALUES  0.02
#define LIVES_SHARE_OF_FALLS   0.8
#define LOST_SHARE_OF_VALUES   0.1 /* more zeros are not lost readings */

static void note_fall(struct trend *t, uint64_t value)
{
	const bool back = t->values > 2 && value >= t->second_last;

	t->falls++;
	t->slight_falls += value > t->last / 2;
	t->returns += back && value > 0;
	t->before = t->last;
	t->fell = !back || value == 0;
	t->fell_at = t->values;
}

static void note_rise(struct trend *t, uint64_t value)
{
	const bool back = t->fell && value >= t->before;

	t->rises++;
	t->lost += back && t->last == 0 && t->values == t->fell_at + 1;
	t->returns += back && t->last > 0;
	t->fell = false;
}

void trend_note(struct trend *t, uint64_t value)
{
	t->values++;
	if (t->values > 1 && value < t->last)
		note_fall(t, value);
	else if (t->values > 1 && value > t->last)
		note_rise(t, value);
	t->second_last = t->last;
	t->last = value;
}

enum trend_says trend_says(const struct trend *t)
{
	const double values = (double)t->values, returns = (double)t->returns;
	double falls = (double)t->falls, rises = (double)t->rises;

	if ((double)t->lost < values * LOST_SHARE_OF_VALUES) {
		falls -= (double)t->lost;
		rises -= (double)t->lost;
	}
	if (falls < FALLS_SURE)
		return falls >= TREND_FALLS_MIN && falls >= values * RATE_SHARE
			   ? TREND_RATE
			   : TREND_COUNTER;
	if (returns >= falls * LIVES_SHARE_OF_FALLS &&
	    returns >= values * LIVES_SHARE_OF_VALUES)
		return TREND_LIVES;
	if ((double)t->slight_falls >= FALLS_SURE &&
	    (double)t->slight_falls >= values * SMOOTH_SHARE_OF_VALUES)
		return TREND_RATE;
	return falls >= RATE_SHARE * (falls + rises) &&
		       falls >= values * RATE_SHARE_OF_VALUES
		   ? TREND_RATE
		   : TREND_COUNTER;
}

int trend_check(const struct trend *t, enum signal signal, const char *rows,
		struct error *err)
{
	const enum trend_says says = trend_says(t);
	const bool lives = says == TREND_LIVES;

	if (says == TREND_COUNTER)
		return 0;
	return fail(
	    err,
	    "%s falls%s in %llu of %llu %s: it is %sa rate or a gauge; give the "
	    "counter itself, which only rises, not rate() of it",
	    signal_name(signal), lives ? " and comes back" : "",
	    (unsigned long long)(lives ? t->returns : t->falls),
	    (unsigned long long)t->values, rows,
	    lives ? "two alternating counters (give each pod its own trace), or " : "");
}
