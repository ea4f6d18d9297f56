/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - turns windows above their thresholds into verdicts. */
#include <math.h>
#include <string.h>

#include "beyond.h"
#include "detector.h"
#include "exceedance.h"
#include "kind.h"
#include "past_incidents.h"
#include "risk.h"
#include "spread.h"
#include "verdict.h"
#include "young.h"

/* After an excess, traffic counts as continuing for this time, or for dormant_after_s
 * if that is shorter. */
#define HOT_S              30.0
#define HOT_INTERVALS      3
#define PERSISTS_S         30.0 /* minimum duration of a young pod's departure */
#define PERSISTS_INTERVALS 2
#define RECURS_INTERVALS   2 /* the first intervals of larger traffic look known */

/* How long after its end an incident is known at any time of day, seconds. */
static double known_for(const struct detector *d)
{
	return fmax(REPORTED_SPAN * d->options.dormant_after_s, REPORTED_LEAST_S);
}

/* The levels of what was reported, in this pod or in its siblings, and is known then.
 */
static void known_at(const struct detector *d, double then, struct levels *levels)
{
	incidents_reported(&d->learnt, then, known_for(d), levels);
	adopted_expects(&d->envelope.adopted, then, levels);
	incidents_complete(&d->windows, levels);
}

/* The levels of incidents that were reported recently, or at this time of day: of now,
 * and of the time when the oldest open incident began. */
static void take_reported(const struct detector *d, struct levels *reported)
{
	struct levels then;

	known_at(d, d->deltas.time, reported);
	if (d->open_count == 0)
		return;
	known_at(d, d->open[0].onset, &then);
	levels_raise(reported, &then);
}

void rules_recompute(struct detector *d)
{
	const struct envelope *e = &d->envelope;
	struct levels reported;

	take_reported(d, &reported);
	const double ratio = fmax(REPORTED_RATIO, spread_ratio(&d->learnt));
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			double known = level_decode(reported.code[k][s]);
			double t = e->threshold[k][s];
			/* Beside the pod's ordinary traffic a small incident may
			 * come again, a large one may be somewhat larger. */
			d->alert_threshold[k][s] = fmax(t + known, ratio * known);
		}
	d->drift_series = -1;
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		double old = e->old[s] +
			     REPORTED_RATIO * level_decode(reported.code[WINDOW_1H][s]);
		if (isfinite(old) && limit_judged(s) && s != SERIES_UNSOLICITED &&
		    windows_judged(&d->windows, WINDOW_1H, s) > old)
			d->drift_series = (int)s;
	}
}

/* Returns the rate of a signal as it is told, and sets *seconds to the time that it
 * covers: the window, or the time since the onset if that is shorter. Windows slide in
 * steps, and late readings are spread over time. So the rate is limited to the highest
 * rate of any interval since the onset. */
static double rate_of(const struct detector *d, const struct incident *i, enum signal s,
		      enum window window, double *seconds)
{
	double age = d->deltas.time - i->onset, sum = d->windows.value[window][s];

	*seconds = d->windows.length[window];
	if (age > 0 && age < *seconds) {
		*seconds = age;
		sum = fmin(sum, i->amount[s]);
	}
	return fmin(sum / *seconds * detector_told_per(d, s), i->highest[s]);
}

/* Returns the threshold of the exceedance, as it is told. */
static double threshold_of(const struct detector *d, const struct incident *i,
			   const struct exceedance *f)
{
	const double *now = d->windows.value[f->window];
	double length = d->windows.length[f->window];
	double threshold = fmax(d->envelope.threshold[f->window][f->series],
				(double)i->above[f->window][f->series]) /
			   length * detector_told_per(d, f->series);

	if (f->series != SERIES_UNSOLICITED)
		return threshold;
	/* Convert the ratio to bytes on the pod's own connections. */
	double served =
	    fmax(now[SIGNAL_TCP_TX_BYTES] - now[SIGNAL_TCP_INITIATED_TX_BYTES], 0);
	return threshold * ((served + limit_served_floor(f->window, length)) / 1e6);
}

static void fill_verdict(const struct detector *d, struct incident *i,
			 const struct exceedance *f)
{
	struct departure departure = {
	    .kind = i->kind,
	    .signal = f->series == SERIES_UNSOLICITED ? SIGNAL_TCP_INITIATED_TX_BYTES
						      : (enum signal)f->series,
	    .window = f->window,
	    .span_s = d->windows.length[f->window],
	    .onset = i->onset,
	    .threshold = threshold_of(d, i, f),
	    .risk = risk_of(d, i, f),
	    .carried = carried_since(d, i->sent_before, i->received_before),
	};

	departure.value =
	    rate_of(d, i, departure.signal, f->window, &departure.window_s);
	verdict_fill(d, &departure, &i->verdict);
	i->verdict.incident = i->number;
	i->verdict.recurs = i->recurs;
	i->verdict.repeats = i->repeats;
}

