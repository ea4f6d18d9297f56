/* SPDX-License-Identifier: Apache-2.0 */
/* answers.c - parses the JSON answers of Prometheus range queries, and of compatible
 * servers. */
#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_document.h"
#include "fields.h"

/* The text that is being read. */
struct reading {
	struct answers *answers;
	struct notes *notes;
	char first_unknown[64];
};

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *word(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(member(object, name));

	return value ? value : "";
}

/* --- one series ------------------------------------------------------------------- */

static bool read_time(struct reading *r, const cJSON *time, double *seconds)
{
	struct answers *a = r->answers;
	enum time_form form;

	if (!cJSON_IsNumber(time))
		return false;
	form = time_of_number(time->valuedouble, seconds);
	if (a->form == TIME_NONE && form != TIME_NONE) {
		a->form = form;
		if (form != TIME_SECONDS)
			notes_say(r->notes, "times are in %s: converted",
				  time_form_name(form));
	}
	return form != TIME_NONE && form == a->form;
}

static bool read_point(struct reading *r, const cJSON *pair, struct point *point)
{
	const cJSON *time = cJSON_GetArrayItem(pair, 0);
	const cJSON *value = time ? time->next : NULL;

	r->answers->waste.numbers += value && cJSON_IsNumber(value);
	return value && cJSON_IsString(value) && read_time(r, time, &point->time) &&
	       field_counter(value->valuestring, strlen(value->valuestring), '.',
			     &point->value) == FIELD_VALUE;
}

static int read_points(struct reading *r, struct series *s, const cJSON *values,
		       struct error *err)
{
	const cJSON *pair;

	s->points = calloc((size_t)cJSON_GetArraySize(values) + 1, sizeof(*s->points));
	if (!s->points) {
		fail_memory(err, "samples");
		return TRACE_FAILED;
	}
	cJSON_ArrayForEach(pair, values)
	{
		if (read_point(r, pair, &s->points[s->count]))
			s->count++;
		else
			r->answers->waste.bad_points++;
	}
	return 0;
}

/* Moves the labels from the JSON into the series. */
static int take_series(struct reading *r, cJSON *item, struct series *s,
		       struct error *err)
{
	const cJSON *values = member(item, "values");
	int result = read_points(r, s, values, err);

	if (!values && member(item, "histograms"))
		r->answers->waste.histograms++;
	if (result == 0) {
		s->labels = cJSON_DetachItemFromObjectCaseSensitive(item, "metric");
		result = series_add(&r->answers->series, s, err);
	}
	cJSON_Delete(s->labels);
	free(s->points);
	return result;
}

static int refuse_nameless(const cJSON *item, struct error *err)
{
	if (!cJSON_IsObject(member(item, "metric")))
		fail(err, "a series has no labels");
	else
		fail(err,
		     "a series has no metric name, as after rate() or sum(): query "
		     "the counters themselves, such as "
		     "container_network_transmit_bytes_total");
	return TRACE_INVALID;
}

/* Reads a series; counts and ignores one that is not a signal, or is of the loopback
 * interface. */
static int read_series(struct reading *r, cJSON *item, struct error *err)
{
	const cJSON *labels = member(item, "metric");
	const char *metric = labels_get(labels, "__name__");
	struct answers_waste *waste = &r->answers->waste;
	struct series s = {.labels = NULL};

	if (!metric)
		return refuse_nameless(item, err);
	if (!metric_signal(metric, &s.exporter, &s.signal)) {
		if (waste->unknown++ == 0)
			snprintf(r->first_unknown, sizeof(r->first_unknown), "%s",
				 field_shown(metric, strlen(metric)));
		return 0;
	}
	if (labels_are_loopback(labels)) {
		waste->loopback++;
		return 0;
	}
	s.hash = labels_hash(labels, s.exporter);
	return take_series(r, item, &s, err);
}

static int read_result(struct reading *r, const cJSON *result, struct error *err)
{
	cJSON *item;

	cJSON_ArrayForEach(item, result)
	{
		int status = read_series(r, item, err);
		if (status < 0)
			return status;
		/* The points were copied; their JSON is ten times as large. */
		cJSON_DeleteItemFromObjectCaseSensitive(item, "values");
	}
	return 0;
}

/* --- one document ----------------------------------------------------------------- */

static void tell_list(const struct reading *r, const cJSON *list, const char *says)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_IsString(item))
			notes_say(r->notes, "%s: %.180s", says, item->valuestring);
	}
}

