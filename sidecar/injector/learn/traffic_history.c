/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_history.c - what a pod sent, as Prometheus has it.
 *
 * Prometheus answers a question with at most 11,000 points a series, so a month takes
 * several. It does the merging: of a pod that is scraped twice, or by two servers, or
 * by the kubelet for two containers, `max by` gives each counter once.
 */
#include "traffic_history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "replay/fields.h"

#define CHUNK_POINTS   10000
#define POINTS_FIRST   1024
#define EXPRESSION_MAX 2048
#define TIME_SLACK_S   0.002 /* times are rounded to milliseconds */

struct fetch {
	struct range *range;
	const struct pod *pod;
	double step_s;
	struct span span;         /* of this question */
	size_t points;            /* taken over into the range */
	struct series_list chunk; /* of this answer */
	struct series series;     /* the one being read; without labels: none */
	size_t room;              /* for its points */
};

/* --- the series ------------------------------------------------------------------- */

static void drop_series(struct fetch *f)
{
	cJSON_Delete(f->series.labels);
	free(f->series.points);
	f->series = (struct series){.labels = NULL};
	f->room = 0;
}

/* The labels of a trace hold only the interface. */
static int label_series(struct fetch *f, const struct labels *l, struct error *err)
{
	const char *device = l->value[LABEL_DEVICE][0] ? l->value[LABEL_DEVICE]
						       : l->value[LABEL_INTERFACE];

	f->series.labels = cJSON_CreateObject();
	if (!f->series.labels ||
	    !cJSON_AddStringToObject(f->series.labels, "device", device))
		return fail_memory(err, "a pod's series");
	return 0;
}

/* Moves the series that was read into the chunk. */
static int end_series(struct fetch *f, struct error *err)
{
	if (!f->series.labels)
		return 0;
	for (size_t i = 0; i < f->chunk.count; i++)
		if (f->chunk.at[i].signal == f->series.signal &&
		    labels_by_device(f->chunk.at[i].labels, f->series.labels) == 0)
			return fail(err, "the answer has %s twice",
				    signal_name(f->series.signal));
	if (f->chunk.count == HISTORY_SERIES_MAX)
		return fail(err, "the answer has more than %d series of one pod",
			    HISTORY_SERIES_MAX);
	f->room = 0;
	return series_add(&f->chunk, &f->series, err);
}

static int begin_series(void *f_, const struct labels *l, struct error *err)
{
	struct fetch *f = f_;
	enum exporter exporter;

	if (end_series(f, err) < 0)
		return -1;
	if (!metric_signal(l->value[LABEL_METRIC], &exporter, &f->series.signal))
		return fail(err, "the answer has %.80s, which was not asked for",
			    l->value[LABEL_METRIC]);
	/* With it, all interfaces are one trace. */
	f->series.exporter = EXPORTER_DORMOUSE;
	return label_series(f, l, err);
}

static int make_room(struct fetch *f, struct error *err)
{
	if (f->series.count < f->room)
		return 0;
	if (f->points + f->chunk.points + f->series.count >= HISTORY_POINTS_MAX)
		return fail(err,
			    "more than %d points of one pod: ask for fewer --days or a "
			    "longer --step",
			    HISTORY_POINTS_MAX);
	const size_t room = f->room ? f->room * 2 : POINTS_FIRST;
	struct point *points = realloc(f->series.points, room * sizeof(*points));

	if (!points)
		return fail_memory(err, "a pod's points");
	f->series.points = points;
	f->room = room;
	return 0;
}

static bool was_asked_for(const struct fetch *f, double time)
{
	const struct series *s = &f->series;

	return time >= f->span.since - TIME_SLACK_S &&
	       time <= f->span.until + TIME_SLACK_S &&
	       (s->count == 0 ||
		time >= s->points[s->count - 1].time + f->step_s - TIME_SLACK_S);
}

/* A value that is no counter, such as NaN, is passed over. */
static int take_point(void *f_, const struct point_read *point, struct error *err)
{
	struct fetch *f = f_;
	uint64_t value;

	if (!was_asked_for(f, point->time))
		return fail(err,
			    "the answer has the time %.3f, which was not asked for",
			    point->time);
	if (field_counter(point->value, strlen(point->value), '.', &value) !=
	    FIELD_VALUE)
		return 0;
	if (make_room(f, err) < 0)
		return -1;
	f->series.points[f->series.count++] = (struct point){point->time, value};
	return 0;
}

