/* SPDX-License-Identifier: Apache-2.0 */
/* judged_csv.c - writes the values, thresholds and states of each sample as CSV. */
#include "judged_csv.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define ROW_MAX 4096

void judged_csv_header(FILE *out)
{
	fputs("time,trace,state,alerts", out);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const char *name = signal_name((enum signal)i);
		fprintf(out, ",%s_value,%s_threshold,%s_state", name, name, name);
	}
	fputs("\n", out);
}

/* Quotes the name if necessary and replaces line ends, which would end the row. */
static void put_name(struct text *t, const char *name)
{
	const bool quote = strpbrk(name, ",\"\r\n") != NULL;

	text_put(t, quote ? "\"" : "");
	for (; *name; name++) {
		const bool blank = (unsigned char)*name < ' ';
		text_put(t, *name == '"' ? "\"" : "");
		text_put_bytes(t, blank ? " " : name, 1);
	}
	text_put(t, quote ? "\"" : "");
}

/* Writes the kinds that fire, separated by blanks; returns the bits of their signals.
 */
static uint32_t put_alerts(struct text *t, const struct alert_store *store)
{
	const struct alert *alert;
	uint32_t signals = 0;

	if (!alert_store_any_firing(store))
		return 0;
	for (size_t i = 0; (alert = alert_store_at(store, i)); i++) {
		if (alert->ends_at > 0)
			continue;
		text_put(t, signals ? " " : "");
		text_put(t, alert_kind_name(alert->verdict.kind));
		signals |= 1u << alert->verdict.signal;
	}
	return signals;
}

static void put_figure(struct text *t, double value)
{
	text_put(t, ",");
	if (isfinite(value))
		text_number(t, value);
}

static void put_signal(struct text *t, const struct detector *d, enum signal signal,
		       bool alert)
{
	struct baseline_view view;
	const char *state = "within";
	double value;

	if (!detector_value(d, signal, &value))
		value = NAN;
	detector_baseline(d, signal, &view);
	put_figure(t, value);
	put_figure(t, view.threshold > 0 ? view.threshold : NAN);
	if (alert)
		state = "alert";
	else if (view.threshold > 0 && value > view.threshold)
		state = "above";
	else if (!(view.threshold > 0))
		state = view.samples == 0 ? "learning" : "unjudged";
	text_printf(t, ",%s", state);
}

void judged_csv_row(FILE *out, const char *trace, const struct replayer *p,
		    const struct sample *sample)
{
	const struct detector *d = replayer_detector(p);
	char row[ROW_MAX];
	struct text t = text_over(row, sizeof(row));

	text_time(&t, sample->time);
	text_put(&t, ",");
	put_name(&t, trace);
	text_printf(&t, ",%s,", pod_state_name(detector_state(d)));
	uint32_t alerts = put_alerts(&t, replayer_alerts(p));
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		if (sample_has(sample, (enum signal)i))
			put_signal(&t, d, (enum signal)i, (alerts >> i) & 1u);
		else
			text_put(&t, ",,,absent");
	}
	text_put(&t, "\n");
	fputs(t.data, out);
}
