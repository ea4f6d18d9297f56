/* SPDX-License-Identifier: Apache-2.0 */
/* traces.c - the traces of an input: which format it has, and the way to its reader. */
#include <stdlib.h>

#include "csv.h"
#include "prometheus.h"

struct traces {
	const char *name;
	struct input in;
	struct csv_reader csv;
	struct range *range; /* NULL: it is CSV */
	bool begun;          /* the one trace of CSV was given out */
};

/* CSV is read as it is asked for, JSON at once. */
static int open_format(struct traces *t, trace_complaint *complain, void *context,
		       struct error *err)
{
	int first = input_peek(&t->in, err);

	if (first < 0)
		return TRACE_FAILED;
	if (first != '{' && first != '[') {
		csv_begin(&t->csv, &t->in, t->name, complain, context);
		return TRACE_SAMPLE;
	}

	size_t length;
	int status = TRACE_FAILED;
	const char *json = input_all(&t->in, TRACE_JSON_MAX, &length, err);
	if (json)
		t->range =
		    range_parse(json, length, t->name, complain, context, &status, err);
	input_close(&t->in);
	return t->range ? TRACE_SAMPLE : status;
}

static int no_trace(const struct traces *t, int status, struct error *err)
{
	fail_within(err, status == TRACE_NONE ? "%s: no trace" : "%s", t->name);
	return status;
}

struct traces *traces_open(int fd, const char *name, trace_complaint *complain,
			   void *context, int *status, struct error *err)
{
	struct traces *t = calloc(1, sizeof(*t));

	*status = TRACE_FAILED;
	if (!t || input_open(&t->in, fd, TRACE_LINE_MAX) < 0) {
		fail(err, "%s: out of memory", name);
		free(t);
		return NULL;
	}
	t->name = name;
	*status = open_format(t, complain, context, err);
	if (*status == TRACE_SAMPLE)
		return t;
	no_trace(t, *status, err);
	traces_close(t);
	return NULL;
}

void traces_close(struct traces *t)
{
	if (!t)
		return;
	range_free(t->range);
	input_close(&t->in);
	free(t);
}

int traces_next(struct traces *t, struct identity *pod)
{
	if (t->range)
		return range_next_trace(t->range, pod);
	if (t->begun)
		return TRACE_END;
	t->begun = true;
	return TRACE_SAMPLE;
}

int traces_sample(struct traces *t, struct sample *sample, struct error *err)
{
	if (t->range)
		return range_next(t->range, sample);

	int got = csv_next(&t->csv, sample, err);
	return got >= 0 ? got : no_trace(t, got, err);
}

uint64_t traces_broken(const struct traces *t)
{
	return t->csv.broken;
}
