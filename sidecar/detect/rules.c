/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - from measures above their thresholds to verdicts. */
#include <math.h>
#include <string.h>

#include "detector.h"
#include "findings.h"
#include "verdict.h"

/* How long traffic seen counts as going on, or dormant_after_s. */
#define HOT_S              30.0
#define HOT_INTERVALS      3
#define PERSISTS_S         30.0 /* how long a young pod's departure lasts */
#define PERSISTS_INTERVALS 2
#define RELAY_TICKS        3
#define OPENED_SHARE                                                                   \
	0.25 /* of sent bytes, on connections the pod opened: a relay's                \
	      */
#define BUDGET_INTERVALS 3
#define DORMANT_LATELY_S                                                               \
	600.0 /* a wake-up is one as long as that after falling awake */

void rules_settle(struct detector *d)
{
	const struct envelope *e = &d->envelope;
	const struct learnt *l = &d->learnt;
	double now = d->incident.open ? d->incident.onset : d->inc.time;
	struct levels told;

	incidents_told(l, &d->windows, now, TOLD_SPAN * d->options.dormant_after_s,
		       &told);
	for (unsigned k = 0; k < MEASURES; k++)
		for (unsigned s = 0; s < LANES; s++) {
			double known = level_decode(told.code[k][s]);
			double t = e->threshold[k][s];
			d->raise[k][s] = known > 0 ? t + TOLD_RATIO * known : t;
		}
	d->drift_lane = -1;
	for (unsigned s = 0; s < LANES; s++) {
		double old =
		    e->old[s] + TOLD_RATIO * level_decode(told.code[SUM_1H][s]);
		if (isfinite(old) && limit_judged(s) && s != LANE_UNASKED &&
		    d->windows.value[SUM_1H][s] > old)
			d->drift_lane = (int)s;
	}
}

static bool relays(const struct detector *d)
{
	const double(*v)[LANES] = d->windows.value;
	const struct incident *i = &d->incident;
	double tx = v[SUM_1M][SIGNAL_TX_BYTES], rx = v[SUM_1M][SIGNAL_RX_BYTES];
	double both = v[SUM_1M][LANE_RELAYED];
	double opened = v[SUM_1M][SIGNAL_TCP_INITIATED_TX_BYTES];

	if (d->inc.time - i->onset < RELAY_TICKS * d->windows.ticks.length * 0.95)
		return false;
	if (both <= RELAY_BALANCE * (tx + rx - both))
		return false;
	if (both <= d->envelope.threshold[SUM_1M][LANE_RELAYED])
		return false;
	return !d->envelope.own_known || opened >= OPENED_SHARE * tx;
}

static enum alert_kind kind_of(const struct detector *d, const struct finding *f)
{
	if (relays(d))
		return ALERT_PROXY_RELAY;
	if (f->lane == SIGNAL_TCP_NEW_SOCKETS || f->lane == SIGNAL_DESTINATIONS)
		return ALERT_CONNECTION_FANOUT;
	if (d->incident.was_dormant)
		return ALERT_DORMANCY_BREAK;
	if (f->ratio > 1 && d->envelope.threshold[f->measure][f->lane] >=
				d->windows.value[f->measure][f->lane])
		return ALERT_EGRESS_DRIFT;
	return ALERT_EGRESS_VOLUME;
}

/* The rate that all but a hundredth of the intervals kept below, those left out that
 * may have been this incident's own: as many as the measure that shows it is long, and
 * one that it began in. */
static double usual_before(const struct detector *d, unsigned lane,
			   enum measure measure)
{
	const struct histogram *h = &d->learnt.histogram[lane];
	double own = d->windows.length[measure] / d->counters.interval + 1;
	double share = 0.01 + own / fmax((double)histogram_total(h), 1);

	return share < 1 ? histogram_above(h, share) : 0;
}

/* When the traffic that a finding shows began, by the windows. */
static double onset_of(const struct detector *d, const struct finding *f)
{
	unsigned lane = f->lane;
	double usual = 0;

	/* What a late look found may have begun at any time since the look before it;
	 * the link's bytes are read at every sample. */
	if (lane == LANE_UNASKED)
		lane = SIGNAL_TCP_INITIATED_TX_BYTES;
	if (d->inc.late >> lane & 1 && d->inc.known >> SIGNAL_TX_BYTES & 1)
		lane = SIGNAL_TX_BYTES;
	if (lane < SIGNAL_COUNT)
		usual = usual_before(d, lane, f->measure);
	return windows_onset(&d->windows, &d->inc, lane, f->measure, usual);
}

