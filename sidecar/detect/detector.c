/* SPDX-License-Identifier: Apache-2.0 */
/* detector.c - runs the stages of the detector in order: samples in, verdicts out. */
#include "detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sparse_copy.h"

struct detector *detector_new(const struct detect_options *options)
{
	struct detector *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->options = *options;
	d->options.learn_s = fmin(fmax(options->learn_s, 1), 30 * DAY_S);
	d->options.dormant_after_s =
	    fmin(fmax(options->dormant_after_s, 1), 30 * DAY_S);
	d->drift_series = -1;
	d->stale = true;
	envelope_init(&d->envelope, &d->learnt);
	return d;
}

void detector_free(struct detector *d)
{
	free(d);
}

static bool expected(const struct detect_options *o, double now)
{
	double second = fmod(now, DAY_S);

	for (unsigned i = 0; i < o->expect_count && i < EXPECT_WINDOWS_MAX; i++) {
		double begin = o->expect[i].begin_s, end = o->expect[i].end_s;
		bool in = begin <= end ? second > begin && second <= end
				       : second > begin || second <= end;
		if (in)
			return true;
	}
	return false;
}

/* Returns the observed time. A gap counts as three intervals at most, because nothing
 * was observed in it. */
static double watched(const struct detector *d)
{
	return fmin(d->deltas.elapsed, 3 * d->counters.interval);
}

static void count_time(struct detector *d)
{
	struct learnt *l = &d->learnt;
	double more = watched(d);

	if (l->first_time == 0)
		l->first_time = d->deltas.time - d->deltas.elapsed;
	l->last_time = d->deltas.time;
	l->observed_s += more;
	l->generation_s += more;
	if (l->state == POD_DORMANT)
		l->dormant_s += more;
	d->envelope.filled_s += more;
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		if (d->deltas.known >> s & 1)
			l->series_s[s] +=
			    d->deltas.late >> s & 1 ? d->deltas.span[s] : more;
	if (l->generation_s < HISTOGRAM_GENERATION_S)
		return;
	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		histogram_turn(&l->histogram[s]);
	recent_turned(&d->recent);
	l->generation_s = 0;
}

static void take_rates(struct detector *d)
{
	double per_second = 1 / d->deltas.elapsed;

	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		if (!(d->deltas.known >> s & 1))
			continue;
		d->rate[s] = d->deltas.span[s] == d->deltas.elapsed
				 ? d->deltas.amount[s] * per_second
				 : d->deltas.amount[s] / d->deltas.span[s];
		if (signal_is_gauge(s))
			d->rate[s] = d->deltas.amount[s];
	}
	d->rated |= d->deltas.known & ((1u << SIGNAL_COUNT) - 1);
}

static void learn_rates(struct detector *d)
{
	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		if (d->deltas.known >> s & 1)
			histogram_add(&d->learnt.histogram[s], d->rate[s]);
}

/* Describes the interval that has just ended. Call it before the totals include it. */
static struct recent_sample sample_now(const struct detector *d)
{
	struct recent_sample s = {
	    .began = d->deltas.time - d->deltas.elapsed,
	    .ended = d->deltas.time,
	    .sent_before = d->sent,
	    .received_before = d->received,
	    .known = d->deltas.known,
	};

	memcpy(s.rate, d->rate, sizeof(s.rate));
	return s;
}

/* Whether any judged window is above its threshold. */
static bool any_out(const struct detector *d, bool all)
{
	const double *v = &d->windows.value[0][0];
	const double *t = &d->envelope.threshold[0][0];
	unsigned out = 0, count = (all ? WINDOWS : LONGEST_FAST + 1) * SERIES_COUNT;

	for (unsigned i = 0; i < count; i++)
		out |= v[i] > t[i];
	return out;
}

size_t detector_feed(struct detector *d, const struct sample *sample,
		     struct verdict verdicts[VERDICTS_MAX])
{
	struct learnt *l = &d->learnt;
	bool ordinary = true;
	size_t count = 0;

	switch (deltas_take(&d->counters, sample, &d->deltas)) {
	case READING_IGNORED:
		return 0;
	case READING_FIRST:
		windows_clear(&d->windows);
		d->open_count = 0;
		memset(&d->recent, 0, sizeof(d->recent));
		l->low_since = fmin(l->low_since, d->deltas.time);
		d->dormant_until = fmin(d->dormant_until, d->deltas.time);
		if (l->state_since == 0)
			l->state_since = d->deltas.time;
		return 0;
	case READING_TAKEN:
		break;
	}
	take_rates(d);
	struct recent_sample now = sample_now(d);
	d->sent += d->deltas.amount[SIGNAL_TX_BYTES];
	d->received += d->deltas.amount[SIGNAL_RX_BYTES];
	now.excused = expected(&d->options, d->deltas.time);
	if (now.excused)
		memset(d->deltas.amount, 0, sizeof(d->deltas.amount));
	bool all = windows_add(&d->windows, &d->deltas, d->counters.interval);
	windows_rates(&d->windows, d->rate, d->deltas.known);
	count_time(d);
	if (d->stale) {
		adopted_fit(&d->envelope.adopted, d->counters.interval);
		thresholds_recompute(&d->envelope, l, &d->windows, &d->options,
				     d->deltas.time);
		rules_recompute(d);
		d->stale = false;
	}
	if (d->open_count > 0 ||
	    (dormancy_known(d) && (d->drift_series >= 0 || any_out(d, all))))
		count = rules_judge(d, verdicts, &ordinary);
	if (ordinary && !now.excused)
		envelope_track(&d->envelope, l, &d->windows, d->deltas.time, watched(d),
			       all);
	if (ordinary)
		learn_rates(d);
	now.learnt = ordinary;
	recent_note(&d->recent, &now);
	if (rules_budget(d, &verdicts[count]))
		count++;
	dormancy_follow(d);
	if (envelope_turn(&d->envelope, l, d->options.learn_s, d->deltas.time)) {
		thresholds_recompute(&d->envelope, l, &d->windows, &d->options,
				     d->deltas.time);
		rules_recompute(d);
	}
	return count;
}

const void *detector_learnt(const struct detector *d, size_t *bytes)
{
	*bytes = sizeof(d->learnt);
	return &d->learnt;
}

uint32_t detector_layout(void)
{
	return LEARNT_LAYOUT;
}

int detector_restore(struct detector *d, const void *learnt, size_t bytes,
		     struct error *err)
{
	if (bytes != sizeof(d->learnt))
		return fail(err, "learnt state of %zu bytes, expected %zu", bytes,
			    sizeof(d->learnt));
	sparse_copy(&d->learnt, learnt, bytes);
	if (learnt_check(&d->learnt, err) < 0) {
		memset(&d->learnt, 0, sizeof(d->learnt));
		envelope_refill(&d->envelope, &d->learnt);
		return -1;
	}
	memset(&d->counters, 0, sizeof(d->counters));
	d->open_count = 0;
	memset(&d->recent, 0, sizeof(d->recent));
	windows_clear(&d->windows);
	envelope_refill(&d->envelope, &d->learnt);
	d->stale = true;
	return 0;
}
