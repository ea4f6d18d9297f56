/* SPDX-License-Identifier: Apache-2.0 */
/* trend.h - whether a row of values is what a counter does: it rises, and falls only
 * when it begins anew. */
#ifndef DORMOUSE_REPLAY_TREND_H
#define DORMOUSE_REPLAY_TREND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "dormouse/sample.h"

#define TREND_FALLS_MIN 2 /* with fewer nothing is said of a counter */

enum trend_says { TREND_COUNTER, TREND_RATE, TREND_LIVES };

struct trend {
	uint64_t last, second_last;
	uint64_t before;  /* it fell, */
	bool fell;        /* and was not back at once */
	uint64_t fell_at; /* the number of that value */
	uint64_t values, rises, falls;
	uint64_t slight_falls; /* by less than half */
	uint64_t returns;      /* falls that a neighbour undid */
	uint64_t lost;         /* falls to zero that the next value undid */
};

void trend_note(struct trend *t, uint64_t value);

/* Says what the signal is instead of a counter; a counter is not refused. `rows` is
 * what holds its values. 0, or -1. */
int trend_check(const struct trend *t, enum signal signal, const char *rows,
		struct error *err);

/* A counter; or a rate or a gauge, which falls about as often as it rises; or the
 * values of several counters in turns, which fall and come back to where they were. */
enum trend_says trend_says(const struct trend *t);

#endif
