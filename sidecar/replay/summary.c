/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c - what became of a trace, for people: states over time, alerts, what was
 * learnt. */
#include "summary.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define CELL_MAX    32
#define SUMMARY_MAX 512

/* --- what is noted while it plays ------------------------------------------------- */

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
	const struct span span = {detector_state(d), detector_state_since(d)};

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

static void note_slot(struct history *h, enum pod_state state, double time)
{
	long slot = slot_of(h, time);

	if (slot != h->slot) {
		end_slot(h);
		h->slot = slot;
	}
	/* A gap is nobody's time. */
	if (time > h->ended && time - h->ended <= SLOT_S)
		h->slot_spent[state] += time - h->ended;
}

void history_note(struct history *h, const struct player *p,
		  const struct sample *sample)
{
	if (h->samples++ == 0)
		h->began = h->ended = sample->time;
	note_state(h, player_detector(p));
	note_slot(h, detector_state(player_detector(p)), sample->time);
	h->ended = sample->time;
}

void history_end(struct history *h, const struct player *p, uint64_t broken)
{
	h->broken = broken;
	note_state(h, player_detector(p));
	end_span(h, h->ended);
	end_slot(h);
}

/* --- cells ------------------------------------------------------------------------ */

/* "2026-01-31 23:59:59", UTC. */
static const char *moment(char cell[CELL_MAX], double time)
{
	struct text t = text_over(cell, CELL_MAX);

	text_time(&t, time);
	cell[strlen("2026-01-31")] = ' ';
	cell[strlen("2026-01-31 23:59:59")] = '\0';
	return cell;
}

