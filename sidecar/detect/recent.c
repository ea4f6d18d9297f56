/* SPDX-License-Identifier: Apache-2.0 */
/* recent.c - keeps the last samples individually. */
#include "recent.h"

#include <math.h>
#include <stddef.h>

void recent_note(struct recent *r, const struct recent_sample *sample)
{
	r->ring[r->next] = *sample;
	r->next = (r->next + 1) % RECENT_KEPT;
	if (r->count < RECENT_KEPT)
		r->count++;
}

const struct recent_sample *recent_ended(const struct recent *r, double time)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct recent_sample *s = &r->ring[i];
		/* An onset is the start of an interval. Adding and subtracting the
		 * interval's length causes small rounding errors. */
		if (fabs(s->ended - time) < 0.001 * (s->ended - s->began))
			return s;
	}
	return NULL;
}

void recent_unlearn(struct recent *r, struct histogram histogram[SIGNAL_COUNT],
		    double since)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct recent_sample *at = &r->ring[i];

		if (!at->learnt || at->ended <= since)
			continue;
		at->learnt = false;
		for (unsigned s = 0; s < SIGNAL_COUNT; s++)
			if (at->known >> s & 1)
				histogram_remove(&histogram[s], at->rate[s]);
	}
}

void recent_turned(struct recent *r)
{
	for (unsigned i = 0; i < r->count; i++)
		r->ring[i].learnt = false;
}
