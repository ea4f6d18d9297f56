/* SPDX-License-Identifier: Apache-2.0 */
/* trend.h - checks whether a sequence of values is a counter: it rises, and falls only
 * when it restarts. */
#ifndef DORMOUSE_REPLAY_TREND_H
#define DORMOUSE_REPLAY_TREND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "dormouse/sample.h"

#define TREND_FALLS_MIN 2 /* with fewer falls it is taken for a counter */

enum trend_says { TREND_COUNTER, TREND_RATE, TREND_LIVES };

struct trend {
	uint64_t last, second_last;
	uint64_t before;  /* the value before the last fall */
	bool fell;        /* it fell and did not return at once */
	uint64_t fell_at; /* the number of the value that fell */
	uint64_t values, rises, falls;
	uint64_t slight_falls; /* by less than half */
	uint64_t returns;      /* falls that a neighbouring value reversed */
	uint64_t lost;         /* falls to zero that the next value reversed */
};

void trend_note(struct trend *t, uint64_t value);

/* Returns 0 for a counter, else -1 with an error that says what the signal is instead.
 * `rows` is the word for its values in the error. */
int trend_check(const struct trend *t, enum signal signal, const char *rows,
		struct error *err);

/* A counter; or a rate or a gauge, which falls about as often as it rises; or the
 * alternating values of several counters, which fall and return to their old level. */
enum trend_says trend_says(const struct trend *t);

#endif
