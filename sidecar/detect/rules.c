/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - turns windows above their thresholds into verdicts. */
#include <math.h>
#include <string.h>

#include "detector.h"
#include "exceedance.h"
#include "verdict.h"

/* After an excess, traffic counts as continuing for this time, or for dormant_after_s
 * if that is shorter. */
#define HOT_S              30.0
#define HOT_INTERVALS      3
#define PERSISTS_S         30.0 /* minimum duration of a young pod's departure */
#define PERSISTS_INTERVALS 2
#define RELAY_TICKS        3
#define OPENED_SHARE       0.25 /* a relay sends this share on connections it opened */
#define BUDGET_INTERVALS   3
#define DORMANT_LATELY_S                                                               \
	600.0 /* a departure is a wake-up until this long after dormancy */

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

static bool relays(const struct detector *d)
{
	const double(*v)[SERIES_COUNT] = d->windows.value;
	const struct incident *i = &d->incident;
	double tx = v[WINDOW_1M][SIGNAL_TX_BYTES], rx = v[WINDOW_1M][SIGNAL_RX_BYTES];
	double both = v[WINDOW_1M][SERIES_RELAYED];
	double opened = v[WINDOW_1M][SIGNAL_TCP_INITIATED_TX_BYTES];

	if (d->deltas.time - i->onset < RELAY_TICKS * d->windows.ticks.length * 0.95)
		return false;
	if (both <= RELAY_BALANCE * (tx + rx - both))
		return false;
	if (both <= d->envelope.threshold[WINDOW_1M][SERIES_RELAYED])
		return false;
	return !d->envelope.own_known || opened >= OPENED_SHARE * tx;
}

static enum alert_kind kind_of(const struct detector *d, const struct exceedance *f)
{
	if (relays(d))
		return ALERT_PROXY_RELAY;
	if (f->series == SIGNAL_TCP_NEW_SOCKETS || f->series == SIGNAL_DESTINATIONS)
		return ALERT_CONNECTION_FANOUT;
	if (d->incident.was_dormant)
		return ALERT_DORMANCY_BREAK;
	if (f->ratio > 1 && d->envelope.threshold[f->window][f->series] >=
				d->windows.value[f->window][f->series])
		return ALERT_EGRESS_DRIFT;
	return ALERT_EGRESS_VOLUME;
}

/* Returns the rate that all but a hundredth of the intervals stay below. The
 * calculation leaves out the highest intervals that may belong to this incident: one
 * window length, and one more interval for its start. */
static double baseline_before(const struct detector *d, unsigned series,
			      enum window window)
{
	const struct histogram *h = &d->learnt.histogram[series];
	double own = d->windows.length[window] / d->counters.interval + 1;
	double share = 0.01 + own / fmax((double)histogram_total(h), 1);

	return share < 1 ? histogram_above(h, share) : 0;
}

/* Finds in the windows when the traffic of an exceedance began. */
static double onset_of(const struct detector *d, const struct exceedance *f)
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
		baseline = baseline_before(d, series, f->window);
	return windows_onset(&d->windows, &d->deltas, series, f->window, baseline);
}

static void count_from_onset(struct detector *d)
{
	struct incident *i = &d->incident;
	const struct windows *w = &d->windows;

	i->sent_before =
	    d->sent - windows_since(w, &d->deltas, SIGNAL_TX_BYTES, i->onset);
	i->received_before =
	    d->received - windows_since(w, &d->deltas, SIGNAL_RX_BYTES, i->onset);
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		i->amount[s] = windows_since(w, &d->deltas, s, i->onset);
		i->highest[s] = windows_highest(w, &d->deltas, s, i->onset);
	}
}

/* Moves the onset back to the connection's opening. A new connection carries no bytes
 * yet, and a sample may fall between the opening and the traffic. If the pod opened
 * more connections than usual in the sample before the onset, the incident began in
 * that sample. */
