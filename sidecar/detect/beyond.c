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

/* Whether the window of the series is above both. */
static bool is_beyond(const struct detector *d, unsigned k, unsigned s, double level)
{
	double v = windows_judged(&d->windows, k, s);

	return v > level && v > d->envelope.threshold[k][s];
}

void beyond_take(const struct detector *d, float (*level)[SERIES_COUNT],
		 struct exceedance *f)
{
	double best = 0;

	memset(f, 0, sizeof(*f));
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		bool out = false;

		for (unsigned k = 0; limit_judged(s) && k < WINDOWS; k++) {
			double v = windows_judged(&d->windows, k, s);
			double most =
			    fmax((double)level[k][s], d->alert_threshold[k][s]);
			if (!is_beyond(d, k, s, (double)level[k][s]))
				continue;
			bool hot = goes_on(d, k, s, (double)level[k][s]);
			double ratio = v / d->envelope.threshold[k][s];
			out = true;
			f->hot = f->hot || hot;
			f->alert_ratio = fmax(f->alert_ratio, v / most);
			f->ratio = fmax(f->ratio, ratio);
			if (ratio * (hot ? 1000 : 1) <= best)
				continue;
			best = ratio * (hot ? 1000 : 1);
			f->window = k;
			f->series = s;
		}
		f->series_count += out;
	}
}
