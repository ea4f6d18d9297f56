/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - what learning found, for people and as JSON, on standard output. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/units.h"

#define DAY_S       86400.0
#define GROWTH      1.1   /* a window that grew by less is the same */
#define CHANGES_MAX 3     /* that a row names */
#define RECORD_MAX  16384 /* bytes of an evaluation as JSON */

static const char *const size_names[THEFT_SIZES] = {"1 MB/s", "50 kB/s", "1 kB/s"};

static double days_of(double seconds)
{
	return seconds / DAY_S;
}

static void put(const struct text *t)
{
	output_put(t->data, t->length);
}

/* --- what changes ----------------------------------------------------------------- */

/* A window whose greatest amount changed. */
struct change {
	unsigned series, window;
	double was, is;
};

static double ratio_of(const struct change *c)
{
	return c->was > 0 ? c->is / c->was : INFINITY;
}

static double extent_of(const struct change *c)
{
	const double ratio = ratio_of(c);

	return ratio >= 1 ? ratio : 1 / fmax(ratio, 1e-9);
}

/* Keeps the most changed, most first. */
static void keep_change(struct change *kept, unsigned *count, struct change one)
{
	unsigned at = *count;

	while (at > 0 && extent_of(&kept[at - 1]) < extent_of(&one))
		at--;
	if (at == CHANGES_MAX)
		return;
	if (*count < CHANGES_MAX)
		(*count)++;
	for (unsigned i = *count - 1; i > at; i--)
		kept[i] = kept[i - 1];
	kept[at] = one;
}

/* Each series counts once, by its most changed window. */
static void compare_series(const struct past *old, const struct past *new,
			   unsigned series, struct change *kept, unsigned *count)
{
	struct change most = {.series = series};
	double extent = GROWTH;

	for (unsigned w = 0; w < PAST_WINDOWS; w++) {
		const struct change one = {series, w, old->series[series].greatest[w],
					   new->series[series].greatest[w]};
		if ((one.was <= 0 && one.is <= 0) || extent_of(&one) <= extent)
			continue;
		extent = extent_of(&one);
		most = one;
	}
	if (extent > GROWTH)
		keep_change(kept, count, most);
}

static const char *unit_of(unsigned series)
{
	return series < SIGNAL_COUNT ? signal_unit((enum signal)series) : "bytes";
}

static void put_changes(const struct past *old, const struct past *new, struct text *t)
{
	struct change kept[CHANGES_MAX];
	char was[FORMAT_MAX], is[FORMAT_MAX];
	unsigned count = 0;

	for (unsigned s = 0; s < PAST_SERIES; s++)
		compare_series(old, new, s, kept, &count);
	text_put(t, count > 0 ? "changes: " : "changes little");
	for (unsigned i = 0; i < count; i++)
		text_printf(t, "%s%s %s %s -> %s", i > 0 ? ", " : "",
			    past_series_name(kept[i].series),
			    past_window_name(kept[i].window),
			    format_quantity(was, kept[i].was, unit_of(kept[i].series)),
			    format_quantity(is, kept[i].is, unit_of(kept[i].series)));
}

static void put_difference(const char *old, const char *new, struct text *t)
{
	struct baseline_document o, n;
	struct error unread;

	if (baseline_document_read(&o, old, strlen(old), &unread) < 0) {
		text_put(t, "replaces what cannot be read");
		return;
	}
	if (baseline_document_read(&n, new, strlen(new), &unread) == 0) {
		put_changes(&o.past, &n.past, t);
		baseline_document_end(&n);
	}
	baseline_document_end(&o);
}

/* --- rows ------------------------------------------------------------------------- */

void report_head(void)
{
	char line[256];
	struct text t = text_over(line, sizeof(line));

	text_printf(&t, "%-40s %5s %8s %6s  %s\n", "WORKLOAD", "PODS", "DAYS", "ALERTS",
		    "BASELINE");
	put(&t);
}