static void count_from_onset(struct detector *d)
{
	struct incident *i = &d->incident;
	const struct windows *w = &d->windows;

	i->sent_before = d->sent - windows_since(w, &d->inc, SIGNAL_TX_BYTES, i->onset);
	i->received_before =
	    d->received - windows_since(w, &d->inc, SIGNAL_RX_BYTES, i->onset);
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		i->amount[s] = windows_since(w, &d->inc, s, i->onset);
		i->highest[s] = windows_highest(w, &d->inc, s, i->onset);
	}
}

/* A connection carries nothing when it is opened, and a sample may fall between that
 * and the traffic. Where the pod opened more than it usually does in the sample before
 * the onset, the incident began there. */
static void reach_opening(struct detector *d, enum measure measure)
{
	struct incident *i = &d->incident;
	const enum signal opened = SIGNAL_TCP_NEW_SOCKETS;
	const struct recent_sample *before = recent_ended(&d->recent, i->onset);

	if (!before || before->excused || !(before->known >> opened & 1) ||
	    before->rate[opened] <= usual_before(d, opened, measure))
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

static void begin(struct detector *d, const struct finding *f)
{
	struct incident *i = &d->incident;
	double now = d->inc.time;

	memset(i, 0, sizeof(*i));
	i->open = true;
	i->start = now;
	i->onset = onset_of(d, f);
	count_from_onset(d);
	reach_opening(d, f->measure);
	i->was_dormant = d->options.profile == PROFILE_DORMANT ||
			 now - d->dormant_until <= DORMANT_LATELY_S;
	i->hour_at = now;
	i->lane = f->lane;
	i->measure = f->measure;
	envelope_drop(&d->envelope, &d->learnt, i->onset);
	recent_unlearn(&d->recent, d->learnt.histogram, i->onset);
}

/* From 30 for what just crosses a threshold: ten for each doubling above it, up to 40;
 * five for each further signal, up to 15; five for each quarter of an hour, up to 15.
 */
static double risk_of(const struct detector *d, const struct finding *f)
{
	double lasted = d->inc.time - d->incident.onset;
	double risk = 30 + fmin(10 * log2(fmax(f->ratio, 1)), 40);

	risk += fmin(5.0 * (f->lanes > 0 ? f->lanes - 1 : 0), 15);
	/* A clock set back leaves the onset ahead of now. */
	risk += fmin(5 * floor(fmax(lasted, 0) / 900), 15);
	return risk;
}

/* The rate of a signal, and the seconds that it is over: the window, or the time since
 * the onset where that is shorter, with what flowed in just that time. The windows
 * slide in steps, and what a late look found is spread: whatever that adds, the rate is
 * none that no interval had. */
static double rate_of(const struct detector *d, enum signal s, enum measure measure,
		      double *seconds)
{
	const struct incident *i = &d->incident;
	double age = d->inc.time - i->onset, sum = d->windows.value[measure][s];

	*seconds = d->windows.length[measure];
	if (age > 0 && age < *seconds) {
		*seconds = age;
		sum = fmin(sum, i->amount[s]);
	}
	return fmin(sum / *seconds, i->highest[s]);
}

/* Adds the interval that has just passed. */
static void follow_incident(struct detector *d)
{
	struct incident *i = &d->incident;

	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		if (!(d->inc.known >> s & 1))
			continue;
		i->amount[s] += d->inc.amount[s];
		i->highest[s] = fmax(i->highest[s], d->rate[s]);
	}
}

/* What the finding is against, per second. */
static double threshold_of(const struct detector *d, const struct finding *f)
{
	const double *now = d->windows.value[f->measure];
	double length = d->windows.length[f->measure];
	double threshold = d->envelope.threshold[f->measure][f->lane] / length;

	if (f->lane != LANE_UNASKED)
		return threshold;
	/* Said in bytes of its own connections. */
	double answered =
	    fmax(now[SIGNAL_TCP_TX_BYTES] - now[SIGNAL_TCP_INITIATED_TX_BYTES], 0);
	return threshold *
	       ((answered + limit_answered_floor(f->measure, length)) / 1e6);
}

static void fill_verdict(struct detector *d, const struct finding *f, struct verdict *v)
{
	const struct incident *i = &d->incident;
	struct departure departure = {
	    .kind = i->kind,
	    .signal = f->lane == LANE_UNASKED ? SIGNAL_TCP_INITIATED_TX_BYTES
					      : (enum signal)f->lane,
	    .measure = f->measure,
	    .span_s = d->windows.length[f->measure],
	    .onset = i->onset,
	    .threshold = threshold_of(d, f),
	    .risk = risk_of(d, f),
	    .carried = carried_since(d, i->sent_before, i->received_before),
	};

	departure.value = rate_of(d, departure.signal, f->measure, &departure.window_s);
	verdict_fill(d, &departure, v);
}

