/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - joins the series of Prometheus' answers and sorts them into traces. */
#include "series.h"

#include <stdlib.h>
#include <string.h>

#include "trend.h"

#define SERIES_FIRST    16
#define CONFLICTS_SHARE 20 /* below one point in twenty, conflicts are tolerated */
#define CONFLICTS_MIN   3

static void drop(struct series *s)
{
	cJSON_Delete(s->labels);
	free(s->points);
	*s = (struct series){.labels = NULL};
}

void series_free(struct series_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		drop(&list->at[i]);
	free(list->at);
	*list = (struct series_list){.at = NULL};
}

static int grow(struct series_list *list, struct error *err)
{
	size_t capacity = list->capacity ? list->capacity * 2 : SERIES_FIRST;
	struct series *at = realloc(list->at, capacity * sizeof(*at));

	if (!at)
		return fail_memory(err, "series");
	list->at = at;
	list->capacity = capacity;
	return 0;
}

int series_add(struct series_list *list, struct series *s, struct error *err)
{
	if (list->count == SERIES_MAX) {
		fail(err, "more than %d series: replay fewer pods at once", SERIES_MAX);
		return TRACE_INVALID;
	}
	if (list->points + s->count > POINTS_MAX) {
		fail(err, "more than %u points: replay fewer pods at once", POINTS_MAX);
		return TRACE_INVALID;
	}
	if (list->count == list->capacity && grow(list, err) < 0)
		return TRACE_FAILED;
	s->order = list->orders++;
	list->points += s->count;
	list->at[list->count++] = *s;
	*s = (struct series){.labels = NULL};
	return 0;
}

int series_move(struct series_list *to, struct series_list *from, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < from->count && result == 0; i++)
		result = series_add(to, &from->at[i], err);
	return result;
}

/* --- grouping into traces --------------------------------------------------------- */

static int by_labels(const void *a, const void *b)
{
	const struct series *x = a, *y = b;

	if (x->exporter != y->exporter)
		return x->exporter < y->exporter ? -1 : 1;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static bool same_hash(const struct series *a, const struct series *b)
{
	return a->hash == b->hash && a->exporter == b->exporter;
}

/* Numbers the traces of the series from `begin` on that share its hash: almost always
 * one trace. */
static size_t number_run(struct series_list *list, size_t begin)
{
	size_t i = begin;

	for (; i < list->count && same_hash(&list->at[i], &list->at[begin]); i++) {
		struct series *s = &list->at[i];
		size_t j = begin;

		while (j < i &&
		       !labels_same_trace(list->at[j].labels, s->labels, s->exporter))
			j++;
		s->trace = j < i ? list->at[j].trace : s->order;
	}
	return i;
}

static int by_trace(const void *a, const void *b)
{
	const struct series *x = a, *y = b;

	if (x->trace != y->trace)
		return x->trace < y->trace ? -1 : 1;
	if (x->signal != y->signal)
		return x->signal < y->signal ? -1 : 1;
	int device = labels_by_device(x->labels, y->labels);
	if (device != 0)
		return device;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void sort_into_traces(struct series_list *list)
{
	if (list->count == 0)
		return;
	qsort(list->at, list->count, sizeof(list->at[0]), by_labels);
	for (size_t i = 0; i < list->count;)
		i = number_run(list, i);
	qsort(list->at, list->count, sizeof(list->at[0]), by_trace);
}

/* --- joining series --------------------------------------------------------------- */

static bool are_one(const struct series *a, const struct series *b)
{
	return a->trace == b->trace && a->signal == b->signal &&
	       labels_by_device(a->labels, b->labels) == 0;
}

static int append(struct series *to, struct series *from, struct error *err)
{
	size_t count = to->count + from->count;
	struct point *points = realloc(to->points, (count + 1) * sizeof(*points));

	if (!points)
		return fail_memory(err, "series");
	if (from->count > 0)
		memcpy(points + to->count, from->points, from->count * sizeof(*points));
	to->points = points;
	to->count = count;
	drop(from);
	return 0;
}

static int join_equal(struct series_list *list, struct error *err)
{
	size_t kept = 0;
	int result = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct series *s = &list->at[i];

		if (result == 0 && kept > 0 && are_one(&list->at[kept - 1], s)) {
			result = append(&list->at[kept - 1], s, err);
			if (result == 0)
				continue;
		}
		if (kept < i) {
			list->at[kept] = *s;
			*s = (struct series){.labels = NULL};
		}
		kept++;
	}
	list->count = kept;
	return result;
}

static int by_time(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

static void sort_points(struct series *s)
{
	size_t i = 1;

	while (i < s->count && s->points[i].time >= s->points[i - 1].time)
		i++;
	if (i < s->count)
		qsort(s->points, s->count, sizeof(s->points[0]), by_time);
}

/* Answers overlap at their ends. */
static void merge_equal_times(struct series *s)
{
	size_t last = 0;

	for (size_t i = 1; i < s->count; i++) {
		if (s->points[i].time - s->points[last].time > SAME_TIME_S)
			s->points[++last] = s->points[i];
		else
			s->conflicts += s->points[i].value != s->points[last].value;
	}
	if (s->count > 0)
		s->count = last + 1;
}

int series_settle(struct series_list *list, struct error *err)
{
	sort_into_traces(list);
	if (join_equal(list, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		sort_points(&list->at[i]);
		merge_equal_times(&list->at[i]);
	}
	return 0;
}

/* --- series that are not counters ------------------------------------------------- */

static bool contradicts(const struct series *s)
{
	return s->conflicts >= CONFLICTS_MIN &&
	       s->conflicts * CONFLICTS_SHARE >= s->count;
}

int series_check(const struct series *s, struct error *err)
{
	struct trend trend = {.values = 0};

	if (signal_is_gauge(s->signal))
		return 0;
	if (contradicts(s))
		return fail(err,
			    "the answers differ in %s at %llu times: these are two "
			    "pods under the same labels",
			    signal_name(s->signal), (unsigned long long)s->conflicts);
	for (size_t i = 0; i < s->count; i++)
		trend_note(&trend, s->points[i].value);
	return trend_check(&trend, s->signal, "points", err);
}