static void put_row(const struct workload *w, struct text *t)
{
	char name[sizeof(w->owner.workload) + 64];

	snprintf(name, sizeof(name), "%s/%s", w->namespace, w->owner.workload);
	text_printf(t, "%-40s %5u %8.1f %6u  ", name, w->pods, days_of(w->watched_s),
		    w->alerts);
}

void report_row(const struct workload *w, enum config_map_change change,
		const char *old)
{
	char line[1024];
	struct text t = text_over(line, sizeof(line) - 1);

	put_row(w, &t);
	if (change == CHANGE_OTHER)
		put_difference(old, w->document, &t);
	else
		text_put(&t, change == CHANGE_NEW ? "new" : "same");
	line[t.length++] = '\n';
	put(&t);
}

void report_row_alone(const struct workload *w)
{
	char line[1024];
	struct text t = text_over(line, sizeof(line));

	put_row(w, &t);
	text_printf(&t, "%zu bytes\n", strlen(w->document));
	put(&t);
}

void report_unlearnt(const struct learning *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct workload *w = &l->at[i];

		if (w->all_pods > WORKLOAD_PODS_MAX)
			fprintf(stderr,
				"dormouse-injector: %s/%s: %d of %zu pods were "
				"played\n",
				w->namespace, w->owner.workload, WORKLOAD_PODS_MAX,
				w->all_pods);
		if (w->evaluation ? w->pods == 0 : !w->document)
			fprintf(stderr,
				"dormouse-injector: %s/%s: nothing was learnt; pods: "
				"%u, without traffic: %u, refused: %u\n",
				w->namespace, w->owner.workload,
				w->pods + w->without + w->refused, w->without,
				w->refused);
		else if (!w->owner.key[0])
			fprintf(stderr,
				"dormouse-injector: %s/%s: its name is too long for a "
				"key: left out\n",
				w->namespace, w->owner.workload);
	}
}

/* --- evaluations ------------------------------------------------------------------ */

static double by_day(const struct evaluation *e)
{
	return e->watched_s > 0 ? (double)e->alerts / days_of(e->watched_s) : 0;
}

static void put_score(const struct theft_score *score, struct text *t)
{
	char delay[FORMAT_MAX] = "-", cell[FORMAT_MAX];

	if (score->thefts == 0) {
		text_printf(t, " %9s %7s", "-", "-");
		return;
	}
	if (score->found > 0)
		format_duration(delay, evaluation_delay(score));
	snprintf(cell, sizeof(cell), "%u/%u", score->found, score->thefts);
	text_printf(t, " %9s %7s", cell, delay);
}

static void put_evaluation(const char *name, const struct evaluation *e, struct text *t)
{
	text_printf(t, "%-40s %5u %8.1f %6u %8.3f", name, e->pods,
		    days_of(e->watched_s), e->alerts, by_day(e));
	for (int i = 0; i < THEFT_SIZES; i++)
		put_score(&e->score[i], t);
	text_put(t, "\n");
}

static void print_alerts(const struct evaluation *e)
{
	for (unsigned i = 0; i < e->shown_count; i++) {
		const struct shown_alert *shown = &e->shown[i];
		char line[1024];
		struct text t = text_over(line, sizeof(line));

		text_put(&t, "  ");
		text_time(&t, shown->raised);
		text_printf(&t, " %s %s %s: %s\n", alert_severity(shown->risk),
			    alert_kind_name(shown->kind), shown->pod, shown->summary);
		put(&t);
	}
	if (e->alerts > e->shown_count) {
		char line[64];
		struct text t = text_over(line, sizeof(line));

		text_printf(&t, "  and %u more\n", e->alerts - e->shown_count);
		put(&t);
	}
}

static void add(struct evaluation *all, const struct evaluation *e)
{
	all->pods += e->pods;
	all->alerts += e->alerts;
	all->watched_s += e->watched_s;
	for (int i = 0; i < THEFT_SIZES; i++) {
		all->score[i].thefts += e->score[i].thefts;
		all->score[i].found += e->score[i].found;
	}
}

