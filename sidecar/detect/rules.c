/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - turns windows above their thresholds into verdicts. */
#include <math.h>
#include <string.h>

#include "detector.h"
#include "exceedance.h"
#include "kind.h"
#include "past_incidents.h"
#include "risk.h"
#include "verdict.h"

/* After an excess, traffic counts as continuing for this time, or for dormant_after_s
 * if that is shorter. */
#define HOT_S              30.0
#define HOT_INTERVALS      3
#define PERSISTS_S         30.0 /* minimum duration of a young pod's departure */
#define PERSISTS_INTERVALS 2

void rules_recompute(struct detector *d)
{
	const struct envelope *e = &d->envelope;
	const struct learnt *l = &d->learnt;
	double now = d->incident.open ? d->incident.onset : d->deltas.time;
	struct levels reported;

	incidents_reported(l, &d->windows, now,
			   REPORTED_SPAN * d->options.dormant_after_s, &reported);
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			double known = level_decode(reported.code[k][s]);
			double t = e->threshold[k][s];
			d->alert_threshold[k][s] =
			    known > 0 ? t + REPORTED_RATIO * known : t;
		}
	d->drift_series = -1;
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		double old = e->old[s] +
			     REPORTED_RATIO * level_decode(reported.code[WINDOW_1H][s]);
		if (isfinite(old) && limit_judged(s) && s != SERIES_UNSOLICITED &&
		    d->windows.value[WINDOW_1H][s] > old)
			d->drift_series = (int)s;
	}
}

/* Returns the rate of a signal, per second, and sets *seconds to the time that it
 * covers: the window, or the time since the onset if that is shorter. Windows slide in
 * steps, and late readings are spread over time. So the rate is limited to the highest
 * rate of any interval since the onset. */
static double rate_of(const struct detector *d, enum signal s, enum window window,
		      double *seconds)
{
	const struct incident *i = &d->incident;
	double age = d->deltas.time - i->onset, sum = d->windows.value[window][s];

	*seconds = d->windows.length[window];
	if (age > 0 && age < *seconds) {
		*seconds = age;
		sum = fmin(sum, i->amount[s]);
	}
	return fmin(sum / *seconds, i->highest[s]);
}

/* Returns the threshold of the exceedance, per second. */
static double threshold_of(const struct detector *d, const struct exceedance *f)
{
	const double *now = d->windows.value[f->window];
	double length = d->windows.length[f->window];
	double threshold = d->envelope.threshold[f->window][f->series] / length;

	if (f->series != SERIES_UNSOLICITED)
		return threshold;
	/* Convert the ratio to bytes on the pod's own connections. */
	double served =
	    fmax(now[SIGNAL_TCP_TX_BYTES] - now[SIGNAL_TCP_INITIATED_TX_BYTES], 0);
	return threshold * ((served + limit_served_floor(f->window, length)) / 1e6);
}

static void fill_verdict(struct detector *d, const struct exceedance *f,
			 struct verdict *v)
{
	const struct incident *i = &d->incident;
	struct departure departure = {
	    .kind = i->kind,
	    .signal = f->series == SERIES_UNSOLICITED ? SIGNAL_TCP_INITIATED_TX_BYTES
						      : (enum signal)f->series,
	    .window = f->window,
	    .span_s = d->windows.length[f->window],
	    .onset = i->onset,
	    .threshold = threshold_of(d, f),
	    .risk = risk_of(d, i, f),
	    .carried = carried_since(d, i->sent_before, i->received_before),
	};

	departure.value = rate_of(d, departure.signal, f->window, &departure.window_s);
	verdict_fill(d, &departure, v);
}

/* Accepts a lasting level as the new baseline. */
static void accept(struct detector *d)
{
	struct learnt *l = &d->learnt;
	struct incident *i = &d->incident;

	memset(&l->accepted, 0, sizeof(l->accepted));
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			l->accepted.code[k][s] = level_encode(
			    fmax(i->peak[k][s], d->envelope.baseline_max[k][s]));
	l->accepted_s = fmax(l->observed_s, 1);
	memset(i, 0, sizeof(*i));
	thresholds_recompute(&d->envelope, l, &d->windows, &d->options, d->deltas.time);
	memset(d->envelope.exclude_until, 0, sizeof(d->envelope.exclude_until));
	rules_recompute(d);
}

