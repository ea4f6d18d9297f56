/* SPDX-License-Identifier: Apache-2.0 */
/* increments.c - cumulative counters become what flowed, and in which time. */
#include "increments.h"

#include <string.h>

#define SPANS_UNTIL_KNOWN 8 /* intervals until the usual one moves only slowly */

/* Follows the usual interval: the shortest of the first few, later a hundredth of it
 * towards each new one, so that gaps do not carry it away. */
static void follow_interval(struct counters *c, double elapsed)
{
	if (c->spans == 0 || (c->spans < SPANS_UNTIL_KNOWN && elapsed < c->interval))
		c->interval = elapsed;
	else if (c->spans >= SPANS_UNTIL_KNOWN && elapsed != c->interval)
		c->interval *= elapsed > c->interval ? 1.01 : 0.99;
	if (c->spans < SPANS_UNTIL_KNOWN)
		c->spans++;
}

static void keep_values(struct counters *c, const struct sample *sample)
{
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		if (!(sample->present >> s & 1))
			continue;
		c->value[s] = sample->value[s];
		c->at[s] = sample->time;
	}
}

/* The increase of one counter, or false when none is known: first sight, a reset, a
 * growth that no link could carry. */
static bool increase(struct counters *c, const struct sample *sample, unsigned s,
		     struct increments *inc)
{
	uint64_t value = sample->value[s], before = c->value[s];
	double span = sample->time - c->at[s];
	bool seen = c->at[s] > 0;

	c->value[s] = value;
	c->at[s] = sample->time;
	if (s == SIGNAL_DESTINATIONS) { /* a gauge of the interval */
		span = inc->elapsed;
		before = 0;
		seen = true;
	}
	if (!seen || value < before || !(span > 0))
		return false;
	double amount = (double)(value - before);
	if (amount > RATE_ABSURD * span)
		return false;
	inc->amount[s] = amount;
	inc->span[s] = span;
	return true;
}

enum reading increments_take(struct counters *c, const struct sample *sample,
			     struct increments *inc)
{
	double elapsed = sample->time - c->time;

	if (!(sample->time > 0 && sample->time < TIME_MAX))
		return READING_IGNORED;
	if (c->time > 0 && elapsed <= 0 && !(-elapsed > c->interval && -elapsed > 1))
		return READING_IGNORED;
	inc->time = sample->time;
	if (c->time == 0 || elapsed <= 0) {
		memset(c->at, 0, sizeof(c->at));
		keep_values(c, sample);
		c->time = sample->time;
		return READING_FIRST;
	}
	c->time = sample->time;
	follow_interval(c, elapsed);
	inc->elapsed = elapsed;
	inc->known = inc->late = 0;
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		inc->amount[s] = 0;
		inc->span[s] = elapsed;
		if (!(sample->present >> s & 1) || !increase(c, sample, s, inc))
			continue;
		inc->known |= 1u << s;
		if (inc->span[s] > elapsed * 1.5)
			inc->late |= 1u << s;
	}
	for (unsigned s = LANE_RELAYED; s < LANES; s++) {
		inc->amount[s] = 0;
		inc->span[s] = elapsed;
	}
	return READING_TAKEN;
}
