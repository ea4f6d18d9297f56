/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_diff.c - prints how two baseline documents differ. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "baseline_tables.h"
#include "status_cells.h"

#define TITLE_WIDTH  42 /* "sent on its own connections, steady-10m" */
#define AMOUNT_WIDTH 9
#define LINE_MAX     1024

/* Less is noise: the greatest of two pods is never the same. */
#define DIFFERS 1.1

static bool differs(double before, double after)
{
	return after > before * DIFFERS || before > after * DIFFERS;
}

static void put_amounts(const char *title, double before, double after,
			const char *unit, FILE *out)
{
	char cell[FORMAT_MAX];

	status_cell(out, title, TITLE_WIDTH);
	fprintf(out, " %*s", AMOUNT_WIDTH, format_quantity(cell, before, unit));
	fprintf(out, " %*s ", AMOUNT_WIDTH, format_quantity(cell, after, unit));
	if (before > 0 && after > 0)
		fprintf(out, " x%.*f\n", after < 10 * before ? 2 : 0, after / before);
	else
		fputs(after > 0 ? " new\n" : " gone\n", out);
}

/* Returns how many lines it printed. */
static unsigned put_series(const struct past_series *before,
			   const struct past_series *after, unsigned series, FILE *out)
{
	unsigned lines = 0;
	char title[LINE_MAX];

	for (unsigned k = 0; k < PAST_WINDOWS; k++) {
		if (!differs(before->greatest[k], after->greatest[k]))
			continue;
		snprintf(title, sizeof(title), "%s, %s", baseline_series_title(series),
			 past_window_name(k));
		put_amounts(title, before->greatest[k], after->greatest[k],
			    baseline_series_unit(series), out);
		lines++;
	}
	return lines;
}

static unsigned put_share(const struct past *before, const struct past *after,
			  FILE *out)
{
	double a = before->dormant_share, b = after->dormant_share;

	if (fabs(a - b) < DIFFERS - 1)
		return 0;
	status_cell(out, "dormant, of the time", TITLE_WIDTH);
	fprintf(out, " %*.0f%% %*.0f%%\n", AMOUNT_WIDTH - 1, 100 * a, AMOUNT_WIDTH - 1,
		100 * b);
	return 1;
}

/* --- what only one has ------------------------------------------------------------ */

static bool has_routine(const struct past *p, const struct routine_view *view)
{
	char words[LINE_MAX], other[LINE_MAX];
	struct text t = text_over(words, sizeof(words));

	routine_calendar_words(view, &t);
	for (unsigned i = 0; i < p->departure_count; i++) {
		struct text o = text_over(other, sizeof(other));
		routine_calendar_words(&p->departure[i].view, &o);
		if (p->departure[i].view.signal == view->signal &&
		    !strcmp(words, other))
			return true;
	}
	return false;
}

static unsigned put_routines(const char *label, const struct past *of,
			     const struct past *not_in, FILE *out)
{
	unsigned lines = 0;
	char words[LINE_MAX];

	for (unsigned i = 0; i < of->departure_count; i++) {
		struct text t = text_over(words, sizeof(words));
		if (has_routine(not_in, &of->departure[i].view))
			continue;
		text_put(&t, "departure ");
		routine_calendar_words(&of->departure[i].view, &t);
		status_put(out, label, words);
		lines++;
	}
	return lines;
}

static bool has_peer(const struct baseline_document *b, const struct peer_prefix *p)
{
	for (unsigned i = 0; i < b->peer_count; i++)
		if (baseline_same_peer(&b->peer[i], p))
			return true;
	return false;
}

static unsigned put_peers(const char *label, const struct baseline_document *of,
			  const struct baseline_document *not_in, FILE *out)
{
	unsigned lines = 0;
	char words[LINE_MAX];

	for (unsigned i = 0; i < of->peer_count; i++) {
		struct text t = text_over(words, sizeof(words));
		if (has_peer(not_in, &of->peer[i]))
			continue;
		text_put(&t, "peer ");
		baseline_peer_words(&of->peer[i], &t);
		status_put(out, label, words);
		lines++;
	}
	return lines;
}

void baseline_diff(const struct baseline_document *before,
		   const struct baseline_document *after, FILE *out)
{
	unsigned lines = 0;

	fprintf(out, "%-*s %*s %*s\n", TITLE_WIDTH, "GREATEST", AMOUNT_WIDTH, "BEFORE",
		AMOUNT_WIDTH, "AFTER");
	for (unsigned s = 0; s < PAST_SERIES; s++)
		lines +=
		    put_series(&before->past.series[s], &after->past.series[s], s, out);
	lines += put_share(&before->past, &after->past, out);
	lines += put_routines("New", &after->past, &before->past, out);
	lines += put_routines("Gone", &before->past, &after->past, out);
	lines += put_peers("New", after, before, out);
	lines += put_peers("Gone", before, after, out);
	if (lines == 0)
		fputs("nothing differs by more than a tenth\n", out);
}
