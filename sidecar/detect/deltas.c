/* SPDX-License-Identifier: Apache-2.0 */
/* deltas.c - computes increases from cumulative counters, and their time spans. */
#include "deltas.h"

#include <string.h>

#define SPANS_UNTIL_KNOWN 8 /* intervals before the usual one changes only slowly */
#define FALLEN_MAX        8 /* after so many readings a fall is a new value */

/* Estimates the usual interval. It is the shortest of the first few intervals. Later it
 * changes by a hundredth towards each new interval, so that gaps do not distort it. */
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

/* Whether a counter can go from `before` to `now` in `span` seconds: it does not fall
 * and does not grow faster than any link. */
static bool follows(uint64_t before, uint64_t now, double span)
{
	return now >= before && span > 0 &&
	       (double)(now - before) <= RATE_ABSURD * span;
}

/* Chooses the value that the increase counts from after an invalid reading. If this
 * reading can follow the one before the fall, the low reading was wrong: the increase
 * counts from before the fall. Otherwise the counter was reset, and its whole value is
 * new traffic. A fall by less than half is neither: its loss is unknown. */
static void after_fall(struct counters *c, unsigned s, const struct sample *sample,
		       uint64_t *from, double *at)
{
	uint64_t value = sample->value[s], before = c->before[s];
	bool low = *from < before / 2;

	if ((low || c->fallen[s] == 1) &&
	    follows(before, value, sample->time - c->before_at[s])) {
		*from = before;
		*at = c->before_at[s];
		c->fallen[s] = 0;
	} else if (low && c->fallen[s] == 1) {
		*from = 0;
		*at = c->before_at[s];
		c->fallen[s] = 2;
	} else if (value >= before / 2 || c->fallen[s]++ >= FALLEN_MAX) {
		c->fallen[s] = 0;
	}
}

/* Computes the increase of one counter. Returns false when it is unknown: a first
 * reading, or a reading that cannot follow the last one. */
static bool increase(struct counters *c, const struct sample *sample, unsigned s,
		     struct deltas *deltas)
{
	uint64_t value = sample->value[s], from = c->value[s];
	double at = c->at[s];

	c->value[s] = value;
	c->at[s] = sample->time;
	if (signal_is_gauge(s)) {
		deltas->amount[s] = (double)value;
		return follows(0, value, deltas->elapsed);
	}
	if (!(at > 0))
		return false;
	if (c->fallen[s])
		after_fall(c, s, sample, &from, &at);
	if (!follows(from, value, sample->time - at)) {
		if (!c->fallen[s]) {
			c->before[s] = from;
			c->before_at[s] = at;
		}
		c->fallen[s] = 1;
		return false;
	}
	deltas->amount[s] = (double)(value - from);
	deltas->span[s] = sample->time - at;
	return true;
}

enum reading deltas_take(struct counters *c, const struct sample *sample,
			 struct deltas *deltas)
{
	double elapsed = sample->time - c->time;

	if (!(sample->time > 0 && sample->time < TIME_MAX))
		return READING_IGNORED;
	if (c->time > 0 && elapsed <= 0 && !(-elapsed > c->interval && -elapsed > 1))
		return READING_IGNORED;
	deltas->time = sample->time;
	if (c->time == 0 || elapsed <= 0) {
		memset(c->at, 0, sizeof(c->at));
		memset(c->fallen, 0, sizeof(c->fallen));
		keep_values(c, sample);
		c->time = sample->time;
		return READING_FIRST;
	}
	c->time = sample->time;
	follow_interval(c, elapsed);
	deltas->elapsed = elapsed;
	deltas->known = deltas->late = 0;
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		deltas->amount[s] = 0;
		deltas->span[s] = elapsed;
		if (!(sample->present >> s & 1) || !increase(c, sample, s, deltas))
			continue;
		deltas->known |= 1u << s;
		if (deltas->span[s] > elapsed * 1.5)
			deltas->late |= 1u << s;
	}
	for (unsigned s = SERIES_RELAYED; s < SERIES_COUNT; s++) {
		deltas->amount[s] = 0;
		deltas->span[s] = elapsed;
	}
	return READING_TAKEN;
}
