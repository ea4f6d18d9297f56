/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c - prints the result of a trace for people: states over time, alerts,
 * learned baseline. */
#include "summary.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/sanitize.h"
#include "base/units.h"

#define SUMMARY_MAX    512
#define NAME_SHOWN_MAX 1024 /* bytes of a name from a file */
#define ABSENT_A_LINE  4

/* --- collecting during the replay ------------------------------------------------- */

void history_begin(struct history *h)
{
	memset(h, 0, sizeof(*h));
}

static void end_span(struct history *h, double now)
{
	if (h->span_count > 0 && now > h->last.since)
		h->spent[h->last.state] += now - h->last.since;
}

static void note_state(struct history *h, const struct detector *d)
{
	const struct state_span span = {detector_state(d), detector_state_since(d)};

	if (span.since <= 0 || (h->span_count > 0 && span.state == h->last.state))
		return;
	end_span(h, span.since);
	h->last = span;
	if (h->span_count < HISTORY_SPANS_MAX)
		h->spans[h->span_count] = span;
	h->span_count++;
}

/* Slots are counted from the midnight before the first sample. */
static long slot_of(const struct history *h, double time)
{
	return (long)((time - floor(h->began / 86400) * 86400) / SLOT_S);
}

static void end_slot(struct history *h)
{
	enum pod_state most = POD_LEARNING;
	double all = 0;

	for (int i = 0; i < POD_STATE_COUNT; i++) {
		all += h->slot_spent[i];
		if (h->slot_spent[i] > h->slot_spent[most])
			most = (enum pod_state)i;
	}
	if (all > 0 && h->slot >= 0 && h->slot < HISTORY_DAYS_MAX * SLOTS_A_DAY)
		h->slots[h->slot] = pod_state_name(most)[0];
	memset(h->slot_spent, 0, sizeof(h->slot_spent));
}

/* A sample's time is the end of its interval. */
static void note_slot(struct history *h, enum pod_state state, double time)
{
	long slot = slot_of(h, (h->ended + time) / 2);

	if (slot != h->slot) {
		end_slot(h);
		h->slot = slot;
	}
	/* The time of a gap belongs to no state. */
	if (time > h->ended && time - h->ended <= SLOT_S)
		h->slot_spent[state] += time - h->ended;
}

void history_note(struct history *h, const struct replayer *p,
		  const struct sample *sample)
{
	if (h->samples++ == 0)
		h->began = h->ended = sample->time;
	h->present |= sample->present;
	note_state(h, replayer_detector(p));
	note_slot(h, detector_state(replayer_detector(p)), sample->time);
	h->ended = sample->time;
}

void history_end(struct history *h, const struct replayer *p, uint64_t broken)
{
	h->broken = broken;
	note_state(h, replayer_detector(p));
	end_span(h, h->ended);
	end_slot(h);
}

/* --- cells ------------------------------------------------------------------------ */

/* "2026-01-31 23:59:59", UTC. */
static const char *moment(char cell[FORMAT_MAX], double time)
{
	struct text t = text_over(cell, FORMAT_MAX);

	text_time(&t, time);
	cell[strlen("2026-01-31")] = ' ';
	cell[strlen("2026-01-31 23:59:59")] = '\0';
	return cell;
}

static void put_name(const char *name, FILE *out)
{
	char shown[NAME_SHOWN_MAX];

	fputs(sanitize(shown, sizeof(shown), name), out);
}

/* --- the table -------------------------------------------------------------------- */

static void print_head(const struct history *h, const struct replayer *p,
		       const struct identity *pod, FILE *out)
{
	char began[FORMAT_MAX], ended[FORMAT_MAX], length[FORMAT_MAX],
	    interval[FORMAT_MAX];

	put_name(pod->namespace, out);
	fputs(pod->namespace[0] ? "/" : "", out);
	put_name(pod->name, out);
	if (pod->labels) {
		fputs(" ", out);
		put_name(pod->labels, out);
	}
	if (h->samples == 0) {
		fputs(": no samples\n", out);
		return;
	}
	fprintf(out, ": %llu samples in %s, one each %s\n",
		(unsigned long long)h->samples,
		format_duration(length, h->ended - h->began),
		format_duration(interval, replayer_interval(p)));
	fprintf(out, "  from %s to %s UTC\n", moment(began, h->began),
		moment(ended, h->ended));
	if (h->broken > 0)
		fprintf(out, "  %llu broken lines were skipped\n",
			(unsigned long long)h->broken);
}

static void print_notes(const char *notes, FILE *out)
{
	while (*notes) {
		int length = (int)strcspn(notes, "\n");

		fprintf(out, "  note: %.*s\n", length, notes);
		notes += length;
		notes += *notes == '\n';
	}
}

static void print_spans(const struct history *h, FILE *out)
{
	char when[FORMAT_MAX], lasted[FORMAT_MAX];

	fputs("\n  state      since                lasted\n", out);
	for (size_t i = 0; i < h->span_count; i++) {
		const struct state_span *span = &h->spans[i];
		double end = i + 1 < h->span_count ? span[1].since : h->ended;

		fprintf(out, "  %-10s %s  %s\n", pod_state_name(span->state),
			moment(when, span->since),
			format_duration(lasted, end - span->since));
	}
}

