/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_show.c - prints a baseline document as a table. */
#include "base/sanitize.h"
#include "base/text.h"
#include "base/units.h"
#include "baseline_tables.h"
#include "collect/flow_words.h"
#include "status_cells.h"

#define TITLE_WIDTH  27 /* "sent on its own connections" */
#define AMOUNT_WIDTH 8  /* "99.9 MB" */
#define RATE_WIDTH   9  /* "99.9 MB/s" */
#define LINE_MAX     1024

/* The windows that are shown; the others are in the document. */
static const unsigned shown[] = {0, 1, 3, 4};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

enum { P99 = 2 };

const char *baseline_series_title(unsigned series)
{
	return series < SIGNAL_COUNT ? signal_words((enum signal)series)->title
				     : past_series_name(series);
}

const char *baseline_series_unit(unsigned series)
{
	if (series < SIGNAL_COUNT)
		return signal_unit((enum signal)series);
	return series == SIGNAL_COUNT ? "bytes" : "";
}

void baseline_peer_words(const struct peer_prefix *p, struct text *t)
{
	flow_put_prefix(t, p);
	text_printf(t, " port %u/%s", p->port, flow_protocol_name(p->protocol));
}

static void put_whose(const struct baseline_document *b, FILE *out)
{
	char words[LINE_MAX], name[BASELINE_NAME_MAX];
	struct text t = text_over(words, sizeof(words));

	text_put(&t, b->workload[0] ? sanitize(name, sizeof(name), b->workload)
				    : "unknown");
	if (b->cluster[0])
		text_printf(&t, ", cluster %s",
			    sanitize(name, sizeof(name), b->cluster));
	status_put(out, "Workload", words);
}

static void put_watched(const struct past *p, FILE *out)
{
	char words[LINE_MAX], all[FORMAT_MAX], longest[FORMAT_MAX];
	struct text t = text_over(words, sizeof(words));

	text_printf(&t, "%u pod%s, %s in all, the longest %s, from ", p->pods,
		    p->pods == 1 ? "" : "s", format_duration(all, p->watched_s),
		    format_duration(longest, p->longest_s));
	text_time(&t, p->since);
	text_put(&t, " to ");
	text_time(&t, p->until);
	if (p->judged_s > 0)
		text_printf(&t, "; dormant %.0f%% of the time", 100 * p->dormant_share);
	status_put(out, "Watched", words);
}

static void put_series(const struct past_series *p, unsigned series, FILE *out)
{
	char cell[FORMAT_MAX], unit[32];

	if (!(p->watched_s > 0))
		return;
	status_cell(out, baseline_series_title(series), TITLE_WIDTH);
	snprintf(unit, sizeof(unit), "%s%s", baseline_series_unit(series),
		 series < SIGNAL_COUNT && signal_is_gauge((enum signal)series) ? ""
									       : "/s");
	fprintf(out, " %*s", RATE_WIDTH,
		p->intervals > 0 ? format_quantity(cell, p->quantile[P99], unit) : "-");
	for (unsigned i = 0; i < SHOWN; i++)
		fprintf(out, "  %*s", AMOUNT_WIDTH,
			format_quantity(cell, p->greatest[shown[i]],
					baseline_series_unit(series)));
	fputc('\n', out);
}

static void put_routine(const struct routine_view *view, FILE *out)
{
	char words[LINE_MAX], typical[FORMAT_MAX], most[FORMAT_MAX];
	struct text t = text_over(words, sizeof(words));

	routine_calendar_words(view, &t);
	text_printf(&t, ": %s %s, at most %s, %u times",
		    baseline_series_title(view->signal),
		    format_quantity(typical, view->typical_bytes, "bytes"),
		    format_quantity(most, view->most_bytes, "bytes"), view->times);
	status_put(out, view->number > 0 ? "Expected" : "Seen", words);
}

static void put_peer(const struct peer_prefix *p, FILE *out)
{
	char words[LINE_MAX], bytes[FORMAT_MAX];
	struct text t = text_over(words, sizeof(words));

	baseline_peer_words(p, &t);
	text_printf(&t, ": %s, %llu connections",
		    format_quantity(bytes, (double)p->bytes, "bytes"),
		    (unsigned long long)p->connections);
	status_put(out, "Peer", words);
}

void baseline_show(const struct baseline_document *b, FILE *out)
{
	const struct past *p = &b->past;

	put_whose(b, out);
	put_watched(p, out);
	fprintf(out, "\n%-*s %*s", TITLE_WIDTH, "SIGNAL", RATE_WIDTH, "P99");
	for (unsigned i = 0; i < SHOWN; i++)
		fprintf(out, "  in %*s", AMOUNT_WIDTH - 3, past_window_name(shown[i]));
	fputc('\n', out);
	for (unsigned s = 0; s < PAST_SERIES; s++)
		put_series(&p->series[s], s, out);
	if (p->departure_count + b->peer_count > 0)
		fputc('\n', out);
	for (unsigned i = 0; i < p->departure_count; i++)
		put_routine(&p->departure[i].view, out);
	for (unsigned i = 0; i < b->peer_count; i++)
		put_peer(&b->peer[i], out);
}
