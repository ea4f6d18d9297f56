/* SPDX-License-Identifier: Apache-2.0 */
/* history_answer.c - writes the answer of /history: as JSON, or as a trace that
 * `dormouse replay` reads. */
#include "history_answer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- JSON
 * -----------------------------------------------------------------------------
 */

static void put_head(struct history_answer *a)
{
	const struct history_query *q = &a->query;
	struct json_writer *w = &a->json;

	json_object(w, NULL);
	json_time(w, "since", 60.0 * (double)q->first);
	json_unsigned(w, "step", 60 * (uint64_t)q->step);
	json_unsigned(w, "count", q->count);
	json_array(w, "signals");
}

static void begin_signal(struct json_writer *w, enum signal signal)
{
	json_object(w, NULL);
	json_string(w, "signal", signal_name(signal));
	json_string(w, "unit", signal_unit(signal));
	json_bool(w, "rate", !signal_is_gauge(signal));
	json_array(w, "mean");
}

/* As few digits as the history is exact to. */
static double rounded(double value)
{
	return value >= 1000 ? round(value) : round(value * 1000) / 1000;
}

/* Writes the mean or the peak of a step; null is a gap. */
static void put_value(struct history_answer *a, enum signal signal, size_t at,
		      bool peak)
{
	const struct history_query *q = &a->query;
	struct history_span span;

	if (history_span(a->history, signal, q->first + (int64_t)at * q->step, q->step,
			 &span))
		json_number(&a->json, NULL,
			    rounded(peak ? span.peak : span.amount / span.seconds));
	else
		json_null(&a->json, NULL);
}

/* Writes the index-th piece of a signal: its begin, the means, the change to the peaks,
 * the peaks, the end. */
static void put_signal(struct history_answer *a, enum signal signal, size_t index)
{
	const size_t count = a->query.count;

	if (!(a->query.signals >> signal & 1))
		return;
	if (index == 0) {
		begin_signal(&a->json, signal);
	} else if (index <= count) {
		put_value(a, signal, index - 1, false);
	} else if (index == count + 1) {
		json_end(&a->json);
		json_array(&a->json, "peak");
	} else if (index < 2 * count + 2) {
		put_value(a, signal, index - count - 2, true);
	} else {
		json_end(&a->json);
		json_end(&a->json);
	}
}

/* Writes the next piece; returns false at the end. */
static bool put_json(struct history_answer *a, size_t index)
{
	const size_t pieces = 2 * (size_t)a->query.count + 3; /* of a signal */

	if (index == 0) {
		put_head(a);
	} else if (index <= pieces * SIGNAL_COUNT) {
		put_signal(a, (enum signal)((index - 1) / pieces),
			   (index - 1) % pieces);
	} else if (index == pieces * SIGNAL_COUNT + 1) {
		json_end(&a->json);
		json_end(&a->json);
		json_end_line(&a->json);
	} else {
		return false;
	}
	return true;
}

/* --- CSV
 * ------------------------------------------------------------------------------
 */

static void put_columns(struct history_answer *a)
{
	text_put(&a->piece, "time");
	for (enum signal s = 0; s < SIGNAL_COUNT; s++)
		if (a->query.signals >> s & 1)
			text_printf(&a->piece, ",%s", signal_name(s));
	text_put(&a->piece, "\n");
}

/* Writes the counters at a time; a signal that is not known is empty. */
static void put_row(struct history_answer *a, int64_t minute, uint32_t known)
{
	text_printf(&a->piece, "%" PRId64, 60 * minute);
	for (enum signal s = 0; s < SIGNAL_COUNT; s++)
		if (known >> s & 1)
			text_printf(&a->piece, ",%" PRIu64, a->value[s]);
		else if (a->query.signals >> s & 1)
			text_put(&a->piece, ",");
	text_put(&a->piece, "\n");
}

/* Reads a step into the values. Returns which signals are known in it. */
static uint32_t take_step(const struct history_answer *a, int64_t minute,
			  uint64_t value[SIGNAL_COUNT])
{
	uint32_t known = 0;

	for (enum signal s = 0; s < SIGNAL_COUNT; s++) {
		struct history_span span;
		if (!(a->query.signals >> s & 1) ||
		    !history_span(a->history, s, minute, a->query.step, &span))
			continue;
		known |= 1u << s;
		if (signal_is_gauge(s))
			value[s] = (uint64_t)span.peak;
		else /* all of them together stay below 2^64 */
			value[s] += (uint64_t)fmin(round(span.amount), 1e15);
	}
	return known;
}

/* Writes the row at the end of a step, the one that goes on excepted. After a gap, the
 * counters at the step's begin come first: so nothing is told of the gap. */
static bool put_csv(struct history_answer *a, size_t index)
{
	const struct history_query *q = &a->query;
	uint64_t value[SIGNAL_COUNT];

	if (index == 0)
		put_columns(a);
	if (index == 0 || index >= q->count)
		return index == 0;
	const int64_t minute = q->first + (int64_t)(index - 1) * q->step;
	memcpy(value, a->value, sizeof(value));
	const uint32_t known = take_step(a, minute, value);
	if (known && a->after_gap)
		put_row(a, minute, known);
	a->after_gap = known == 0;
	memcpy(a->value, value, sizeof(value));
	if (known)
		put_row(a, minute + q->step, known);
	return true;
}

/* --- reading
 * --------------------------------------------------------------------------
 */

void history_answer_open(struct history_answer *a, const struct history *history,
			 const struct history_query *query)
{
	*a = (struct history_answer){
	    .history = history, .query = *query, .after_gap = true};
	a->piece = text_over(a->data, sizeof(a->data));
	a->json = json_writer_over(&a->piece);
}

static bool advance(struct history_answer *a)
{
	a->piece = text_over(a->data, sizeof(a->data));
	a->taken = 0;
	return a->query.csv ? put_csv(a, a->next++) : put_json(a, a->next++);
}

size_t history_answer_read(struct history_answer *a, char *data, size_t max)
{
	size_t copied = 0;

	while (copied < max) {
		if (a->taken == a->piece.length) {
			if (!advance(a))
				break;
			continue;
		}
		size_t length = a->piece.length - a->taken;
		if (length > max - copied)
			length = max - copied;
		memcpy(data + copied, a->piece.data + a->taken, length);
		a->taken += length;
		copied += length;
	}
	return copied;
}
