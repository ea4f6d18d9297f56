/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.c - the answer of a Prometheus range query as traces.
 *
 * Series are sorted so that those of one trace stand together, then merged by time. */
#include "prometheus.h"

#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "labels.h"

#define SERIES_MAX  65536
#define SAME_TIME_S 0.001 /* Prometheus' times are whole milliseconds */

struct point {
	double time;
	uint64_t value;
};

struct series {
	const cJSON *labels; /* owned by the document */
	uint64_t hash;       /* of the labels */
	enum exporter exporter;
	enum signal signal;
	unsigned trace; /* number of its trace, in order of appearance */
	struct point *points;
	size_t count, next;
	bool shared;    /* another series of the trace is the same signal */
	uint64_t total; /* its increase so far, as Prometheus' increase() counts it */
};

struct range {
	cJSON *document; /* only labels are left in it */
	struct series *series;
	size_t count;
	size_t begin, end; /* the series of the trace at hand */
	char labels[LABELS_JSON_MAX];

	const char *name;
	trace_complaint *complain;
	void *context;
	uint64_t unknown, loopback, bad_points;
	char first_unknown[64];
};

/* --- the document ----------------------------------------------------------------- */

static const char *word(const cJSON *object, const char *member)
{
	const char *value =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));

	return value ? value : "";
}

/* The list of series in what Prometheus, or promtool, gives. */
static const cJSON *find_result(const cJSON *document, struct error *err)
{
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(document, "data");
	const cJSON *object = data ? data : document;
	const char *type = word(object, "resultType");

	if (cJSON_IsArray(document))
		return document;
	if (strcmp(word(document, "status"), "error") == 0) {
		fail(err, "Prometheus answered with an error: %.40s: %.120s",
		     word(document, "errorType"), word(document, "error"));
		return NULL;
	}
	if (type[0] && strcmp(type, "matrix") != 0) {
		fail(err,
		     "the answer is a %.20s; a range query gives a matrix "
		     "(/api/v1/query_range)",
		     type);
		return NULL;
	}
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(object, "result");
	if (!cJSON_IsArray(result)) {
		fail(err, "this JSON is no answer of a Prometheus range query");
		return NULL;
	}
	return result;
}

static cJSON *parse_document(const char *json, size_t length, struct error *err)
{
	const char *end = json;
	cJSON *document = cJSON_ParseWithLengthOpts(json, length + 1, &end, true);

	if (!document)
		fail(err, "no valid JSON at byte %zu", (size_t)(end - json) + 1);
	return document;
}

/* --- one series ------------------------------------------------------------------- */

static bool read_point(const cJSON *pair, struct point *point)
{
	const cJSON *time = cJSON_GetArrayItem(pair, 0);
	const cJSON *value = time ? time->next : NULL;

	if (!value || !cJSON_IsString(value) || !(cJSON_GetNumberValue(time) > 0))
		return false;
	point->time = cJSON_GetNumberValue(time);
	return cell_counter(value->valuestring, strlen(value->valuestring),
			    &point->value) == CELL_VALUE;
}

static int read_points(struct range *r, struct series *s, const cJSON *values,
		       struct error *err)
{
	const cJSON *pair;

	s->points = calloc((size_t)cJSON_GetArraySize(values) + 1, sizeof(*s->points));
	if (!s->points) {
		fail(err, "out of memory");
		return TRACE_FAILED;
	}
	cJSON_ArrayForEach(pair, values)
	{
		if (read_point(pair, &s->points[s->count]))
			s->count++;
		else
			r->bad_points++;
	}
	return 0;
}

/* A series that is none of ours is counted and left out. */
static int read_series(struct range *r, cJSON *item, struct error *err)
{
	const cJSON *labels = cJSON_GetObjectItemCaseSensitive(item, "metric");
	const char *metric = labels_get(labels, "__name__");
	struct series s = {.labels = labels};

	if (!cJSON_IsObject(labels)) {
		fail(err, "a series has no labels");
		return TRACE_NONE;
	}
	if (!metric) {
		fail(err,
		     "a series has no metric name, as after rate() or sum(): query "
		     "the counters themselves, such as "
		     "container_network_transmit_bytes_total");
		return TRACE_NONE;
	}
	if (!metric_signal(metric, &s.exporter, &s.signal)) {
		if (r->unknown++ == 0)
			snprintf(r->first_unknown, sizeof(r->first_unknown), "%s",
				 cell_shown(metric, strlen(metric)));
		return 0;
	}
	if (labels_are_loopback(labels)) {
		r->loopback++;
		return 0;
	}
	s.hash = labels_hash(labels, s.exporter);
	int result =
	    read_points(r, &s, cJSON_GetObjectItemCaseSensitive(item, "values"), err);
	if (result == 0)
		r->series[r->count++] = s;
	return result;
}