static void reach_opening(struct detector *d, enum window window)
{
	struct incident *i = &d->incident;
	const enum signal opened = SIGNAL_TCP_NEW_SOCKETS;
	const struct recent_sample *before = recent_ended(&d->recent, i->onset);

	if (!before || before->excused || !(before->known >> opened & 1) ||
	    before->rate[opened] <= baseline_before(d, opened, window))
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
}

static void begin(struct detector *d, const struct exceedance *f)
{
	struct incident *i = &d->incident;
	double now = d->deltas.time;

	memset(i, 0, sizeof(*i));
	i->open = true;
	i->start = now;
	i->onset = onset_of(d, f);
	count_from_onset(d);
	reach_opening(d, f->window);
	i->was_dormant = d->options.profile == PROFILE_DORMANT ||
			 now - d->dormant_until <= DORMANT_LATELY_S;
	i->hour_at = now;
	i->series = f->series;
	i->window = f->window;
	envelope_drop(&d->envelope, &d->learnt, i->onset);
	recent_unlearn(&d->recent, d->learnt.histogram, i->onset);
}

/* Risk starts at 30 at the threshold. Each doubling above it adds ten, up to 40. Each
 * further signal adds five, up to 15. Each quarter of an hour adds five, up to 15. */
static double risk_of(const struct detector *d, const struct exceedance *f)
{
	double lasted = d->deltas.time - d->incident.onset;
	double risk = 30 + fmin(10 * log2(fmax(f->ratio, 1)), 40);

	risk += fmin(5.0 * (f->series_count > 0 ? f->series_count - 1 : 0), 15);
	/* After a clock was set back, the onset is in the future. */
	risk += fmin(5 * floor(fmax(lasted, 0) / 900), 15);
	return risk;
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

/* Adds the last interval to the incident. */
static void follow_incident(struct detector *d)
{
	struct incident *i = &d->incident;

	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		if (!(d->deltas.known >> s & 1))
			continue;
		i->amount[s] += d->deltas.amount[s];
		i->highest[s] = fmax(i->highest[s], d->rate[s]);
	}
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
	    .risk = risk_of(d, f),
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
			i->kind = kind_of(d, f);
		i->reported = i->showing = true;
		i->reported_at = i->reported_at > 0 ? i->reported_at : now;
	} else if (!hot) {
		i->showing = false;
		return false;
	} else {
		enum alert_kind kind = kind_of(d, f);
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
		begin(d, &f);
	else if (i->open && now > i->start)
		follow_incident(d);
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

bool rules_budget(struct detector *d, struct verdict *v)
{
	struct over_budget *o = &d->over_budget;
	double budget = d->options.egress_budget;
	double rate =
	    d->deltas.amount[SIGNAL_TX_BYTES] / d->deltas.span[SIGNAL_TX_BYTES];

	if (!(budget > 0) || !(d->deltas.known >> SIGNAL_TX_BYTES & 1))
		return false;
	if (rate <= budget) {
		memset(o, 0, sizeof(*o));
		return false;
	}
	if (o->intervals++ == 0) {
		o->since = d->deltas.time - d->deltas.elapsed;
		o->sent_before = d->sent - d->deltas.amount[SIGNAL_TX_BYTES];
		o->received_before = d->received - d->deltas.amount[SIGNAL_RX_BYTES];
	}
	if (o->intervals < BUDGET_INTERVALS)
		return false;
	const struct departure departure = {
	    .kind = ALERT_BUDGET_EXCEEDED,
	    .signal = SIGNAL_TX_BYTES,
	    .window = WINDOW_10S,
	    .span_s = d->deltas.elapsed,
	    .onset = o->since,
	    .value = rate,
	    .window_s = d->deltas.elapsed,
	    .threshold = budget,
	    .risk = 50 + 10 * log2(rate / budget),
	    .carried = carried_since(d, o->sent_before, o->received_before),
	};
	verdict_fill(d, &departure, v);
	return true;
}
