/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c - reads a trace from CSV: the header, the rows, and the handling of broken
 * lines. */
#include "csv.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"

#define SAFE_DIGITS 19 /* any integer of that length is below 2^64 */
#define TIME_DIGITS 15 /* such a number and its power of ten are exact doubles */

void csv_begin(struct csv_reader *r, struct input *in, struct notes *notes)
{
	*r = (struct csv_reader){.in = in, .notes = notes, .point = '.'};
}

static void complain_of_line(struct csv_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Counts a broken row, and reports the first few. */
static void complain_of_line(struct csv_reader *r, const char *format, ...)
{
	char reason[ERROR_TEXT_MAX], line[ERROR_TEXT_MAX * 2];
	va_list args;

	if (++r->broken > TRACE_COMPLAINTS)
		return;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "%s:%llu: %s; the line is skipped%s",
		 r->notes->name, (unsigned long long)r->in->line, reason,
		 r->broken == TRACE_COMPLAINTS ? ", as are further ones, silently"
					       : "");
	r->notes->complain(r->notes->context, line);
}

/* Marks functions that rows in the usual form do not reach; they are optimized for
 * size. */
#define COLD __attribute__((cold, noinline))

COLD static int take_header(struct csv_reader *r, char *line, size_t length,
			    struct error *err)
{
	if (csv_header_read(&r->header, r->map, line, length, err) < 0)
		return TRACE_INVALID;
	r->has_header = true;
	r->form = TIME_NONE;
	r->point = r->header.separator == ',' ? '.' : ',';
	if (r->header.ignored_length > 0)
		notes_say(r->notes, "columns that are not signals are ignored: %s",
			  r->header.ignored);
	return 0;
}

/* Sets the form of all times from the first row's time. */
static void choose_form(struct csv_reader *r, enum time_form form)
{
	r->form = form;
	if (form == TIME_LOCAL)
		notes_say(r->notes, "times without a zone are taken as UTC");
	else if (form != TIME_SECONDS && form != TIME_CALENDAR)
		notes_say(r->notes, "times are in %s: converted", time_form_name(form));
}

COLD static bool take_time(struct csv_reader *r, const char *field, size_t length,
			   double *seconds)
{
	enum time_form form = TIME_NONE;

	if (field_time(field, length, r->point, &form, seconds) != FIELD_VALUE) {
		complain_of_line(
		    r,
		    "invalid value \"%s\" for time: expected Unix seconds or ISO 8601, "
		    "such as 2026-01-31T23:59:59Z",
		    field_shown(field, length));
		return false;
	}
	if (r->form == TIME_NONE)
		choose_form(r, form);
	/* Times with and without a zone may be mixed: both are calendar times. */
	if (form == r->form || (form >= TIME_CALENDAR && r->form >= TIME_CALENDAR))
		return true;
	complain_of_line(r, "invalid value \"%s\" for time: expected %s, as before",
			 field_shown(field, length), time_form_name(r->form));
	return false;
}

