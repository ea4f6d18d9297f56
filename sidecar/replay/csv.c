/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c - a trace as CSV: the header, the rows, and what to do with those that are
 * neither. */
#include "csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"

#define COLUMN_TIME    (-1)
#define COLUMN_IGNORED (-2)
#define SAFE_DIGITS    19 /* no whole number of that length is past 2^64-1 */
#define TIME_DIGITS    15 /* such a number and a power of ten below it are exact */

void csv_begin(struct csv_reader *r, struct input *in, const char *name,
	       trace_complaint *complain, void *context)
{
	*r = (struct csv_reader){
	    .in = in, .name = name, .complain = complain, .context = context};
}

static void complain_of_line(struct csv_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The row is broken: named while there are few, counted always. */
static void complain_of_line(struct csv_reader *r, const char *format, ...)
{
	char reason[ERROR_TEXT_MAX], line[ERROR_TEXT_MAX * 2];
	va_list args;

	if (++r->broken > TRACE_COMPLAINTS)
		return;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "%s:%llu: %s; the line is skipped%s", r->name,
		 (unsigned long long)r->in->line, reason,
		 r->broken == TRACE_COMPLAINTS ? ", as are further ones without a word"
					       : "");
	r->complain(r->context, line);
}

static bool is_time(const char *cell, size_t length)
{
	return length == strlen("time") && memcmp(cell, "time", length) == 0;
}

static int column_of(const char *cell, size_t length)
{
	char name[32];

	if (is_time(cell, length))
		return COLUMN_TIME;
	if (length >= sizeof(name))
		return COLUMN_IGNORED;
	memcpy(name, cell, length);
	name[length] = '\0';
	int signal = signal_by_name(name);
	return signal < 0 ? COLUMN_IGNORED : signal;
}

/* What the columns of a header say, while it is read. */
struct header {
	int8_t columns[TRACE_COLUMNS_MAX];
	unsigned count;
	uint32_t signals; /* bits */
	bool time;
	char ignored[160]; /* names, for the complaint */
	size_t ignored_length;
};

static void note_ignored(struct header *h, const char *cell, size_t length)
{
	size_t room = sizeof(h->ignored) - h->ignored_length;
	int wrote =
	    snprintf(h->ignored + h->ignored_length, room, "%s%s",
		     h->ignored_length > 0 ? ", " : "", cell_shown(cell, length));

	if (wrote > 0 && (size_t)wrote < room)
		h->ignored_length += (size_t)wrote;
	else
		h->ignored[h->ignored_length] = '\0';
}

static int read_header(struct header *h, char *line, size_t length, struct error *err)
{
	char *at = line, *cell;
	size_t cell_length;

	*h = (struct header){.count = 0};
	while (at) {
		if (!cell_cut(&at, line + length, &cell, &cell_length))
			return fail(err, "a quote in the header does not close");
		if (h->count == TRACE_COLUMNS_MAX)
			return fail(err, "more than %d columns", TRACE_COLUMNS_MAX);
		int column = column_of(cell, cell_length);
		bool again = column == COLUMN_TIME
				 ? h->time
				 : column >= 0 && (h->signals >> column) & 1u;
		if (again)
			return fail(err, "the column %s is there twice",
				    cell_shown(cell, cell_length));
		if (column == COLUMN_TIME)
			h->time = true;
		else if (column >= 0)
			h->signals |= 1u << column;
		else
			note_ignored(h, cell, cell_length);
		h->columns[h->count++] = (int8_t)column;
	}
	if (!h->time)
		return fail(err, "there is no header with a column \"time\"");
	if (h->signals == 0)
		return fail(err, "the header names no signal such as tx_bytes");
	return 0;
}

static void take_header(struct csv_reader *r, const struct header *h)
{
	char line[ERROR_TEXT_MAX * 2];

	memcpy(r->columns, h->columns, sizeof(r->columns));
	r->column_count = h->count;
	r->has_header = true;
	if (h->ignored_length == 0 || r->warned_of_columns)
		return;
	r->warned_of_columns = true;
	snprintf(line, sizeof(line), "%s: columns that are no signal are ignored: %s",
		 r->name, h->ignored);
	r->complain(r->context, line);
}

/* The rarer cells of a row. False, with a complaint, when the row is broken by it. */
static bool slow_cell(struct csv_reader *r, int column, const char *cell, size_t length,
		      struct sample *sample)
{
	uint64_t value;
	enum cell_kind kind;