/* Takes a lasting level for the new everyday. */
static void accept(struct detector *d)
{
	struct learnt *l = &d->learnt;
	struct incident *i = &d->incident;

	memset(&l->accepted, 0, sizeof(l->accepted));
	for (unsigned k = 0; k < MEASURES; k++)
		for (unsigned s = 0; s < LANES; s++)
			l->accepted.code[k][s] =
			    level_encode(fmax(i->peak[k][s], d->envelope.usual[k][s]));
	l->accepted_s = fmax(l->observed_s, 1);
	memset(i, 0, sizeof(*i));
	thresholds_settle(&d->envelope, l, &d->windows, &d->options, d->inc.time);
	memset(d->envelope.clean_at, 0, sizeof(d->envelope.clean_at));
	rules_settle(d);
}

/* Hour by hour, whether it lasts and how steady it is. Returns whether it is accepted.
 */
static bool follow_level(struct detector *d)
{
	struct incident *i = &d->incident;
	double now = d->inc.time, low = INFINITY, high = 0;

	if (d->options.profile == PROFILE_DORMANT ||
	    now - i->hour_at < fmax(d->options.learn_s, 3600))
		return false;
	i->hour_at = now;
	i->hour_level[i->hour_count++ % LEVEL_HOURS] =
	    d->windows.value[SUM_1H][i->lane];
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
	incident_remember(&d->learnt, &d->incident, d->inc.time);
	memset(&d->incident, 0, sizeof(d->incident));
	envelope_soil(&d->envelope, &d->windows, d->inc.time);
	windows_clear(&d->windows); /* what it left there was told */
	thresholds_settle(&d->envelope, &d->learnt, &d->windows, &d->options,
			  d->inc.time);
	rules_settle(d);
}

/* While the pod is young, a single burst says nothing yet. */
static bool persists(const struct detector *d)
{
	double lasted = d->inc.time - d->incident.onset;

	return d->learnt.observed_s >= d->options.learn_s ||
	       d->options.profile == PROFILE_DORMANT ||
	       lasted >=
		   fmax(PERSISTS_S, PERSISTS_INTERVALS * d->counters.interval) * 0.98;
}

static bool tell(struct detector *d, const struct finding *f)
{
	struct incident *i = &d->incident;
	double now = d->inc.time;
	bool hot = now <= i->hot_until;

	if (!i->showing) {
		if (!hot || f->raise <= 1 || !dormancy_known(d) || !persists(d))
			return false;
		if (!i->told)
			i->kind = kind_of(d, f);
		i->told = i->showing = true;
		i->told_at = i->told_at > 0 ? i->told_at : now;
	} else if (!hot) {
		i->showing = false;
		return false;
	} else {
		enum alert_kind kind = kind_of(d, f);
		if (alert_kind_belonging(i->kind, kind, now - i->told_at,
					 d->counters.interval) == TAKES_OVER)
			i->kind = kind;
	}
	return true;
}

size_t rules_judge(struct detector *d, struct verdict *verdicts, bool *ordinary)
{
	struct incident *i = &d->incident;
	struct finding f;
	double now = d->inc.time;

	findings_take(d, &f);
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
		envelope_soil(&d->envelope, &d->windows, now);
		incident_peaks(i, &d->windows);
	}
	if (follow_level(d))
		return 0;
	if (now - i->hot_until > d->options.dormant_after_s) {
		end_incident(d);
		return 0;
	}
	if (!tell(d, &f))
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
	double rate = d->inc.amount[SIGNAL_TX_BYTES] / d->inc.span[SIGNAL_TX_BYTES];

	if (!(budget > 0) || !(d->inc.known >> SIGNAL_TX_BYTES & 1))
		return false;
	if (rate <= budget) {
		memset(o, 0, sizeof(*o));
		return false;
	}
	if (o->intervals++ == 0) {
		o->since = d->inc.time - d->inc.elapsed;
		o->sent_before = d->sent - d->inc.amount[SIGNAL_TX_BYTES];
		o->received_before = d->received - d->inc.amount[SIGNAL_RX_BYTES];
	}
	if (o->intervals < BUDGET_INTERVALS)
		return false;
	const struct departure departure = {
	    .kind = ALERT_BUDGET_EXCEEDED,
	    .signal = SIGNAL_TX_BYTES,
	    .measure = SUM_10S,
	    .span_s = d->inc.elapsed,
	    .onset = o->since,
	    .value = rate,
	    .window_s = d->inc.elapsed,
	    .threshold = budget,
	    .risk = 50 + 10 * log2(rate / budget),
	    .carried = carried_since(d, o->sent_before, o->received_before),
	};
	verdict_fill(d, &departure, v);
	return true;
}