/* Reads an unusual field. Returns false, with a complaint, when it breaks the row. */
COLD static bool slow_field(struct csv_reader *r, int column, const char *field,
			    size_t length, struct sample *sample)
{
	uint64_t value;
	enum field_kind kind;

	if (column == COLUMN_IGNORED)
		return true;
	if (column == COLUMN_TIME)
		return take_time(r, field, length, &sample->time);
	kind = field_counter(field, length, r->point, &value);
	if (kind == FIELD_VALUE)
		sample_set(sample, (enum signal)column, value);
	if (kind == FIELD_BAD)
		complain_of_line(r, "invalid value \"%s\" for %s: expected a counter",
				 field_shown(field, length),
				 signal_name((enum signal)column));
	return kind != FIELD_BAD;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads eight digits at once into *number, if there are eight at p: adjacent digits are
 * combined to two, four and eight by multiplication. The input has spare bytes behind
 * its end. (Daniel Lemire, "Quickly parsing eight digits", 2018.) */
static bool eight_digits(const char *p, uint64_t *number)
{
	uint64_t bytes;

	memcpy(&bytes, p, sizeof(bytes));
	bytes = le64toh(bytes);
	if (((bytes & 0xF0F0F0F0F0F0F0F0) |
	     (((bytes + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) !=
	    0x3333333333333333)
		return false;
	bytes = (bytes & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8;
	bytes = (bytes & 0x00FF00FF00FF00FF) * 6553601 >> 16;
	bytes = (bytes & 0x0000FFFF0000FFFF) * 42949672960001 >> 32;
	*number = *number * 100000000 + bytes;
	return true;
}

/* Reads a time such as 1767225600 or 1767225600.25 at *at, with the same exact result
 * as strtod. Returns false for anything else and leaves *at unchanged. */
static bool fast_time(char **at, const char *end, char separator, double *seconds)
{
	static const double powers[] = {1,   1e1, 1e2, 1e3, 1e4, 1e5,
					1e6, 1e7, 1e8, 1e9, 1e10};
	uint64_t digits = 0;
	char *p = *at, *dot = NULL;

	if (eight_digits(p, &digits))
		p += 8;
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
	    digits == 0 || (*p != separator && p != end))
		return false;
	*seconds = (double)digits / powers[decimals];
	*at = p;
	return true;
}

/* Reads an integer at *at; as fast_time(). */
static bool fast_counter(char **at, const char *end, char separator, uint64_t *value)
{
	uint64_t number = 0;
	char *p = *at;

	if (eight_digits(p, &number))
		p += 8;
	for (; is_digit(*p); p++)
		number = number * 10 + (unsigned)(*p - '0');
	size_t digits = (size_t)(p - *at);
	if (digits == 0 || digits > SAFE_DIGITS || (*p != separator && p != end))
		return false;
	*value = number;
	*at = p;
	return true;
}

static bool fast_field(const struct csv_reader *r, int column, char **at,
		       const char *end, struct sample *sample)
{
	const char separator = r->header.separator;

	if (column == COLUMN_TIME)
		return r->form == TIME_SECONDS &&
		       fast_time(at, end, separator, &sample->time);
	if (column < 0 || !fast_counter(at, end, separator, &sample->value[column]))
		return false;
	sample->present |= 1u << column;
	return true;
}

/* Returns false, with a complaint, when the row is broken. A line feed or a carriage
 * return follows the row: the fast readers stop there. */
static bool read_row(struct csv_reader *r, char *line, size_t length,
		     struct sample *sample)
{
	char *end = line + length, *at = line, *field;
	size_t field_length;
	unsigned count = 0;

	sample->present = 0;
	for (; at && count < r->header.count; count++) {
		if (fast_field(r, r->header.columns[count], &at, end, sample)) {
			at = at < end ? at + 1 : NULL;
			continue;
		}
		if (!field_cut(&at, end, r->header.separator, &field, &field_length)) {
			complain_of_line(r, "a quote does not close");
			return false;
		}
		if (!slow_field(r, r->header.columns[count], field, field_length,
				sample))
			return false;
	}
	if (at || count < r->header.count) {
		complain_of_line(r, "%s fields than the header's %u",
				 at ? "more" : "fewer", r->header.count);
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

/* Concatenated files have a byte order mark at each beginning. */
static void skip_byte_order_mark(char **line, size_t *length)
{
	if (*length < 3 || memcmp(*line, "\xEF\xBB\xBF", 3) != 0)
		return;
	*line += 3;
	*length -= 3;
}

/* Rejects the input when more than half of the rows are broken. Called for each broken
 * row after the first hundred rows, and at the end. */
COLD static int judge(const struct csv_reader *r, struct error *err)
{
	if (r->broken * 2 <= r->rows)
		return 0;
	fail(err, "%llu of %llu lines are malformed", (unsigned long long)r->broken,
	     (unsigned long long)r->rows);
	return TRACE_INVALID;
}

COLD static int at_end(const struct csv_reader *r, struct error *err)
{
	if (r->has_header && r->rows > 0)
		return judge(r, err);
	if (r->has_header)
		fail(err, "there is a header, but no row");
	else
		fail(err, "there is no header with a column \"time\"");
	return TRACE_INVALID;
}

/* Handles one line: 1 for a sample, 0 for any other line, TRACE_INVALID. */
static int take_line(struct csv_reader *r, char *line, size_t length,
		     struct sample *sample, struct error *err)
{
	bool is_row = is_digit(line[0]) || (line[0] == '"' && is_digit(line[1]));

	if (!is_row) {
		skip_byte_order_mark(&line, &length);
		if (is_blank_or_comment(line, length) ||
		    csv_header_is_hint(line, length))
			return 0;
	}
	if (!r->has_header || (!is_row && csv_header_again(r->map, line, length)))
		return take_header(r, line, length, err);
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
				return TRACE_INVALID;
			continue;
		}
		int taken = take_line(r, line, length, sample, err);
		if (taken != 0)
			return taken;
	}
}
