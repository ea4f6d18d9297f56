/* SPDX-License-Identifier: Apache-2.0 */
/* status_table.c - prints the pod, its signals against their baseline, and its alerts.
 */
#include "status_table.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "dormouse/sample.h"
#include "status_cells.h"

#define TITLE_WIDTH  27 /* "sent on its own connections" */
#define NAME_WIDTH   22 /* "tcp_initiated_tx_bytes" */
#define FIGURE_WIDTH 9  /* "99.9 MB/s" */
#define LINE_MAX     2048

static void put_since(struct text *line, const char *text)
{
	time_t since = status_time(text);
	char when[FORMAT_MAX], age[FORMAT_MAX];

	if (since >= 0)
		text_printf(line, " since %s (%s)", status_moment(when, text),
			    format_duration(age, difftime(time(NULL), since)));
}

static void put_name(const cJSON *pod, FILE *out)
{
	char words[LINE_MAX];
	struct text line = text_over(words, sizeof(words));

	if (status_member(pod, "name"))
		text_printf(&line, "%s/%s", status_string(pod, "namespace"),
			    status_string(pod, "name"));
	else
		text_put(&line, "unnamed (no POD_NAME)");
	if (status_member(pod, "workload"))
		text_printf(&line, ", %s", status_string(pod, "workload"));
	if (status_member(pod, "node"))
		text_printf(&line, ", on %s", status_string(pod, "node"));
	status_put(out, "Pod", words);
}

static void put_state(const cJSON *status, FILE *out)
{
	char words[LINE_MAX];
	struct text line = text_over(words, sizeof(words));
	const char *state = status_string(status, "state");

	text_put(&line, state);
	put_since(&line, status_string(status, "stateSince"));
	if (strcmp(state, "learning") == 0)
		text_put(&line, "; until enough is learnt, only absolute limits apply");
	status_put(out, "State", words);
}

/* Prints how many interfaces are watched: a monitor that watches none reports itself
 * healthy but sees no traffic. */
static void put_watched(const cJSON *status, FILE *out)
{
	double matched = status_number(status, "interfacesMatched");
	char words[LINE_MAX];

	if (!(matched >= 0)) /* an older monitor does not report it */
		return;
	if (matched == 0)
		snprintf(words, sizeof(words),
			 "%sNOTHING%s: no interface matches --interfaces",
			 status_bold(out, true), status_bold(out, false));
	else
		snprintf(words, sizeof(words), "%.15g interface%s", matched,
			 matched == 1 ? "" : "s");
	status_put(out, "Watched", words);
}

static void put_learnt(const cJSON *status, FILE *out)
{
	char words[LINE_MAX];
	struct text line = text_over(words, sizeof(words));
	const cJSON *learnt = status_member(status, "learnt");
	double samples = status_number(learnt, "samples");
	double interval_s = status_number(status, "interval");

	text_printf(&line, "%.15g intervals", isfinite(samples) ? samples : 0);
	if (isfinite(interval_s))
		text_printf(&line, " of %g s", interval_s);
	put_since(&line, status_string(learnt, "since"));
	status_put(out, "Learnt", words);
}

static void put_figure(const cJSON *signal, const char *column, FILE *out)
{
	char cell[FORMAT_MAX];

	format_quantity(cell, status_number(signal, column),
			status_string(signal, "unit"));
	fprintf(out, "%*.*s", FIGURE_WIDTH, FIGURE_WIDTH, cell);
}

/* Prints a signal; a '>' marks a value above its threshold. */
static void put_signal(const cJSON *signal, FILE *out)
{
	const char *name = status_string(signal, "signal");
	int known = signal_by_name(name);
	bool loud = status_number(signal, "value") > status_number(signal, "threshold");

	status_cell(out, known < 0 ? "-" : signal_words((enum signal)known)->title,
		    TITLE_WIDTH);
	fputc(' ', out);
	status_cell(out, name, NAME_WIDTH);
	fprintf(out, " %s", loud ? status_bold(out, true) : "");
	put_figure(signal, "value", out);
	fprintf(out, "%s%s", loud ? ">" : " ", loud ? status_bold(out, false) : "");
	put_figure(signal, "threshold", out);
	fputc(' ', out);
	put_figure(signal, "p99", out);
	fputc('\n', out);
}

void status_table(const cJSON *status, FILE *out)
{
	const cJSON *signal;

	put_name(status_member(status, "pod"), out);
	put_state(status, out);
	put_watched(status, out);
	put_learnt(status, out);
	fprintf(out, "\n%-*s %-*s %*s %*s %*s\n", TITLE_WIDTH, "SIGNAL", NAME_WIDTH,
		"FIELD", FIGURE_WIDTH, "NOW", FIGURE_WIDTH, "THRESHOLD", FIGURE_WIDTH,
		"P99");
	cJSON_ArrayForEach(signal, status_member(status, "signals"))
	    put_signal(signal, out);
	status_alerts(status, out);
}
