/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - reads an answer of Prometheus' HTTP API:
 *
 *     {"status": "success", "data": [{"__name__": "up", ...}, ...]}
 *     {"status": "success", "data": {"resultType": "matrix", "result": [
 *         {"metric": {"__name__": "up", ...}, "values": [[1767225600, "1"], ...]},
 * ...]}}
 *     {"status": "error", "errorType": "bad_data", "error": "..."}
 *
 * Source: prometheus.io/docs/prometheus/latest/querying/api.
 */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an open object or array is, by its place. */
enum role {
	ROLE_NONE,
	ROLE_TOP,
	ROLE_DATA,     /* of a matrix */
	ROLE_RESULT,   /* its list of series */
	ROLE_ITEM,     /* a series */
	ROLE_LIST,     /* of label sets: the data of /api/v1/series */
	ROLE_LABELS,   /* of a series */
	ROLE_VALUES,   /* its points */
	ROLE_PAIR,     /* a point */
	ROLE_WARNINGS, /* what the server doubts */
	ROLE_OTHER,
};

enum known {
	KNOWN_NOTHING,
	KNOWN_STATUS,
	KNOWN_ERROR_TYPE,
	KNOWN_ERROR,
	KNOWN_PARTIAL,
	KNOWN_WARNINGS,
	KNOWN_DATA,
	KNOWN_RESULT_TYPE,
	KNOWN_RESULT,
	KNOWN_METRIC,
	KNOWN_VALUES,
	KNOWN_COUNT
};

static const char *const known_keys[KNOWN_COUNT] = {
    [KNOWN_STATUS] = "status",
    [KNOWN_ERROR_TYPE] = "errorType",
    [KNOWN_ERROR] = "error",
    [KNOWN_PARTIAL] = "isPartial", /* of VictoriaMetrics */
    [KNOWN_WARNINGS] = "warnings",
    [KNOWN_DATA] = "data",
    [KNOWN_RESULT_TYPE] = "resultType",
    [KNOWN_RESULT] = "result",
    [KNOWN_METRIC] = "metric",
    [KNOWN_VALUES] = "values",
};

static const char *const label_names[LABEL_COUNT] = {
    [LABEL_METRIC] = "__name__",
    [LABEL_NAMESPACE] = "namespace",
    [LABEL_EXPORTED_NAMESPACE] = "exported_namespace",
    [LABEL_POD] = "pod",
    [LABEL_EXPORTED_POD] = "exported_pod",
    [LABEL_WORKLOAD] = "workload",
    [LABEL_WORKLOAD_TYPE] = "workload_type",
    [LABEL_DEVICE] = "device",
    [LABEL_INTERFACE] = "interface",
    [LABEL_OWNER_KIND] = "owner_kind",
    [LABEL_OWNER_NAME] = "owner_name",
    [LABEL_OWNER_IS_CONTROLLER] = "owner_is_controller",
    [LABEL_REPLICASET] = "replicaset",
    [LABEL_JOB_NAME] = "job_name",
};

static int index_of(const char *const *names, int count, const char *text)
{
	for (int i = 0; i < count; i++)
		if (names[i] && strcmp(names[i], text) == 0)
			return i;
	return -1;
}

static enum role role_of(const struct answer *a)
{
	return (enum role)a->role[a->json.depth];
}

/* --- brackets --------------------------------------------------------------------- */

static bool wants_points(const struct answer *a)
{
	return a->taker->point != NULL;
}

static enum role role_in_top(const struct answer *a, bool object)
{
	if (a->known == KNOWN_WARNINGS && !object)
		return ROLE_WARNINGS;
	if (a->known == KNOWN_DATA && object == wants_points(a))
		return object ? ROLE_DATA : ROLE_LIST;
	return ROLE_OTHER;
}

static enum role role_in_item(const struct answer *a, bool object)
{
	if (a->known == KNOWN_METRIC && object)
		return ROLE_LABELS;
	return a->known == KNOWN_VALUES && !object ? ROLE_VALUES : ROLE_OTHER;
}

/* The role of a bracket that opens inside one with the role `outer`. */
static enum role role_within(const struct answer *a, enum role outer, bool object)
{
	switch (outer) {
	case ROLE_NONE:
		return object ? ROLE_TOP : ROLE_OTHER;
	case ROLE_TOP:
		return role_in_top(a, object);
	case ROLE_DATA:
		return a->known == KNOWN_RESULT && !object ? ROLE_RESULT : ROLE_OTHER;
	case ROLE_RESULT:
		return object ? ROLE_ITEM : ROLE_OTHER;
	case ROLE_ITEM:
		return role_in_item(a, object);
	case ROLE_LIST:
		return object ? ROLE_LABELS : ROLE_OTHER;
	case ROLE_VALUES:
		return object ? ROLE_OTHER : ROLE_PAIR;
	default:
		return ROLE_OTHER;
	}
}

static void forget_labels(struct answer *a)
{
	for (int i = 0; i < LABEL_COUNT; i++)
		a->labels.value[i][0] = '\0';
}

