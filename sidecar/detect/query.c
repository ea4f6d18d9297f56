/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - answers queries about a detector between samples. */
#include <math.h>

#include "detector.h"

#define BACKGROUND_RATE_MAX 6553.6 /* 64 KiB in ten seconds */

enum pod_state detector_state(const struct detector *d)
{
	return (enum pod_state)d->learnt.state;
}

double detector_state_since(const struct detector *d)
{
	return d->learnt.state_since;
}

uint64_t detector_displaced(const struct detector *d)
{
	return d->displaced;
}

/* The destinations of an hour have a threshold that is close to what is usual; and they
 * are known from scans, so they are no reason for one. */
static bool may_suspect(unsigned window, unsigned series)
{
	return limit_judged(series) &&
	       !(series == SIGNAL_DESTINATIONS && window == WINDOW_1H);
}

bool detector_suspects(const struct detector *d)
{
	const struct windows *w = &d->windows;

	if (d->open_count > 0)
		return true;
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			if (may_suspect(k, s) &&
			    2 * w->value[k][s] > d->envelope.threshold[k][s])
				return true;
	return false;
}

uint64_t detector_background_bytes(const struct detector *d, double seconds)
{
	if (d->learnt.state == POD_LEARNING || !(seconds > 0))
		return 0;
	double rate = histogram_above(&d->learnt.histogram[SIGNAL_TX_BYTES], 0.01);
	return (uint64_t)(fmin(rate, BACKGROUND_RATE_MAX) * fmin(seconds, 3600));
}

bool detector_value(const struct detector *d, enum signal signal, double *value)
{
	*value = d->rate[signal];
	return d->rated >> signal & 1;
}

static void view_siblings(const struct adopted *a, enum signal signal,
			  struct baseline_view *view)
{
	view->of_workload = true;
	view->mean = a->mean[signal];
	view->stddev = a->stddev[signal];
	view->p99 = a->p99[signal];
	view->samples = (uint64_t)a->intervals[signal];
	view->since = a->since;
}

double detector_told_per(const struct detector *d, unsigned series)
{
	return series < SIGNAL_COUNT && signal_is_gauge((enum signal)series)
		   ? d->counters.interval
		   : 1;
}

double detector_p99(const struct detector *d, enum signal signal, double newest)
{
	const struct histogram *h = &d->learnt.histogram[signal];
	double share = 0.01 + newest / fmax((double)histogram_total(h), 1);
	double rate =
	    share < 1 ? histogram_above(h, share) : d->envelope.adopted.p99[signal];

	if (signal_is_gauge(signal)) /* a whole number below the bucket's edge */
		rate = fmax(ceil(rate) - 1, 0);
	return rate;
}

void detector_baseline(const struct detector *d, enum signal signal,
		       struct baseline_view *view)
{
	const struct histogram *h = &d->learnt.histogram[signal];
	const struct adopted *a = &d->envelope.adopted;
	unsigned k = WINDOW_10S;

	while (k < WINDOW_6H && !isfinite(d->envelope.threshold[k][signal]))
		k++;
	view->of_workload = false;
	view->mean = histogram_mean(h);
	view->stddev = histogram_stddev(h);
	view->p99 = detector_p99(d, signal, 0);
	view->samples = histogram_total(h);
	view->since = view->samples ? d->learnt.first_time : 0;
	if (d->learnt.observed_s < d->options.learn_s && a->intervals[signal] > 0)
		view_siblings(a, signal, view);
	view->threshold = d->windows.length[k] > 0
			      ? d->envelope.threshold[k][signal] /
				    d->windows.length[k] * detector_told_per(d, signal)
			      : 0;
	if (!isfinite(view->threshold))
		view->threshold = 0;
}