static void recompute(struct detector *d)
{
	thresholds_recompute(&d->envelope, &d->learnt, &d->windows, &d->options,
			     d->deltas.time);
	rules_recompute(d);
}

static void forget(struct detector *d, struct incident *i)
{
	const struct incident *end = &d->open[--d->open_count];

	memmove(i, i + 1, (size_t)(end - i) * sizeof(*i));
}

/* Accepts a lasting level as the new baseline. It is remembered as well: the next pod
 * of the workload begins without that baseline. */
static void accept(struct detector *d, struct incident *i)
{
	struct learnt *l = &d->learnt;

	memset(&l->accepted, 0, sizeof(l->accepted));
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			l->accepted.code[k][s] = level_encode(
			    fmax(i->peak[k][s], d->envelope.baseline_max[k][s]));
	l->accepted_s = fmax(l->observed_s, 1);
	incident_remember(l, i, d->deltas.time);
	forget(d, i);
	recompute(d);
	if (d->open_count == 0)
		memset(d->envelope.exclude_until, 0, sizeof(d->envelope.exclude_until));
}

/* Checks every hour whether the level lasts and how steady it is. Returns whether it
 * lasts long enough to be accepted. */
static bool level_lasts(const struct detector *d, struct incident *i)
{
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
	return i->hour_count >= ACCEPT_AFTER &&
	       (high <= STABLE_RATIO * low || i->hour_count >= ACCEPT_AT_LAST);
}

/* Remembers the incident. The windows are cleared only after the last one: their
 * content was reported, but other incidents are still in them. */
static void end_incident(struct detector *d, struct incident *i)
{
	incident_remember(&d->learnt, i, d->deltas.time);
	forget(d, i);
	envelope_exclude(&d->envelope, &d->windows, d->deltas.time);
	if (d->open_count == 0)
		windows_clear(&d->windows);
	recompute(d);
}

/* Whether the departure lasts long enough. A single burst of a young pod is not
 * sufficient. */
static bool persists(const struct detector *d, const struct incident *i)
{
	double lasted = d->deltas.time - i->onset;

	return !young_pod(&d->envelope, &d->learnt, &d->options) ||
	       lasted >=
		   fmax(PERSISTS_S, PERSISTS_INTERVALS * d->counters.interval) * 0.98;
}

static void make_recurrence(struct incident *i, double repeats, enum alert_kind kind)
{
	if (alert_kind_rank(i->kind) > alert_kind_rank(kind))
		return;
	i->recurs = true;
	i->repeats = repeats;
	i->kind = kind;
}

/* Decides the kind of an incident, and whether it repeats an earlier one, of this pod
 * or of its siblings: a kind of higher rank is news. */
static void classify(const struct detector *d, struct incident *i,
		     const struct exceedance *f, bool known)
{
	i->kind = kind_of(d, i, f);
	i->reported_at = d->deltas.time;
	if (!known)
		return;
	const struct incident_memory *m =
	    incident_repeated(&d->learnt, i->onset, known_for(d));
	const struct adopted_departure *a =
	    adopted_repeated(&d->envelope.adopted, i->onset);
	if (m)
		make_recurrence(i, m->told, (enum alert_kind)m->kind);
	else if (a)
		make_recurrence(i, a->calendar.last, a->kind);
}

/* Reports the incident for the first time, or again after a pause. */
static bool begin_showing(struct detector *d, struct incident *i,
			  const struct exceedance *f)
{
	bool known = !i->reported && f->alert_ratio <= 1;
	double wait_s = RECURS_INTERVALS * d->counters.interval * 0.98;

	if (!dormancy_known(d) || !persists(d, i) ||
	    (known && d->deltas.time - i->start < wait_s))
		return false;
	if (!i->reported)
		classify(d, i, f, known);
	i->reported = i->showing = true;
	return true;
}

static bool is_newest(const struct detector *d, const struct incident *i)
{
	return i == &d->open[d->open_count - 1];
}

/* An incident that seemed to recur has grown beyond what it repeats. */
static void begin_anew(struct detector *d, struct incident *i)
{
	i->recurs = false;
	i->repeats = 0;
	i->reported_at = d->deltas.time;
}

/* An incident changes to the kind of the highest rank that it has shown. A recurrence
 * that shows a higher one than what it repeats is news. */