/* Notes the server's warnings: the answer may be incomplete. */
static void tell_doubts(const struct reading *r, const cJSON *document)
{
	tell_list(r, member(document, "warnings"), "the answer comes with a warning");
	tell_list(r, member(document, "infos"), "the answer comes with a remark");
	if (cJSON_IsTrue(member(document, "isPartial")) ||
	    cJSON_IsTrue(member(member(document, "data"), "isPartial")))
		notes_say(r->notes, "the answer is partial (isPartial): traffic may be "
				    "missing");
}

static int refuse_document(const cJSON *document, struct error *err)
{
	if (member(document, "values") && member(document, "timestamps"))
		fail(err, "this is an export of VictoriaMetrics, whose values are "
			  "numbers: ask /api/v1/query_range instead");
	else
		fail(err, "this JSON is not an answer of a Prometheus range query");
	return TRACE_INVALID;
}

static int read_answer(struct reading *r, const cJSON *document, struct error *err)
{
	const cJSON *data = member(document, "data");
	const cJSON *object = data ? data : document;
	const char *type = word(object, "resultType");
	const cJSON *result = member(object, "result");

	tell_doubts(r, document);
	if (strcmp(word(document, "status"), "error") == 0) {
		fail(err, "Prometheus answered with an error: %.40s: %.120s",
		     word(document, "errorType"), word(document, "error"));
		return TRACE_INVALID;
	}
	if (type[0] && strcmp(type, "matrix") != 0) {
		fail(err,
		     "the answer is a %.20s; a range query gives a matrix "
		     "(/api/v1/query_range)",
		     type);
		return TRACE_INVALID;
	}
	if (!cJSON_IsArray(result))
		return refuse_document(document, err);
	return read_result(r, result, err);
}

/* A list contains series, or whole answers. */
static int read_list(struct reading *r, const cJSON *list, struct error *err)
{
	const cJSON *item;

	if (!member(list->child, "data") && !member(list->child, "result") &&
	    !member(list->child, "status"))
		return read_result(r, list, err);
	cJSON_ArrayForEach(item, list)
	{
		int status = read_answer(r, item, err);
		if (status < 0)
			return status;
	}
	return 0;
}

/* --- the text --------------------------------------------------------------------- */

static void tell_waste(const struct reading *r)
{
	const struct answers_waste *waste = &r->answers->waste;

	if (waste->unknown > 0)
		notes_say(r->notes,
			  "%llu series are not signals and are ignored, such as %s",
			  (unsigned long long)waste->unknown, r->first_unknown);
	if (waste->loopback > 0)
		notes_say(r->notes, "%llu series of the loopback interface are ignored",
			  (unsigned long long)waste->loopback);
	if (waste->histograms > 0)
		notes_say(r->notes, "%llu series are histograms and are ignored",
			  (unsigned long long)waste->histograms);
	if (waste->bad_points > 0)
		notes_say(r->notes, "%llu points are not counters and are ignored",
			  (unsigned long long)waste->bad_points);
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	return at;
}

/* Reads the document at *at and moves *at behind it. */
static int read_document(struct reading *r, const char *json, const char **at,
			 const char *end, struct error *err)
{
	const char *stop;
	bool lacks_memory;
	cJSON *document = json_document(*at, (size_t)(end - *at), &stop, &lacks_memory);
	int result;

	if (!document && lacks_memory) {
		fail_memory(err, "the query's answer");
		return TRACE_FAILED;
	}
	if (!document || (!cJSON_IsObject(document) && !cJSON_IsArray(document))) {
		cJSON_Delete(document);
		fail(err, "invalid JSON at byte %zu",
		     (size_t)((document ? *at : stop) - json) + 1);
		return TRACE_INVALID;
	}
	*at = stop;
	result = cJSON_IsArray(document) ? read_list(r, document, err)
					 : read_answer(r, document, err);
	cJSON_Delete(document);
	return result;
}

int answers_read(struct answers *a, const char *json, size_t length,
		 struct notes *notes, struct error *err)
{
	struct reading r = {.answers = a, .notes = notes};
	const char *end = json + length, *at = skip_blanks(json, end);
	int result = 0;

	while (result == 0 && at < end) {
		result = read_document(&r, json, &at, end, err);
		at = skip_blanks(at, end);
	}
	if (result == 0)
		tell_waste(&r);
	return result;
}
