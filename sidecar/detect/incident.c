/* SPDX-License-Identifier: Apache-2.0 */
/* incident.c - one departure from the baseline, from its onset to its end. */
#include "incident.h"

#include <math.h>
#include <string.h>

#include "detector.h"
#include "young.h"

/* Returns the rate, per second, that all but a hundredth of the intervals stay below.
 * The calculation leaves out the highest intervals that may belong to this incident:
 * one window length, and one more interval for its start. If other incidents go on,
 * what is beyond them is the least. */
static double baseline_before(const struct detector *d, const struct incident *i,
			      unsigned series, enum window window)
{
	double own = d->windows.length[window] / d->counters.interval + 1;
	double usual = detector_p99(d, series, own) / detector_told_per(d, series);

	return fmax(usual,
		    (double)i->above[WINDOW_1M][series] / d->windows.length[WINDOW_1M]);
}

/* Finds in the windows when the traffic of an exceedance began. */
static double onset_of(const struct detector *d, const struct incident *i,
		       const struct exceedance *f)
{
	unsigned series = f->series;
	double baseline = 0;

	/* Traffic that a late socket scan found may have begun at any time since the
	 * scan before. Link bytes are read at every sample, so they show the onset. */
	if (series == SERIES_UNSOLICITED)
		series = SIGNAL_TCP_INITIATED_TX_BYTES;
	if (d->deltas.late >> series & 1 && d->deltas.known >> SIGNAL_TX_BYTES & 1)
		series = SIGNAL_TX_BYTES;
	if (series < SIGNAL_COUNT)
		baseline = baseline_before(d, i, series, f->window);
	return windows_onset(&d->windows, &d->deltas, series, f->window, baseline);
}

static void count_from_onset(const struct detector *d, struct incident *i)
{
	const struct windows *w = &d->windows;

	i->sent_before =
	    d->sent - windows_since(w, &d->deltas, SIGNAL_TX_BYTES, i->onset);
	i->received_before =
	    d->received - windows_since(w, &d->deltas, SIGNAL_RX_BYTES, i->onset);
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		i->amount[s] = windows_since(w, &d->deltas, s, i->onset);
		i->highest[s] = windows_highest(w, &d->deltas, s, i->onset);
	}
	i->relayed = windows_since(w, &d->deltas, SERIES_RELAYED, i->onset);
}

/* Moves the onset back to the connection's opening. A new connection carries no bytes
 * yet, and a sample may fall between the opening and the traffic. If the pod opened
 * more connections than usual in the sample before the onset, the incident began in
 * that sample. */
static void reach_opening(const struct detector *d, struct incident *i,
			  enum window window)
{
	const enum signal opened = SIGNAL_TCP_NEW_SOCKETS;
	const struct recent_sample *before = recent_ended(&d->recent, i->onset);

	if (!before || before->excused || !(before->known >> opened & 1) ||
	    before->rate[opened] <= baseline_before(d, i, opened, window))
		return;
	i->onset = before->began;
	i->sent_before = before->sent_before;
	i->received_before = before->received_before;
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		if (!(before->known >> s & 1))
			continue;
		i->amount[s] += before->rate[s] * (before->ended - before->began);
		i->highest[s] = fmax(i->highest[s], before->rate[s]);
	}
	i->relayed +=
	    fmin(before->rate[SIGNAL_TX_BYTES], before->rate[SIGNAL_RX_BYTES]) *
	    (before->ended - before->began);
}

void incident_begin(struct detector *d, struct incident *i, const struct exceedance *f,
		    float (*above)[SERIES_COUNT])
{
	double now = d->deltas.time;

	memset(i, 0, sizeof(*i));
	i->number = ++d->incidents_ever;
	i->start = now;
	if (above)
		memcpy(i->above, above, sizeof(i->above));
	i->onset = onset_of(d, i, f);
	count_from_onset(d, i);
	reach_opening(d, i, f->window);
	i->was_dormant = d->options.profile == PROFILE_DORMANT ||
			 now - d->dormant_until <= DORMANT_LATELY_S;
	i->at_start =
	    young_starts(&d->envelope, &d->learnt, &d->windows, &d->options, now);
	i->hour_at = now;
	i->series = f->series;
	i->window = f->window;
	envelope_drop(&d->envelope, &d->learnt, i->onset);
	recent_unlearn(&d->recent, d->learnt.histogram, i->onset);
}

void incident_follow(const struct detector *d, struct incident *i)
{
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		if (!(d->deltas.known >> s & 1))
			continue;
		i->amount[s] += d->deltas.amount[s];
		i->highest[s] = fmax(i->highest[s], d->rate[s]);
	}
	i->relayed += d->deltas.amount[SERIES_RELAYED];
}

void incident_peaks(struct incident *i, const struct windows *w)
{
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			double v = w->value[k][s];
			if (i->settled)
				v = fmin(v, (double)i->told[k][s]);
			i->peak[k][s] = fmax(i->peak[k][s], v);
		}
}

/* Returns the window's level at a steady rate of the largest minute: what the incident
 * may go on with. */
static double lasting(const struct incident *i, const struct windows *w, unsigned k,
		      unsigned s)
{
	double level = i->peak[k][s];
	unsigned last = k < SUM_WINDOWS ? k : WINDOW_10M;

	for (unsigned j = WINDOW_1M; j <= last; j++)
		level = fmax(level, i->peak[j][s] * w->length[k] / w->length[j]);
	return level;
}

void incident_settle(struct incident *i, const struct windows *w)
{
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			double ratio =
			    k == WINDOW_10S ? OTHERS_RATIO_10S : OTHERS_RATIO;
			double told =
			    fmax(ratio * lasting(i, w, k, s), (double)i->above[k][s]);
			i->told[k][s] =
			    s == SERIES_UNSOLICITED ? INFINITY : (float)told;
		}
	i->settled = true;
}
