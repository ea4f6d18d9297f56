/* SPDX-License-Identifier: Apache-2.0 */
/* history_query.c - reads the query of /history. */
#include "history_query.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "dormouse/history.h"

#define DAY_MINUTES   HISTORY_MINUTES
#define SINCE_MINUTES ((double)HISTORY_QUARTERS * HISTORY_QUARTER)

enum argument { SIGNAL_NAME, SINCE, STEP, FORMAT, ARGUMENTS };

static const char *const names[ARGUMENTS] = {"signal", "since", "step", "format"};

struct arguments {
	const char *value[ARGUMENTS]; /* NULL: not given */
	struct error *err;
	int result;
};

static enum MHD_Result take(void *context, enum MHD_ValueKind kind, const char *name,
			    size_t name_length, const char *value, size_t length)
{
	struct arguments *a = context;
	size_t i = 0;

	(void)kind;
	(void)name_length;
	while (i < ARGUMENTS && strcmp(name, names[i]) != 0)
		i++;
	if (i == ARGUMENTS)
		a->result = fail(a->err,
				 "unknown parameter \"%.80s\": expected signal, "
				 "since, step or format",
				 name);
	else if (a->value[i])
		a->result = fail(a->err, "%s is given twice", names[i]);
	else if (!value || strlen(value) != length)
		a->result = fail(a->err, "missing value for %s", names[i]);
	else
		a->value[i] = value;
	return a->result < 0 ? MHD_NO : MHD_YES;
}

static int refuse(const struct arguments *a, enum argument which, const char *expected)
{
	return fail(a->err, "invalid value \"%.80s\" for %s: expected %s",
		    a->value[which], names[which], expected);
}

/* A duration in minutes; `usual` if it is not given; NAN if it is none. */
static double minutes_of(const struct arguments *a, enum argument which, double usual)
{
	double seconds;

	if (!a->value[which])
		return usual;
	return parse_duration(a->value[which], &seconds) < 0 ? NAN : seconds / 60;
}

static int read_signals(const struct arguments *a, struct history_query *q)
{
	const char *name = a->value[SIGNAL_NAME];
	const int signal = name ? signal_by_name(name) : 0;

	if (signal < 0)
		return refuse(a, SIGNAL_NAME, "a signal, such as tx_bytes");
	q->signals = name ? 1u << signal : (1u << SIGNAL_COUNT) - 1;
	return 0;
}

static int read_times(const struct arguments *a, int64_t now, struct history_query *q)
{
	const double since = minutes_of(a, SINCE, DAY_MINUTES);
	const bool long_ago = since > DAY_MINUTES;
	const unsigned unit = long_ago ? HISTORY_QUARTER : 1;
	const double step = minutes_of(a, STEP, unit);

	if (!(since >= 1 && since <= SINCE_MINUTES))
		return refuse(a, SINCE, "a duration of 1m to 14d, such as 6h");
	if (!(step >= unit && step <= DAY_MINUTES) || fmod(step, unit) != 0)
		return refuse(a, STEP,
			      long_ago ? "a multiple of 15m of at most 1d, because "
					 "since is longer than 1d"
				       : "a multiple of 1m of at most 1d");
	q->step = (unsigned)step;
	q->first = now - (int64_t)since;
	q->first -= q->first % q->step;
	if (q->first < 0)
		q->first = 0;
	q->count = (unsigned)(now / q->step - q->first / q->step + 1);
	return 0;
}

static int read_format(const struct arguments *a, struct history_query *q)
{
	const char *format = a->value[FORMAT];

	q->csv = format && strcmp(format, "csv") == 0;
	if (format && !q->csv && strcmp(format, "json") != 0)
		return refuse(a, FORMAT, "json or csv");
	return 0;
}

int history_query_read(struct MHD_Connection *c, int64_t now, struct history_query *q,
		       struct error *err)
{
	struct arguments a = {.err = err};

	MHD_get_connection_values_n(c, MHD_GET_ARGUMENT_KIND, take, &a);
	if (a.result < 0 || read_signals(&a, q) < 0 || read_times(&a, now, q) < 0)
		return -1;
	return read_format(&a, q);
}