static int begin(struct answer *a, bool object, struct error *err)
{
	/* The stream has already counted it. */
	const enum role outer = (enum role)a->role[a->json.depth - 1];
	const enum role role = role_within(a, outer, object);

	a->role[a->json.depth] = (unsigned char)role;
	a->known = KNOWN_NOTHING;
	a->label = -1;
	a->found |= role == ROLE_RESULT || role == ROLE_LIST;
	if (role == ROLE_ITEM)
		a->labelled = false;
	if (role == ROLE_LABELS)
		forget_labels(a);
	if (role == ROLE_PAIR)
		a->members = 0;
	if (role == ROLE_VALUES && !a->labelled)
		return fail(err, "a series has no labels before its points");
	return 0;
}

static int end(struct answer *a, struct error *err)
{
	/* The bracket that just closed was one deeper. */
	const enum role role = (enum role)a->role[a->json.depth + 1];

	if (role == ROLE_PAIR && a->members != 2)
		return fail(err, "a point is not a time and a value");
	if (role != ROLE_LABELS)
		return 0;
	a->labelled = true;
	return a->taker->series(a->taker->context, &a->labels, err);
}

/* --- values ----------------------------------------------------------------------- */

static void keep(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

static int take_in_top(struct answer *a, enum json_event event, const char *text)
{
	if (event == JSON_STRING && a->known == KNOWN_STATUS) {
		a->success = strcmp(text, "success") == 0;
		a->failed = strcmp(text, "error") == 0;
	}
	if (event == JSON_STRING && a->known == KNOWN_ERROR_TYPE)
		keep(a->type, sizeof(a->type), text);
	if (event == JSON_STRING && a->known == KNOWN_ERROR)
		keep(a->says, sizeof(a->says), text);
	if (event == JSON_WORD && a->known == KNOWN_PARTIAL)
		a->partial = strcmp(text, "true") == 0;
	return 0;
}

static int take_label(struct answer *a, enum json_event event, const char *text,
		      size_t length, struct error *err)
{
	if (event != JSON_STRING)
		return fail(err, "a label's value is not a string");
	if (a->label < 0)
		return 0;
	if (length >= LABEL_VALUE_MAX)
		return fail(err, "the label %s is over %d bytes", label_names[a->label],
			    LABEL_VALUE_MAX - 1);
	memcpy(a->labels.value[a->label], text, length + 1);
	return 0;
}

static int take_member(struct answer *a, enum json_event event, const char *text,
		       struct error *err)
{
	const unsigned member = a->members++;

	if (member == 0 && event == JSON_NUMBER) {
		a->time = strtod(text, NULL);
		return 0;
	}
	if (member != 1 || event != JSON_STRING)
		return fail(err, "a point is not a time and a value");
	const struct point_read point = {a->time, text};
	return a->taker->point(a->taker->context, &point, err);
}

static int take_value(struct answer *a, enum json_event event, const char *text,
		      size_t length, struct error *err)
{
	switch (role_of(a)) {
	case ROLE_TOP:
		return take_in_top(a, event, text);
	case ROLE_DATA:
		if (a->known == KNOWN_RESULT_TYPE && strcmp(text, "matrix") != 0)
			return fail(err, "the result is a %.20s, not a matrix", text);
		return 0;
	case ROLE_LABELS:
		return take_label(a, event, text, length, err);
	case ROLE_PAIR:
		return take_member(a, event, text, err);
	case ROLE_WARNINGS:
		if (event == JSON_STRING && !a->warns[0])
			keep(a->warns, sizeof(a->warns), text);
		return 0;
	default:
		return 0;
	}
}

static void take_key(struct answer *a, const char *text)
{
	const int known = index_of(known_keys, KNOWN_COUNT, text);

	a->known = known < 0 ? KNOWN_NOTHING : (unsigned char)known;
	a->label =
	    role_of(a) == ROLE_LABELS ? index_of(label_names, LABEL_COUNT, text) : -1;
}

static int take(void *a_, enum json_event event, const char *text, size_t length,
		struct error *err)
{
	struct answer *a = a_;

	switch (event) {
	case JSON_OBJECT_BEGINS:
	case JSON_ARRAY_BEGINS:
		return begin(a, event == JSON_OBJECT_BEGINS, err);
	case JSON_ENDS:
		return end(a, err);
	case JSON_KEY:
		take_key(a, text);
		return 0;
	default:
		return take_value(a, event, text, length, err);
	}
}

/* --- the answer ------------------------------------------------------------------- */

void answer_begin(struct answer *a, const struct answer_taker *taker)
{
	json_stream_begin(&a->json, take, a);
	a->taker = taker;
	a->role[0] = ROLE_NONE;
	a->known = KNOWN_NOTHING;
	a->label = -1;
	a->labelled = a->found = a->success = a->failed = a->partial = false;
	a->type[0] = a->says[0] = a->warns[0] = '\0';
}

int answer_feed(struct answer *a, const char *data, size_t length, struct error *err)
{
	return json_stream_feed(&a->json, data, length, err);
}

int answer_end(struct answer *a, struct error *err)
{
	if (json_stream_end(&a->json, err) < 0)
		return -1;
	if (a->failed)
		return fail(err, "it answers with an error: %s: %s", a->type, a->says);
	if (!a->success || !a->found)
		return fail(err, "the answer is not one of Prometheus' API");
	if (a->partial)
		return fail(err, "the answer is partial: data are missing");
	if (a->warns[0])
		return fail(err, "the answer comes with a warning: %s", a->warns);
	return 0;
}