/* Checks every hour whether the level lasts and how steady it is. Returns whether it
 * was accepted. */
static bool follow_level(struct detector *d)
{
	struct incident *i = &d->incident;
	double now = d->deltas.time, low = INFINITY, high = 0;

	if (d->options.profile == PROFILE_DORMANT ||
	    now - i->hour_at < fmax(d->options.learn_s, 3600))
		return false;
	i->hour_at = now;
	i->hour_level[i->hour_count++ % LEVEL_HOURS] =
	    d->windows.value[WINDOW_1H][i->series];
	for (unsigned h = 0; h < LEVEL_HOURS; h++) {
		low = fmin(low, i->hour_level[h]);
		high = fmax(high, i->hour_level[h]);
	}
	if (i->hour_count < ACCEPT_AFTER ||
	    (high > STABLE_RATIO * low && i->hour_count < ACCEPT_AT_LAST))
		return false;
	accept(d);
	return true;
}

static void end_incident(struct detector *d)
{
	incident_remember(&d->learnt, &d->incident, d->deltas.time);
	memset(&d->incident, 0, sizeof(d->incident));
	envelope_exclude(&d->envelope, &d->windows, d->deltas.time);
	windows_clear(&d->windows); /* their content was reported */
	thresholds_recompute(&d->envelope, &d->learnt, &d->windows, &d->options,
			     d->deltas.time);
	rules_recompute(d);
}

/* Whether the departure lasts long enough. A single burst of a young pod is not
 * sufficient. */
static bool persists(const struct detector *d)
{
	double lasted = d->deltas.time - d->incident.onset;

	return d->learnt.observed_s >= d->options.learn_s ||
	       d->options.profile == PROFILE_DORMANT ||
	       lasted >=
		   fmax(PERSISTS_S, PERSISTS_INTERVALS * d->counters.interval) * 0.98;
}

static bool report(struct detector *d, const struct exceedance *f)
{
	struct incident *i = &d->incident;
	double now = d->deltas.time;
	bool hot = now <= i->hot_until;

	if (!i->showing) {
		if (!hot || f->alert_ratio <= 1 || !dormancy_known(d) || !persists(d))
			return false;
		if (!i->reported)
			i->kind = kind_of(d, i, f);
		i->reported = i->showing = true;
		i->reported_at = i->reported_at > 0 ? i->reported_at : now;
	} else if (!hot) {
		i->showing = false;
		return false;
	} else {
		enum alert_kind kind = kind_of(d, i, f);
		if (alert_kind_belonging(i->kind, kind, now - i->reported_at,
					 d->counters.interval) == TAKES_OVER)
			i->kind = kind;
	}
	return true;
}

size_t rules_judge(struct detector *d, struct verdict *verdicts, bool *ordinary)
{
	struct incident *i = &d->incident;
	struct exceedance f;
	double now = d->deltas.time;

	exceedance_take(d, &f);
	bool out = f.ratio > 1 && f.hot;
	*ordinary = !out && !i->open;
	if (out && !i->open)
		incident_begin(d, i, &f);
	else if (i->open && now > i->start)
		incident_follow(d, i);
	if (!i->open)
		return 0;
	if (out) {
		i->hot_until = now + fmax(fmin(HOT_S, d->options.dormant_after_s),
					  HOT_INTERVALS * d->counters.interval);
		envelope_exclude(&d->envelope, &d->windows, now);
		incident_peaks(i, &d->windows);
	}
	if (follow_level(d))
		return 0;
	if (now - i->hot_until > d->options.dormant_after_s) {
		end_incident(d);
		return 0;
	}
	if (!report(d, &f))
		return 0;
	if (out || i->verdict.window_s == 0) {
		fill_verdict(d, &f, &i->verdict);
	} else {
		const struct carried carried =
		    carried_since(d, i->sent_before, i->received_before);
		verdict_count(&i->verdict, &carried);
	}
	*verdicts = i->verdict;
	return 1;
}
