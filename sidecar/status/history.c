/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - `dormouse history`: what each signal did, drawn in a line each. */
#include <math.h>

#include "ask.h"
#include "base/text.h"
#include "dormouse/history.h"
#include "status.h"
#include "status_cells.h"

#define NAME_WIDTH   22 /* "tcp_initiated_tx_bytes" */
#define LINE_COLUMNS 46

/* Amounts are rounded up: an eighth of the greatest must not become two. */
#define ROUNDED 0.05

#define MINUTE_S 60.0

/* A step so long that the line has room for all of them, and that the monitor can
 * tell. */
static double step_minutes(double since_s)
{
	const double unit = since_s > MINUTE_S * HISTORY_MINUTES ? HISTORY_QUARTER : 1;

	return unit * ceil(since_s / MINUTE_S / (LINE_COLUMNS - 1) / unit);
}

static cJSON *ask_history(struct ask *a, struct error *err)
{
	char path[96];

	snprintf(path, sizeof(path), "/history?since=%.0fs&step=%.0fm", a->since_s,
		 step_minutes(a->since_s));
	cJSON *answer = ask_fetch(a, path, err);
	if (!answer || cJSON_IsArray(status_member(answer, "signals")))
		return answer;
	fail(err, "unexpected answer from /history: expected signals");
	cJSON_Delete(answer);
	return NULL;
}

static double greatest(const cJSON *values)
{
	const cJSON *value;
	double most = 0;

	cJSON_ArrayForEach(value, values) most =
	    fmax(most, cJSON_GetNumberValue(value));
	return most;
}

/* Draws the values: eight heights up to the greatest, a blank for nothing, a dot for a
 * gap. */
static void draw(const cJSON *values, double most, FILE *out)
{
	static const char *const heights[] = {" ", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█"};
	const cJSON *value;
	int columns = 0;

	cJSON_ArrayForEach(value, values)
	{
		const double v = cJSON_GetNumberValue(value);
		if (columns++ == LINE_COLUMNS)
			break;
		fputs(v >= 0 ? heights[(int)ceil(fmin(v / most, 1) * 8 - ROUNDED)]
			     : "·",
		      out);
	}
	fprintf(out, "%*s", columns < LINE_COLUMNS ? LINE_COLUMNS - columns : 0, "");
}

/* Prints a line for the signal. Returns false if there was nothing of it. */
static bool put_signal(const cJSON *signal, FILE *out)
{
	const cJSON *peaks = status_member(signal, "peak");
	const double most = greatest(peaks);
	char unit[FORMAT_MAX], cell[FORMAT_MAX];

	if (!(most > 0))
		return false;
	status_cell(out, status_string(signal, "signal"), NAME_WIDTH);
	fputc(' ', out);
	draw(peaks, most, out);
	snprintf(unit, sizeof(unit), "%.16s%s", status_string(signal, "unit"),
		 cJSON_IsTrue(status_member(signal, "rate")) ? "/s" : "");
	format_quantity(cell, most, unit);
	fprintf(out, " %10.10s\n", cell);
	return true;
}

static void put_history(const cJSON *answer, FILE *out)
{
	const double step_s = status_number(answer, "step");
	char moment[FORMAT_MAX], step[FORMAT_MAX];
	const cJSON *signal;
	bool any = false;

	fprintf(out, "since %s, %s a column; the greatest minute of each\n",
		status_moment(moment, status_string(answer, "since")),
		format_duration(step, step_s));
	cJSON_ArrayForEach(signal, status_member(answer, "signals")) any |=
	    put_signal(signal, out);
	fputs(
	    any ? "· is a time without a monitor; on the right is the greatest of all\n"
		: "No traffic was noted.\n",
	    out);
}

int history_main(int argc, char **argv)
{
	static const struct ask_command command = {
	    .name = "history",
	    .help = "draws what each signal did, as its monitor noted it",
	    .ask = ask_history,
	    .print = put_history,
	    .since_max_s = MINUTE_S * HISTORY_QUARTER * HISTORY_QUARTERS,
	};

	return ask_main(&command, argc, argv);
}
