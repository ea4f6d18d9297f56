/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.c - reads the answers of Prometheus range queries as traces: groups series
 * by labels and merges them by time. */
#include "prometheus.h"

#include <math.h>
#include <stdlib.h>

#include "answers.h"

struct range {
	struct answers answers;
	bool settled;
	int refused; /* 0, or what the current trace's samples return, for this reason:
		      */
	struct error why;
	size_t begin, end; /* the series of the current trace */
	char labels[LABELS_JSON_MAX];
};

struct range *range_new(struct error *err)
{
	struct range *r = calloc(1, sizeof(*r));

	if (!r)
		fail_memory(err, "the query's answer");
	return r;
}

struct range *range_parse(const char *json, size_t length, struct notes *notes,
			  int *status, struct error *err)
{
	struct range *r = range_new(err);

	*status = TRACE_FAILED;
	if (!r)
		return NULL;
	*status = answers_read(&r->answers, json, length, notes, err);
	if (*status == 0)
		return r;
	range_free(r);
	return NULL;
}

void range_free(struct range *r)
{
	if (!r)
		return;
	series_free(&r->answers.series);
	free(r);
}

int range_join(struct range *into, struct range *from, struct error *err)
{
	struct answers_waste *waste = &into->answers.waste;

	waste->histograms += from->answers.waste.histograms;
	waste->numbers += from->answers.waste.numbers;
	return series_move(&into->answers.series, &from->answers.series, err);
}

int range_add(struct range *r, struct series *s, struct error *err)
{
	return series_add(&r->answers.series, s, err);
}

bool range_is_empty(const struct range *r)
{
	return r->answers.series.points == 0;
}

/* Sets the error for an answer without a single counter point. */
static int refuse_all(const struct answers *a, struct error *err)
{
	if (a->series.count == 0)
		return fail(err, "no series of a signal is in the answer");
	if (a->waste.histograms > 0)
		return fail(err, "there are histograms only, no counters");
	if (a->waste.numbers > 0)
		return fail(err, "the values are numbers, where Prometheus gives "
				 "strings, such as [1767225600,\"5\"]: something may "
				 "have rounded the counters");
	return fail(err, "no series of a signal has a point that is a counter");
}

/* Joins and sorts the series; fails when no point is left. */
static int settle(struct range *r, struct error *err)
{
	struct series_list *list = &r->answers.series;

	if (series_settle(list, err) < 0)
		return TRACE_FAILED;
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].count > 0)
			return 0;
	refuse_all(&r->answers, err);
	return TRACE_INVALID;
}

static void refuse_trace(struct range *r, bool refused)
{
	if (refused && r->refused == 0)
		r->refused = TRACE_INVALID;
}

/* Makes the next group of series the current trace. */
static void take_trace(struct range *r)
{
	const struct series_list *list = &r->answers.series;
	const struct series *first = &list->at[r->begin];
	bool points = false;

	while (r->end < list->count && list->at[r->end].trace == first->trace) {
		struct series *s = &list->at[r->end++];

		if (s > first && s->signal == s[-1].signal)
			s->shared = s[-1].shared = true;
		points |= s->count > 0;
		refuse_trace(r, !r->refused && series_check(s, &r->why) < 0);
	}
	if (!points)
		refuse_trace(r, fail(&r->why, "none of its points is a counter") < 0);
}

int range_next_trace(struct range *r, struct identity *pod)
{
	struct text labels = text_over(r->labels, sizeof(r->labels));

	r->refused = 0;
	if (!r->settled) {
		r->settled = true;
		r->refused = settle(r, &r->why);
		if (r->refused) {
			r->end = r->answers.series.count;
			return TRACE_SAMPLE;
		}
	}
	r->begin = r->end;
	if (r->begin == r->answers.series.count)
		return TRACE_END;
	take_trace(r);
	const struct series *first = &r->answers.series.at[r->begin];
	labels_identity(first->labels, first->exporter, &labels, pod);
	return TRACE_SAMPLE;
}

static double earliest(const struct range *r)
{
	double time = INFINITY;

	for (size_t i = r->begin; i < r->end; i++) {
		const struct series *s = &r->answers.series.at[i];

		if (s->next < s->count && s->points[s->next].time < time)
			time = s->points[s->next].time;
	}
	return time;
}

/* Takes the current point and returns its value. */
static uint64_t take_point(struct series *s)
{
	uint64_t value = s->points[s->next].value;

	if (s->next > 0) {
		uint64_t last = s->points[s->next - 1].value;
		s->total += value >= last ? value - last : value;
	}
	s->next++;
	return s->shared ? s->total : value;
}

/* If several series have one signal (a pod's interfaces), the signal is the sum of
 * their increases. A series that has not begun or has ended adds nothing. */
static void fill(const struct range *r, double time, struct sample *sample)
{
	uint32_t incomplete = 0;

	*sample = (struct sample){.time = time};
	for (size_t i = r->begin; i < r->end; i++) {
		struct series *s = &r->answers.series.at[i];
		bool now =
		    s->next < s->count && s->points[s->next].time <= time + SAME_TIME_S;

		if (!now && !(s->shared && (s->next == 0 || s->next == s->count))) {
			incomplete |= 1u << s->signal;
			continue;
		}
		uint64_t value = now ? take_point(s) : s->total;
		if (sample_has(sample, s->signal))
			value += sample->value[s->signal];
		sample_set(sample, s->signal, value);
	}
	sample->present &= ~incomplete;
}

int range_next(struct range *r, struct sample *sample, struct error *err)
{
	double time;

	if (r->refused) {
		*err = r->why;
		return r->refused;
	}
	time = earliest(r);
	if (time == INFINITY)
		return TRACE_END;
	fill(r, time, sample);
	return TRACE_SAMPLE;
}

void range_rewind(struct range *r)
{
	for (size_t i = r->begin; i < r->end; i++) {
		r->answers.series.at[i].next = 0;
		r->answers.series.at[i].total = 0;
	}
}
