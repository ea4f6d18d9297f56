/* SPDX-License-Identifier: Apache-2.0 */
/* beyond.c - finds traffic beyond the levels of incidents that go on already. */
#include "beyond.h"

#include <math.h>
#include <string.h>

#include "detector.h"

/* The traffic goes on while the most recent part of the window carries this share of
 * the level. */
#define GOES_ON 0.8

static bool goes_on(const struct detector *d, unsigned k, unsigned s, double level)
{
	const struct windows *w = &d->windows;
	unsigned last = k <= WINDOW_1M ? WINDOW_10S : WINDOW_1M;

	return w->value[last][s] / w->length[last] >= GOES_ON * level / w->length[k];
}

void beyond_take(const struct detector *d, float (*level)[SERIES_COUNT],
		 struct exceedance *f)
{
	memset(f, 0, sizeof(*f));
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		bool out = false;

		for (unsigned k = 0; limit_judged(s) && k < WINDOWS; k++) {
			double v = windows_judged(&d->windows, k, s);
			double t = d->envelope.threshold[k][s];
			double beyond = (double)level[k][s];
			if (v <= beyond || v <= t)
				continue;
			out = true;
			exceedance_add(f, k, s, v / t,
				       v / fmax(beyond, d->alert_threshold[k][s]),
				       goes_on(d, k, s, beyond));
		}
		f->series_count += out;
	}
}