static int read_all_series(struct range *r, const cJSON *result, struct error *err)
{
	int count = cJSON_GetArraySize(result);
	cJSON *item;

	if (count > SERIES_MAX) {
		fail(err, "more than %d series", SERIES_MAX);
		return TRACE_NONE;
	}
	r->series = calloc((size_t)count + 1, sizeof(*r->series));
	if (!r->series) {
		fail(err, "out of memory");
		return TRACE_FAILED;
	}
	cJSON_ArrayForEach(item, result)
	{
		int status = read_series(r, item, err);
		if (status < 0)
			return status;
		/* The points are ours now; their JSON is ten times as large. */
		cJSON_DeleteItemFromObjectCaseSensitive(item, "values");
	}
	return 0;
}

/* --- the traces ------------------------------------------------------------------- */

static void number_traces(struct range *r)
{
	unsigned traces = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct series *s = &r->series[i];
		size_t j = 0;

		while (j < i && !(r->series[j].hash == s->hash &&
				  r->series[j].exporter == s->exporter &&
				  labels_same_trace(r->series[j].labels, s->labels,
						    s->exporter)))
			j++;
		s->trace = j < i ? r->series[j].trace : traces++;
	}
}

static int by_trace_and_signal(const void *a, const void *b)
{
	const struct series *x = a, *y = b;

	if (x->trace != y->trace)
		return x->trace < y->trace ? -1 : 1;
	return (int)x->signal - (int)y->signal;
}

static void complain_of(struct range *r, uint64_t count, const char *what,
			const char *example)
{
	char line[ERROR_TEXT_MAX * 2];

	if (count == 0)
		return;
	snprintf(line, sizeof(line), "%s: %llu %s%s", r->name,
		 (unsigned long long)count, what, example);
	r->complain(r->context, line);
}

struct range *range_parse(const char *json, size_t length, const char *name,
			  trace_complaint *complain, void *context, int *status,
			  struct error *err)
{
	struct range *r = calloc(1, sizeof(*r));
	const cJSON *result;

	*status = TRACE_FAILED;
	if (!r) {
		fail(err, "out of memory");
		return NULL;
	}
	r->name = name;
	r->complain = complain;
	r->context = context;

	*status = TRACE_NONE;
	r->document = parse_document(json, length, err);
	result = r->document ? find_result(r->document, err) : NULL;
	if (!result)
		goto out;
	*status = read_all_series(r, result, err);
	if (*status < 0)
		goto out;
	complain_of(r, r->unknown, "series are no signal and ignored, such as ",
		    r->first_unknown);
	complain_of(r, r->loopback, "series of the loopback interface are ignored", "");
	complain_of(r, r->bad_points, "points are no counters and ignored", "");
	if (r->count == 0) {
		fail(err, "no series of a signal is in the answer");
		*status = TRACE_NONE;
		goto out;
	}
	number_traces(r);
	qsort(r->series, r->count, sizeof(*r->series), by_trace_and_signal);
	return r;
out:
	range_free(r);
	return NULL;
}

void range_free(struct range *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		free(r->series[i].points);
	free(r->series);
	cJSON_Delete(r->document);
	free(r);
}

int range_next_trace(struct range *r, struct identity *pod)
{
	struct text labels = text_over(r->labels, sizeof(r->labels));

	r->begin = r->end;
	if (r->begin == r->count)
		return TRACE_END;
	const struct series *first = &r->series[r->begin];
	while (r->end < r->count && r->series[r->end].trace == first->trace) {
		struct series *s = &r->series[r->end++];

		if (s > first && s->signal == s[-1].signal)
			s->shared = s[-1].shared = true;
	}
	labels_identity(first->labels, first->exporter, &labels, pod);
	return TRACE_SAMPLE;
}

static double earliest(const struct range *r)
{
	double time = INFINITY;

	for (size_t i = r->begin; i < r->end; i++) {
		const struct series *s = &r->series[i];

		if (s->next < s->count && s->points[s->next].time < time)
			time = s->points[s->next].time;
	}
	return time;
}

/* The value of the point at hand, which is taken. */
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

/* Where several series are one signal (a pod's interfaces), it is the sum of their
 * increases; one that has not begun or has ended adds none. */
int range_next(struct range *r, struct sample *sample)
{
	double time = earliest(r);
	uint32_t incomplete = 0;

	if (time == INFINITY)
		return TRACE_END;
	*sample = (struct sample){.time = time};
	for (size_t i = r->begin; i < r->end; i++) {
		struct series *s = &r->series[i];
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
	return TRACE_SAMPLE;
}
