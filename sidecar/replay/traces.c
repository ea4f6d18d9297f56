/* SPDX-License-Identifier: Apache-2.0 */
/* traces.c - recognises the format of an input and calls its reader. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "prometheus.h"
#include "rows.h"

struct traces {
	struct notes notes;
	struct input in;
	struct csv_reader csv;
	struct range *range; /* NULL: the input is CSV, which is one trace: */
	bool begun;          /* traces_next() returned it */
	bool held;           /* its rows were read, up to ROWS_MAX */
	bool streams;        /* more rows follow and are read on demand */
	struct rows rows;
	struct rows_cursor cursor;
	double last; /* time of the last row while it streams */
};

/* CSV is read on demand, JSON at once. */
static int open_format(struct traces *t, struct error *err)
{
	int first = input_peek(&t->in, err);

	if (first < 0)
		return t->in.decoder.refused ? TRACE_INVALID : TRACE_FAILED;
	if (first != '{' && first != '[') {
		csv_begin(&t->csv, &t->in, &t->notes);
		return TRACE_SAMPLE;
	}

	size_t length;
	int status = TRACE_FAILED;
	const char *json = input_all(&t->in, TRACE_JSON_MAX, &length, err);
	if (json)
		t->range = range_parse(json, length, &t->notes, &status, err);
	input_close(&t->in);
	return t->range ? TRACE_SAMPLE : status;
}

static int no_trace(const struct traces *t, int status, struct error *err)
{
	fail_within(err, status == TRACE_INVALID ? "%s: not a trace" : "%s",
		    t->notes.name);
	return status;
}

struct traces *traces_open(int fd, const char *name, trace_complaint *complain,
			   void *context, int *status, struct error *err)
{
	struct traces *t = calloc(1, sizeof(*t));

	*status = TRACE_FAILED;
	if (!t || input_open(&t->in, fd, TRACE_LINE_MAX) < 0) {
		fail_memory(err, name);
		free(t);
		return NULL;
	}
	t->notes.name = name;
	t->notes.complain = complain;
	t->notes.context = context;
	*status = open_format(t, err);
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
	rows_free(&t->rows);
	input_close(&t->in);
	free(t);
}

void traces_map_columns(struct traces *t, const struct column_map *map)
{
	t->csv.map = map;
}

bool traces_are_answers(const struct traces *t)
{
	return t->range != NULL;
}

int traces_join(struct traces *into, struct traces *from, struct error *err)
{
	notes_take(&into->notes, &from->notes);
	return range_join(into->range, from->range, err);
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

/* Reads up to ROWS_MAX rows of CSV and checks them as a whole: 0 when they are a valid
 * trace. */
static int hold_rows(struct traces *t, struct error *err)
{
	struct sample sample = {.time = 0};
	int got = TRACE_SAMPLE;

	while (t->rows.count < ROWS_MAX &&
	       (got = csv_next(&t->csv, &sample, err)) == TRACE_SAMPLE)
		if (rows_add(&t->rows, &sample, err) < 0)
			return TRACE_FAILED;
	if (got < 0)
		return got;
	t->streams = got == TRACE_SAMPLE;
	t->held = true;
	t->last = t->rows.last.time;
	if (t->rows.present == 0) {
		fail(err, "no row has a value of a signal");
		return TRACE_INVALID;
	}
	return rows_settle(&t->rows, &t->notes, err);
}

/* Reads the next row of a trace that is too long to be held and sorted. */
static int next_streamed(struct traces *t, struct sample *sample, struct error *err)
{
	int got = csv_next(&t->csv, sample, err);

	if (got != TRACE_SAMPLE || sample->time >= t->last) {
		t->last = sample->time;
		return got;
	}
	fail(err,
	     "line %llu goes back in time, and more than %u rows are too many to "
	     "sort: sort the file, or split it",
	     (unsigned long long)t->in.line, ROWS_MAX);
	return TRACE_INVALID;
}

static int next_row(struct traces *t, struct sample *sample, struct error *err)
{
	if (!t->held) {
		int status = hold_rows(t, err);
		if (status < 0)
			return status;
	}
	if (rows_read(&t->rows, &t->cursor, sample))
		return TRACE_SAMPLE;
	return t->streams ? next_streamed(t, sample, err) : TRACE_END;
}

int traces_sample(struct traces *t, struct sample *sample, struct error *err)
{
	int got =
	    t->range ? range_next(t->range, sample, err) : next_row(t, sample, err);

	return got >= 0 ? got : no_trace(t, got, err);
}

uint64_t traces_broken(const struct traces *t)
{
	return t->csv.broken;
}

const char *traces_notes(const struct traces *t)
{
	return t->notes.kept;
}
