/* SPDX-License-Identifier: Apache-2.0 */
/* exceedance.c - finds the windows above their thresholds, and by how much. */
#include "exceedance.h"

#include <math.h>
#include <string.h>

#include "catch_up.h"
#include "detector.h"
#include "load.h"

/* Whether the traffic that fills a window continues: the most recent traffic reaches at
 * least the middle between the baseline and the threshold. For a long window, recent
 * means the last minute, or ten seconds if dormant_after_s is shorter than a minute. */
static bool goes_on(const struct detector *d, unsigned k, unsigned s)
{
	const struct windows *w = &d->windows;
	bool soon = d->options.dormant_after_s < w->length[WINDOW_1M];
	unsigned last = k <= WINDOW_1M || soon ? WINDOW_10S : WINDOW_1M;
	double middle =
	    (d->envelope.baseline_max[k][s] + d->envelope.threshold[k][s]) / 2;

	if (s == SERIES_UNSOLICITED) /* a ratio */
		return w->value[WINDOW_1M][s] >= middle;
	return windows_judged(w, last, s) / w->length[last] >= middle / w->length[k];
}

double exceedance_least_unsolicited(const struct detector *d, unsigned window)
{
	const unsigned s = SIGNAL_TCP_INITIATED_TX_BYTES;

	return d->envelope.baseline_max[window][s] +
	       limit_floor(s, window, d->windows.length[window], true) *
		   limit_floor_scale(d->options.sensitivity);
}

void exceedance_add(struct exceedance *f, enum window window, unsigned series,
		    double ratio, double alert_ratio, bool hot)
{
	double rank = ratio * (hot ? 1000 : 1);

	f->hot = f->hot || hot;
	f->alert_ratio = fmax(f->alert_ratio, alert_ratio);
	f->ratio = fmax(f->ratio, ratio);
	if (rank <= f->rank)
		return;
	f->rank = rank;
	f->window = window;
	f->series = series;
}

/* Returns what is judged of a series. A young pod's net export is what it sends of its
 * own accord beyond what it receives. */
static double judged(const struct detector *d, unsigned k, unsigned s)
{
	double v = windows_judged(&d->windows, k, s);

	if (d->envelope.exporting && s == SIGNAL_TCP_INITIATED_TX_BYTES)
		v -= d->windows.value[k][SIGNAL_RX_BYTES];
	return v;
}

/* Adds what a series shows above its thresholds. */
static void take_series(const struct detector *d, unsigned s, struct exceedance *f)
{
	const struct windows *w = &d->windows;
	int deferred = -1; /* not asked yet */
	bool out = false;

	for (unsigned k = 0; k < WINDOWS; k++) {
		double v = judged(d, k, s), t = d->envelope.threshold[k][s];
		if (v <= t || (s == SERIES_UNSOLICITED &&
			       w->value[k][SIGNAL_TCP_INITIATED_TX_BYTES] <=
				   exceedance_least_unsolicited(d, k)))
			continue;
		double more = load_growth(d, k, s);
		if (v <= t * more)
			continue;
		if (deferred < 0)
			deferred = catching_up(d, s);
		if (deferred && k != WINDOW_1H && k != WINDOW_6H) {
			f->deferred = true;
			continue;
		}
		out = true;
		exceedance_add(f, k, s, v / t, v / more / d->alert_threshold[k][s],
			       goes_on(d, k, s));
	}
	f->series_count += out;
}

void exceedance_take(const struct detector *d, struct exceedance *f)
{
	const struct windows *w = &d->windows;

	memset(f, 0, sizeof(*f));
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		if (limit_judged(s))
			take_series(d, s, f);
	if (f->ratio <= 1 && d->drift_series >= 0) {
		f->series = (unsigned)d->drift_series;
		f->window = WINDOW_1H;
		f->ratio = w->value[WINDOW_1H][f->series] / d->envelope.old[f->series];
		f->alert_ratio = f->ratio;
		f->hot = true;
		f->series_count = 1;
	}
}
