/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - builds a verdict from a departure. */
#include "verdict.h"

#include <math.h>
#include <string.h>

/* What belongs together begins within minutes: a flow at its full rate, its
 * connections, what it brings along. */
#define SETTLES_S         300.0
#define SETTLES_INTERVALS 5

unsigned alert_kind_rank(enum alert_kind kind)
{
	static const unsigned ranks[ALERT_KIND_COUNT] = {
#define KIND(id, name, rank, ...) [ALERT_##id] = (rank),
#include "detect/kinds.def"
#undef KIND
	};

	return ranks[kind];
}

double verdict_settles_s(double interval_s)
{
	return fmax(SETTLES_S, SETTLES_INTERVALS * interval_s);
}

double verdict_balance(uint64_t sent, uint64_t received)
{
	double more = (double)(sent > received ? sent : received);
	double less = (double)(sent < received ? sent : received);

	return more > 0 ? less / more : -1;
}

/* Limits a sum to the range of a verdict. In a damaged trace, counters that jump can
 * add up to more than 64 bits. */
static uint64_t whole(double sum)
{
	return sum < (double)INT64_MAX ? (uint64_t)fmax(sum, 0) : INT64_MAX;
}

struct carried carried_since(const struct detector *d, double sent_before,
			     double received_before)
{
	return (struct carried){.sent = d->sent,
				.received = d->received,
				.sent_before = sent_before,
				.received_before = received_before,
				.received_known = d->rated >> SIGNAL_RX_BYTES & 1};
}

void verdict_count(struct verdict *v, const struct carried *carried)
{
	v->sent_in_all = whole(carried->sent);
	v->received_in_all = whole(carried->received);
	v->bytes = v->sent_in_all - whole(carried->sent_before);
	v->received = v->received_in_all - whole(carried->received_before);
	v->balance =
	    carried->received_known ? verdict_balance(v->bytes, v->received) : -1;
}

static double sigmas_of(const struct detector *d, const struct departure *departure,
			const struct baseline_view *baseline)
{
	const double floor = limit_floor(departure->signal, departure->window,
					 departure->span_s, d->envelope.own_known) /
			     departure->span_s *
			     detector_told_per(d, departure->signal);

	return (departure->value - baseline->mean) /
	       fmax(fmax(baseline->stddev, floor / 3), 1e-9);
}

/* How many intervals of this departure may still be among the learnt: those before the
 * last ones, which are taken back. Of a past that is hardly longer nothing would be
 * left. */
static double still_learnt(const struct detector *d, const struct departure *departure)
{
	double lasted = fmin(departure->span_s, d->deltas.time - departure->onset);
	double learnt =
	    (double)histogram_total(&d->learnt.histogram[departure->signal]);

	if (!(d->counters.interval > 0)) /* before the first sample: none of it is */
		return 0;
	return fmin(fmax(lasted / d->counters.interval - RECENT_KEPT, 0), learnt / 2);
}

void verdict_fill(const struct detector *d, const struct departure *departure,
		  struct verdict *v)
{
	*v = (struct verdict){
	    .kind = departure->kind,
	    .signal = departure->signal,
	    .onset = departure->onset,
	    .value = departure->value,
	    .window_s = departure->window_s,
	    .risk = (unsigned)fmin(departure->risk, 100),
	};
	verdict_count(v, &departure->carried);
	detector_baseline(d, v->signal, &v->baseline);
	if (!v->baseline.of_workload)
		v->baseline.p99 =
		    detector_p99(d, v->signal, still_learnt(d, departure));
	v->sigmas = sigmas_of(d, departure, &v->baseline);
	v->baseline.threshold = departure->threshold;
}