/* Draws a row per day and a letter per half hour; alerts overwrite the letters. */
static void draw_states(const struct history *h, const struct alert_store *store,
			FILE *out)
{
	char slots[sizeof(h->slots)], when[FORMAT_MAX];
	long days = h->slot / SLOTS_A_DAY + 1;
	const struct alert *alert;

	memcpy(slots, h->slots, sizeof(slots));
	for (size_t i = 0; (alert = alert_store_at(store, i)); i++) {
		long slot = slot_of(h, alert->starts_at);
		if (slot >= 0 && slot < (long)sizeof(slots))
			slots[slot] = '!';
	}
	fputs("\n  state, each half hour: l learning, d dormant, a active, ! an alert\n"
	      "  UTC        00    03    06    09    12    15    18    21\n",
	      out);
	for (long day = 0; day < days && day < HISTORY_DAYS_MAX; day++) {
		fprintf(out, "  %.10s ", moment(when, h->began + (double)day * 86400));
		for (long i = 0; i < SLOTS_A_DAY; i++) {
			char letter = slots[day * SLOTS_A_DAY + i];
			fputc(letter ? letter : '.', out);
		}
		fputs("\n", out);
	}
	if (days > HISTORY_DAYS_MAX)
		fprintf(out, "  and %ld days more\n", days - HISTORY_DAYS_MAX);
}

static void print_states(const struct history *h, const struct alert_store *store,
			 FILE *out)
{
	char lasted[FORMAT_MAX];
	double whole = h->ended - h->began;

	if (h->span_count <= HISTORY_SPANS_MAX)
		print_spans(h, out);
	else
		draw_states(h, store, out);
	fputs("  in all:", out);
	for (int i = 0; i < POD_STATE_COUNT; i++)
		fprintf(out, "%s %s %s (%.0f %%)", i > 0 ? "," : "",
			pod_state_name((enum pod_state)i),
			format_duration(lasted, h->spent[i]),
			whole > 0 ? 100 * h->spent[i] / whole : 0);
	fputs("\n", out);
}

static void print_alert(const struct alert *alert, double ended, FILE *out)
{
	char when[FORMAT_MAX], lasted[FORMAT_MAX], sentence[SUMMARY_MAX];
	struct text summary = text_over(sentence, sizeof(sentence));
	double end = alert->ends_at > 0 ? alert->ends_at : ended;

	alert_summary(alert, &summary);
	fprintf(out, "  %s  %-18s %-9s %s\n    %s\n", moment(when, alert->starts_at),
		alert_kind_name(alert->verdict.kind),
		alert_severity(alert->verdict.risk),
		alert->ends_at > 0 ? format_duration(lasted, end - alert->starts_at)
				   : "still firing",
		sentence);
}

static void print_alerts(const struct history *h, const struct alert_store *store,
			 FILE *out)
{
	size_t count = 0;

	while (alert_store_at(store, count))
		count++;
	if (count == 0) {
		fputs("\n  no alerts\n", out);
		return;
	}
	fputs("\n  alert raised         kind               severity  lasted\n", out);
	if (alert_store_forgotten(store) > 0)
		fprintf(out, "  and %llu earlier ones\n",
			(unsigned long long)alert_store_forgotten(store));
	while (count > 0)
		print_alert(alert_store_at(store, --count), h->ended, out);
}

static void print_learnt_signal(const struct detector *d, enum signal signal, FILE *out)
{
	char mean[FORMAT_MAX], stddev[FORMAT_MAX], p99[FORMAT_MAX],
	    threshold[FORMAT_MAX];
	char unit[FORMAT_MAX];
	struct baseline_view view;

	detector_baseline(d, signal, &view);
	if (view.samples == 0) {
		fprintf(out, "  %-22s nothing yet\n", signal_name(signal));
		return;
	}
	snprintf(unit, sizeof(unit), "%s%s", signal_unit(signal),
		 signal_is_gauge(signal) ? "" : "/s");
	fprintf(
	    out, "  %-22s %10s %10s %10s %10s %9llu\n", signal_name(signal),
	    format_quantity(mean, view.mean, unit),
	    format_quantity(stddev, view.stddev, unit),
	    format_quantity(p99, view.p99, unit),
	    format_quantity(threshold, view.threshold > 0 ? view.threshold : NAN, unit),
	    (unsigned long long)view.samples);
}

static void print_absent(const struct history *h, FILE *out)
{
	const char *before = "  absent from the trace, and so not judged:\n   ";
	unsigned count = 0;

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		if ((h->present >> i) & 1u)
			continue;
		fprintf(out, "%s %s", before, signal_name((enum signal)i));
		before = ++count % ABSENT_A_LINE == 0 ? ",\n   " : ",";
	}
	fputs(count > 0 ? "\n" : "", out);
}

static void print_learnt(const struct history *h, const struct detector *d, FILE *out)
{
	fprintf(out, "\n  %-22s %10s %10s %10s %10s %9s\n", "learnt", "mean", "stddev",
		"p99", "threshold", "intervals");
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if ((h->present >> i) & 1u)
			print_learnt_signal(d, (enum signal)i, out);
	print_absent(h, out);
	fputs("\n", out);
}

static void print_routines(const struct detector *d, FILE *out)
{
	struct routine_view view;
	char sentence[256];

	for (size_t place = 0; place < ROUTINES_MAX; place++) {
		if (!detector_routine_at(d, place, &view))
			continue;
		struct text t = text_over(sentence, sizeof(sentence));
		routine_sentence(&view, &t);
		fprintf(out, "\n  %s", sentence);
	}
	if (detector_routines_learnt(d) > 0)
		fputs("\n", out);
}

void summary_print(const struct history *h, const struct replayer *p,
		   const struct identity *pod, const char *notes, FILE *out)
{
	print_head(h, p, pod, out);
	print_notes(notes, out);
	if (h->samples == 0)
		return;
	print_states(h, replayer_alerts(p), out);
	print_alerts(h, replayer_alerts(p), out);
	print_routines(replayer_detector(p), out);
	print_learnt(h, replayer_detector(p), out);
}