	if (column == COLUMN_IGNORED)
		return true;
	if (column == COLUMN_TIME) {
		kind = cell_time(cell, length, &sample->time);
		if (kind != CELL_VALUE)
			complain_of_line(r, "\"%s\" is no time in Unix seconds",
					 cell_shown(cell, length));
		return kind == CELL_VALUE;
	}
	kind = cell_counter(cell, length, &value);
	if (kind == CELL_VALUE)
		sample_set(sample, (enum signal)column, value);
	if (kind == CELL_BAD)
		complain_of_line(r, "\"%s\" is no counter for %s",
				 cell_shown(cell, length),
				 signal_name((enum signal)column));
	return kind != CELL_BAD;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A time such as 1767225600 or 1767225600.25, at *at: exact, as strtod would read it.
 * False for anything else, *at unchanged. */
static bool fast_time(char **at, const char *end, double *seconds)
{
	static const double powers[] = {1,   1e1, 1e2, 1e3, 1e4, 1e5,
					1e6, 1e7, 1e8, 1e9, 1e10};
	uint64_t digits = 0;
	char *p = *at, *dot = NULL;

	for (;; p++) {
		for (; is_digit(*p); p++)
			digits = digits * 10 + (unsigned)(*p - '0');
		if (*p != '.' || dot)
			break;
		dot = p;
	}
	size_t decimals = dot ? (size_t)(p - dot) - 1 : 0;
	size_t all = (size_t)(p - *at) - (dot ? 1 : 0);
	if (all == 0 || all > TIME_DIGITS || decimals > 10 || all - decimals > 11 ||
	    digits == 0 || (*p != ',' && p != end))
		return false;
	*seconds = (double)digits / powers[decimals];
	*at = p;
	return true;
}

/* A whole number at *at; as fast_time(). */
static bool fast_counter(char **at, const char *end, uint64_t *value)
{
	uint64_t number = 0;
	char *p = *at;

	for (; is_digit(*p); p++)
		number = number * 10 + (unsigned)(*p - '0');
	size_t digits = (size_t)(p - *at);
	if (digits == 0 || digits > SAFE_DIGITS || (*p != ',' && p != end))
		return false;
	*value = number;
	*at = p;
	return true;
}

static bool fast_cell(int column, char **at, const char *end, struct sample *sample)
{
	if (column == COLUMN_TIME)
		return fast_time(at, end, &sample->time);
	if (column < 0 || !fast_counter(at, end, &sample->value[column]))
		return false;
	sample->present |= 1u << column;
	return true;
}

/* False, with a complaint, when the row is broken. Behind its end is a line feed or a
 * carriage return: the fast readers stop there. */
static bool read_row(struct csv_reader *r, char *line, size_t length,
		     struct sample *sample)
{
	char *end = line + length, *at = line, *cell;
	size_t cell_length;
	unsigned count = 0;

	sample->present = 0;
	for (; at && count < r->column_count; count++) {
		if (fast_cell(r->columns[count], &at, end, sample)) {
			at = at < end ? at + 1 : NULL;
			continue;
		}
		if (!cell_cut(&at, end, &cell, &cell_length)) {
			complain_of_line(r, "a quote does not close");
			return false;
		}
		if (!slow_cell(r, r->columns[count], cell, cell_length, sample))
			return false;
	}
	if (at || count < r->column_count) {
		complain_of_line(r, "%s cells than the header's %u",
				 at ? "more" : "fewer", r->column_count);
		return false;
	}
	return true;
}

static bool is_blank_or_comment(const char *line, size_t length)
{
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	return length == 0 || *line == '#';
}

/* Whether a trace begins anew here: one of the cells is "time". */
static bool is_header(const char *line, size_t length)
{
	const char *at = line, *end = line + length;

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *cell_end = comma ? comma : end;

		if (cell_end > at && *at == '"' && cell_end[-1] == '"') {
			at++;
			cell_end--;
		}
		if (cell_end > at && is_time(at, (size_t)(cell_end - at)))
			return true;
		at = comma ? comma + 1 : end;
	}
	return false;
}

/* Past the first hundred rows at any row, before that at the end. */
static int judge(const struct csv_reader *r, struct error *err)
{
	if (r->broken * 2 <= r->rows)
		return 0;
	fail(err, "%llu of %llu lines are broken", (unsigned long long)r->broken,
	     (unsigned long long)r->rows);
	return TRACE_NONE;
}

static int at_end(const struct csv_reader *r, struct error *err)
{
	if (r->has_header)
		return judge(r, err);
	fail(err, "there is no header with a column \"time\"");
	return TRACE_NONE;
}

/* One line: 1 when it was a sample, 0 when not, TRACE_NONE. */
static int take_line(struct csv_reader *r, char *line, size_t length,
		     struct sample *sample, struct error *err)
{
	bool is_row = is_digit(line[0]);

	if (!is_row && is_blank_or_comment(line, length))
		return 0;
	if (!r->has_header || (!is_row && is_header(line, length))) {
		struct header h;

		if (read_header(&h, line, length, err) < 0)
			return TRACE_NONE;
		take_header(r, &h);
		return 0;
	}
	r->rows++;
	if (read_row(r, line, length, sample))
		return 1;
	return r->rows >= TRACE_LINES_JUDGED ? judge(r, err) : 0;
}

int csv_next(struct csv_reader *r, struct sample *sample, struct error *err)
{
	char *line;
	size_t length;

	for (;;) {
		enum input_result got = input_line(r->in, &line, &length, err);

		if (got == INPUT_FAILED)
			return TRACE_FAILED;
		if (got == INPUT_END)
			return at_end(r, err);
		if (got == INPUT_TOO_LONG || length > TRACE_LINE_MAX) {
			r->rows++;
			complain_of_line(r, "longer than %d bytes", TRACE_LINE_MAX);
			if (r->rows >= TRACE_LINES_JUDGED && judge(r, err) < 0)
				return TRACE_NONE;
			continue;
		}
		int taken = take_line(r, line, length, sample, err);
		if (taken != 0)
			return taken;
	}
}