static void print_head(void)
{
	char line[512];
	struct text t = text_over(line, sizeof(line));

	text_printf(&t, "%-40s %5s %8s %6s %8s", "WORKLOAD", "PODS", "DAYS", "ALERTS",
		    "A DAY");
	for (int i = 0; i < THEFT_SIZES; i++)
		text_printf(&t, " %9s %7s", size_names[i], "DELAY");
	text_put(&t, "\n");
	put(&t);
}

static void print_total(const struct evaluation *all)
{
	char line[512];
	struct text t = text_over(line, sizeof(line));

	text_printf(&t, "%-40s %5u %8.1f %6u %8.3f", "all", all->pods,
		    days_of(all->watched_s), all->alerts, by_day(all));
	for (int i = 0; i < THEFT_SIZES; i++)
		text_printf(&t, " %9.3f %7s",
			    all->score[i].thefts > 0
				? (double)all->score[i].found / all->score[i].thefts
				: 0,
			    "");
	text_put(&t, "\n");
	put(&t);
}

void report_evaluations(const struct learning *l)
{
	struct evaluation all = {.pods = 0};
	char line[1024];

	print_head();
	for (size_t i = 0; i < l->count; i++) {
		const struct workload *w = &l->at[i];
		struct text t = text_over(line, sizeof(line));
		char name[sizeof(w->owner.workload) + 64];

		if (w->pods == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", w->namespace, w->owner.workload);
		put_evaluation(name, w->evaluation, &t);
		put(&t);
		print_alerts(w->evaluation);
		add(&all, w->evaluation);
	}
	print_total(&all);
}

static void put_score_json(const struct theft_score *score, int size,
			   struct json_writer *w)
{
	json_object(w, NULL);
	json_number(w, "bytesPerSecond", theft_rates[size]);
	json_number(w, "seconds", THEFT_S);
	json_unsigned(w, "thefts", score->thefts);
	json_unsigned(w, "found", score->found);
	json_number(w, "recall",
		    score->thefts > 0 ? (double)score->found / score->thefts : NAN);
	json_number(w, "medianDelaySeconds", evaluation_delay(score));
	json_end(w);
}

static void put_alert_json(const struct shown_alert *shown, struct json_writer *w)
{
	json_object(w, NULL);
	json_string(w, "pod", shown->pod);
	json_string(w, "kind", alert_kind_name(shown->kind));
	json_string(w, "severity", alert_severity(shown->risk));
	json_time(w, "startsAt", shown->raised);
	json_string(w, "summary", shown->summary);
	json_end(w);
}

static void put_evaluation_json(const struct workload *one, unsigned seed,
				struct json_writer *w)
{
	const struct evaluation *e = one->evaluation;

	json_object(w, NULL);
	json_string(w, "namespace", one->namespace);
	json_string(w, "workload", one->owner.workload);
	json_unsigned(w, "pods", e->pods);
	json_number(w, "podDays", days_of(e->watched_s));
	json_unsigned(w, "alerts", e->alerts);
	json_number(w, "alertsPerPodDay", by_day(e));
	json_unsigned(w, "seed", seed);
	json_array(w, "thefts");
	for (int i = 0; i < THEFT_SIZES; i++)
		put_score_json(&e->score[i], i, w);
	json_end(w);
	json_array(w, "firstAlerts");
	for (unsigned i = 0; i < e->shown_count; i++)
		put_alert_json(&e->shown[i], w);
	json_end(w);
	json_end(w);
	json_end_line(w);
}

int report_evaluations_json(const struct learning *l, unsigned seed, struct error *err)
{
	char *record = malloc(RECORD_MAX);
	int result = record ? 0 : fail_memory(err, "an evaluation");

	for (size_t i = 0; i < l->count && result == 0; i++) {
		struct text t = text_over(record, RECORD_MAX);
		struct json_writer w = json_writer_over(&t);

		if (l->at[i].pods == 0)
			continue;
		put_evaluation_json(&l->at[i], seed, &w);
		if (!json_is_whole(&w))
			result =
			    fail(err, "an evaluation is over %d bytes", RECORD_MAX);
		else
			put(&t);
	}
	free(record);
	return result;
}