static void raise_kind(struct detector *d, struct incident *i, enum alert_kind kind)
{
	if (alert_kind_rank(kind) <= alert_kind_rank(i->kind))
		return;
	i->kind = kind;
	if (i->recurs)
		begin_anew(d, i);
}

/* Whether the incident has a verdict on this sample. */
static bool report(struct detector *d, struct incident *i, const struct exceedance *f)
{
	double now = d->deltas.time;

	if (now > i->hot_until) {
		i->showing = false;
		return false;
	}
	if (!i->showing)
		return begin_showing(d, i, f);
	if (i->recurs && !i->settled && f->alert_ratio > 1)
		begin_anew(d, i);
	if (is_newest(d, i))
		raise_kind(d, i, kind_of(d, i, f));
	return true;
}

static void show(const struct detector *d, struct incident *i,
		 const struct exceedance *f, bool out)
{
	if (out || i->verdict.window_s == 0) {
		fill_verdict(d, i, f);
		return;
	}
	const struct carried carried =
	    carried_since(d, i->sent_before, i->received_before);
	verdict_count(&i->verdict, &carried);
}

/* Fixes the incident's level some minutes after its report. A recurrence may be as
 * large as the incidents that it repeats. */
static void settle(struct detector *d, struct incident *i)
{
	if (i->settled || !i->reported ||
	    d->deltas.time - i->reported_at <= verdict_settles_s(d->counters.interval))
		return;
	incident_settle(i, &d->windows);
	if (!i->recurs)
		return;
	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			i->told[k][s] = (float)d->alert_threshold[k][s];
}

/* What the sample shows of an incident: everything above the thresholds for the oldest,
 * and what is beyond the older ones for the others. */
static void take_own(const struct detector *d, struct incident *i,
		     const struct exceedance *all, struct exceedance *f)
{
	if (i == d->open)
		*f = *all;
	else
		beyond_take(d, i->above, f);
}

/* Takes an incident one sample further. Returns whether it is still open; `*shows` says
 * whether it has a verdict. */
static bool advance(struct detector *d, struct incident *i,
		    const struct exceedance *all, bool *shows)
{
	struct exceedance f;
	double now = d->deltas.time;

	*shows = false;
	take_own(d, i, all, &f);
	bool out = f.ratio > 1 && f.hot;
	if (now > i->start)
		incident_follow(d, i);
	if (out) {
		i->hot_until = now + fmax(fmin(HOT_S, d->options.dormant_after_s),
					  HOT_INTERVALS * d->counters.interval);
		envelope_exclude(&d->envelope, &d->windows, now);
		if (is_newest(d, i))
			incident_peaks(i, &d->windows);
	}
	if (level_lasts(d, i)) {
		accept(d, i);
		return false;
	}
	if (now - i->hot_until > d->options.dormant_after_s) {
		end_incident(d, i);
		return false;
	}
	*shows = report(d, i, &f);
	if (*shows)
		show(d, i, &f, out && is_newest(d, i));
	settle(d, i);
	return true;
}

/* Returns a place for one more incident. If there is none, the oldest ends. */
static struct incident *take_place(struct detector *d)
{
	if (d->open_count == INCIDENTS_OPEN_MAX) {
		d->displaced++;
		end_incident(d, d->open);
	}
	return &d->open[d->open_count++];
}

/* Begins an incident when something is above the thresholds, or beyond the level of the
 * newest open one. */
static void begin_another(struct detector *d, const struct exceedance *all)
{
	struct exceedance f;

	if (d->open_count == 0) {
		if (all->ratio > 1 && all->hot)
			incident_begin(d, take_place(d), all, NULL);
		return;
	}
	struct incident *newest = &d->open[d->open_count - 1];
	if (!newest->settled)
		return;
	beyond_take(d, newest->told, &f);
	if (f.ratio <= 1 || !f.hot)
		return;
	float above[WINDOWS][SERIES_COUNT];
	memcpy(above, newest->told, sizeof(above));
	incident_begin(d, take_place(d), &f, above);
}

size_t rules_judge(struct detector *d, struct verdict *verdicts, bool *ordinary)
{
	struct exceedance all;
	size_t count = 0;
	bool shows;

	exceedance_take(d, &all);
	begin_another(d, &all);
	*ordinary = d->open_count == 0 && !all.deferred;
	if (all.deferred)
		envelope_exclude(&d->envelope, &d->windows, d->deltas.time);
	for (unsigned at = 0; at < d->open_count;) {
		struct incident *i = &d->open[at];
		if (!advance(d, i, &all, &shows))
			continue;
		if (shows)
			verdicts[count++] = i->verdict;
		at++;
	}
	return count;
}