/* "3d 2h": the two greatest units, the second only where there is some of it. */
static const char *duration(char cell[CELL_MAX], double seconds)
{
	static const struct {
		long seconds;
		char name;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	const long whole = lround(seconds);
	size_t i = 0;

	if (seconds < 60) {
		snprintf(cell, CELL_MAX, "%gs", round(seconds * 10) / 10);
		return cell;
	}
	while (whole < units[i].seconds)
		i++;
	int length =
	    snprintf(cell, CELL_MAX, "%ld%c", whole / units[i].seconds, units[i].name);
	long rest = whole % units[i].seconds / units[i + 1].seconds;
	if (rest > 0)
		snprintf(cell + length, CELL_MAX - (size_t)length, " %ld%c", rest,
			 units[i + 1].name);
	return cell;
}

/* Three digits and a power of a thousand. */
static const char *quantity(char cell[CELL_MAX], double value)
{
	static const char prefixes[] = {'\0', 'k', 'M', 'G', 'T', 'P', 'E'};
	size_t power = 0;

	while (value >= 999.5 && power + 1 < sizeof(prefixes)) {
		value /= 1000;
		power++;
	}
	const char prefix[] = {prefixes[power], '\0'};
	snprintf(cell, CELL_MAX, "%.3g%s", value, prefix);
	return cell;
}

/* --- the table -------------------------------------------------------------------- */

static void print_head(const struct history *h, const struct player *p,
		       const struct identity *pod, FILE *out)
{
	char began[CELL_MAX], ended[CELL_MAX], length[CELL_MAX], interval[CELL_MAX];

	fprintf(out, "%s%s%s", pod->namespace, pod->namespace[0] ? "/" : "", pod->name);
	if (pod->labels)
		fprintf(out, " %s", pod->labels);
	if (h->samples == 0) {
		fputs(": no samples\n", out);
		return;
	}
	fprintf(out, ": %llu samples in %s, one each %s\n",
		(unsigned long long)h->samples, duration(length, h->ended - h->began),
		duration(interval, player_interval(p)));
	fprintf(out, "  from %s to %s UTC\n", moment(began, h->began),
		moment(ended, h->ended));
	if (h->broken > 0)
		fprintf(out, "  %llu broken lines were skipped\n",
			(unsigned long long)h->broken);
}

static void print_spans(const struct history *h, FILE *out)
{
	char when[CELL_MAX], lasted[CELL_MAX];

	fputs("\n  state      since                lasted\n", out);
	for (size_t i = 0; i < h->span_count; i++) {
		const struct span *span = &h->spans[i];
		double end = i + 1 < h->span_count ? span[1].since : h->ended;

		fprintf(out, "  %-10s %s  %s\n", pod_state_name(span->state),
			moment(when, span->since), duration(lasted, end - span->since));
	}
}

/* A row a day, a letter each half hour; alerts are marked over them. */
static void draw_states(const struct history *h, const struct alert_book *book,
			FILE *out)
{
	char slots[sizeof(h->slots)], when[CELL_MAX];
	long days = slot_of(h, h->ended) / SLOTS_A_DAY + 1;
	const struct alert *alert;

	memcpy(slots, h->slots, sizeof(slots));
	for (size_t i = 0; (alert = alert_book_at(book, i)); i++) {
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

static void print_states(const struct history *h, const struct alert_book *book,
			 FILE *out)
{
	char lasted[CELL_MAX];
	double whole = h->ended - h->began;

	if (h->span_count <= HISTORY_SPANS_MAX)
		print_spans(h, out);
	else
		draw_states(h, book, out);
	fputs("  in all:", out);
	for (int i = 0; i < POD_STATE_COUNT; i++)
		fprintf(out, "%s %s %s (%.0f %%)", i > 0 ? "," : "",
			pod_state_name((enum pod_state)i),
			duration(lasted, h->spent[i]),
			whole > 0 ? 100 * h->spent[i] / whole : 0);
	fputs("\n", out);
}

static void print_alert(const struct alert *alert, double ended, FILE *out)
{
	char when[CELL_MAX], lasted[CELL_MAX], sentence[SUMMARY_MAX];
	struct text summary = text_over(sentence, sizeof(sentence));
	double end = alert->ends_at > 0 ? alert->ends_at : ended;

	alert_summary(alert, &summary);
	fprintf(out, "  %s  %-18s %-9s %s\n    %s\n", moment(when, alert->starts_at),
		alert_kind_name(alert->verdict.kind),
		alert_severity(alert->verdict.risk),
		alert->ends_at > 0 ? duration(lasted, end - alert->starts_at)
				   : "still firing",
		sentence);
}

static void print_alerts(const struct history *h, const struct alert_book *book,
			 FILE *out)
{
	size_t count = 0;

	while (alert_book_at(book, count))
		count++;
	if (count == 0) {
		fputs("\n  no alerts\n", out);
		return;
	}
	fputs("\n  alert raised         kind               severity  lasted\n", out);
	if (alert_book_forgotten(book) > 0)
		fprintf(out, "  and %llu earlier ones\n",
			(unsigned long long)alert_book_forgotten(book));
	while (count > 0)
		print_alert(alert_book_at(book, --count), h->ended, out);
}

static void print_learnt(const struct detector *d, FILE *out)
{
	char mean[CELL_MAX], stddev[CELL_MAX], p99[CELL_MAX], threshold[CELL_MAX];

	fputs("\n  learnt, a second             mean   stddev      p99 threshold "
	      "intervals\n",
	      out);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		struct baseline_view view;

		detector_baseline(d, (enum signal)i, &view);
		if (view.samples == 0)
			continue;
		fprintf(out, "  %-24s %8s %8s %8s %9s %9llu\n",
			signal_name((enum signal)i), quantity(mean, view.mean),
			quantity(stddev, view.stddev), quantity(p99, view.p99),
			quantity(threshold, view.threshold),
			(unsigned long long)view.samples);
	}
	fputs("\n", out);
}

void summary_print(const struct history *h, const struct player *p,
		   const struct identity *pod, FILE *out)
{
	print_head(h, p, pod, out);
	if (h->samples == 0)
		return;
	print_states(h, player_alerts(p), out);
	print_alerts(h, player_alerts(p), out);
	print_learnt(player_detector(p), out);
}