/* --- the questions ---------------------------------------------------------------- */

static void put_metrics(const struct pod *pod, struct text *t)
{
	/* The names of replay/labels.c, which passes over all others. */
	if (pod->source == POD_OF_CONTAINER)
		text_put(t, "__name__=~\"container_network_(receive|transmit)_"
			    "(bytes|packets)_total\",interface!=\"lo\"");
	else
		text_put(t, "__name__=~\"dormouse_(network_(receive|transmit)_"
			    "(bytes|packets)_total");
	if (pod->source == POD_OF_CONTAINER)
		return;
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const char *metric = metric_of_signal((enum signal)i);

		if (metric)
			text_printf(t, "|%s", metric + strlen("dormouse_"));
	}
	text_put(t, ")\"");
}

static void put_expression(const struct prometheus *p, const struct pod *pod,
			   struct text *t)
{
	const char *prefix = pod->exported ? "exported_" : "";
	char matchers[EXPRESSION_MAX];
	struct text m = text_over(matchers, sizeof(matchers));

	put_metrics(pod, &m);
	text_printf(&m, ",%snamespace=\"%s\",%spod=\"%s\"", prefix, pod->namespace,
		    prefix, pod->name);
	text_put(t, "max by (__name__,device,interface) (");
	prometheus_put_selector(p, "", matchers, t);
	text_put(t, ")");
	t->overflowed |= m.overflowed;
}

static void drop_chunk(void *f_)
{
	struct fetch *f = f_;

	drop_series(f);
	series_free(&f->chunk);
}

/* Moves the chunk's series to the others, without the room that they do not need. */
static int keep_chunk(struct fetch *f, struct error *err)
{
	f->points += f->chunk.points;
	for (size_t i = 0; i < f->chunk.count; i++) {
		struct series *s = &f->chunk.at[i];
		struct point *points =
		    realloc(s->points, (s->count + 1) * sizeof(*points));

		if (points)
			s->points = points;
		if (range_add(f->range, s, err) < 0)
			return -1;
	}
	series_free(&f->chunk);
	return 0;
}

static int fetch_chunk(struct fetch *f, struct prometheus *p, const char *expression,
		       struct error *err)
{
	const struct range_question question = {.expression = expression,
						.span = f->span,
						.step_s = f->step_s,
						.again = drop_chunk};
	const struct answer_taker taker = {
	    .series = begin_series, .point = take_point, .context = f};

	if (prometheus_range(p, &question, &taker, err) < 0 || end_series(f, err) < 0)
		return -1;
	return keep_chunk(f, err);
}

static int fetch(struct fetch *f, struct prometheus *p, const struct span *span,
		 struct error *err)
{
	const size_t points =
	    (size_t)floor((span->until - span->since) / f->step_s + 0.5) + 1;
	char expression[EXPRESSION_MAX];
	struct text t = text_over(expression, sizeof(expression));

	put_expression(p, f->pod, &t);
	if (t.overflowed)
		return fail(err, "the question is over %d bytes", EXPRESSION_MAX);
	for (size_t first = 0; first < points; first += CHUNK_POINTS) {
		const size_t left = points - first;
		const size_t count = left < CHUNK_POINTS ? left : CHUNK_POINTS;

		f->span.since = span->since + (double)first * f->step_s;
		f->span.until = f->span.since + (double)(count - 1) * f->step_s;
		if (fetch_chunk(f, p, expression, err) < 0)
			return -1;
	}
	return 0;
}

struct range *history_fetch(struct prometheus *p, const struct pod *pod,
			    const struct span *span, double step_s, struct error *err)
{
	struct fetch f = {.pod = pod, .step_s = step_s};
	int result = -1;

	f.range = range_new(err);
	if (f.range)
		result = fetch(&f, p, span, err);
	drop_chunk(&f);
	if (result == 0)
		return f.range;
	range_free(f.range);
	fail_within(err, "%s/%s", pod->namespace, pod->name);
	return NULL;
}
