/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_write.c - writes a baseline document. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"
#include "baseline_document.h"
#include "baseline_members.h"
#include "baseline_names.h"
#include "collect/flow_words.h"
#include "routine_json.h"

void baseline_document_begin(struct baseline_document *b, const struct detector *d,
			     const struct detect_options *options,
			     const struct identity *pod)
{
	b->workload[0] = '\0';
	b->peer_count = 0; /* none is written until it is added */
	b->unknown = NULL;
	/* A pod without a workload is one of its own. */
	if (pod->workload[0])
		snprintf(b->workload, sizeof(b->workload), "%s", pod->workload);
	else if (pod->name[0])
		snprintf(b->workload, sizeof(b->workload), "Pod/%s", pod->name);
	snprintf(b->cluster, sizeof(b->cluster), "%s", pod->cluster);
	detector_past(d, &b->past);
	b->learn_s = options->learn_s;
	b->dormant_after_s = options->dormant_after_s;
	b->profile = options->profile;
	b->sensitivity = options->sensitivity;
}

void baseline_document_end(struct baseline_document *b)
{
	if (b)
		cJSON_Delete(b->unknown);
}

/* --- parts ------------------------------------------------------------------------ */

static void put_legend(struct json_writer *w)
{
	json_array(w, BASELINE_WINDOWS);
	for (unsigned k = 0; k < PAST_WINDOWS; k++)
		json_string(w, NULL, past_window_name(k));
	json_end(w);
	json_array(w, BASELINE_SHARES);
	for (unsigned q = 0; q < PAST_QUANTILES; q++)
		json_number(w, NULL, past_shares[q]);
	json_end(w);
}

static void put_settings(const struct baseline_document *b, struct json_writer *w)
{
	json_object(w, BASELINE_SETTINGS);
	baseline_put_members(&baseline_settings, b, w);
	json_string(w, "profile", baseline_profiles[b->profile]);
	json_string(w, "sensitivity", baseline_sensitivities[b->sensitivity]);
	json_end(w);
}

static void put_head(const struct baseline_document *b, struct json_writer *w)
{
	json_object(w, NULL);
	json_string(w, "format", BASELINE_FORMAT);
	baseline_put_members(&baseline_head, b, w);
	put_settings(b, w);
	put_legend(w);
	json_array(w, BASELINE_SIGNALS);
}

/* Bytes and so on, per second but for the gauge. */
static void put_unit(unsigned series, struct json_writer *w)
{
	if (series < SIGNAL_COUNT)
		json_string(w, "unit", signal_unit((enum signal)series));
	else
		json_string(w, "unit",
			    series == SIGNAL_COUNT ? "bytes" : "per million");
}

static void put_series(const struct past_series *p, unsigned series,
		       struct json_writer *w)
{
	if (!(p->watched_s > 0))
		return;
	json_object(w, NULL);
	json_string(w, "signal", past_series_name(series));
	put_unit(series, w);
	baseline_put_members(&baseline_series, p, w);
	json_end(w);
}

static void put_routine(const struct past_departure *r, struct json_writer *w)
{
	json_object(w, NULL);
	routine_json_members(&r->view, w);
	json_string(w, "kind", alert_kind_name(r->kind));
	json_bool(w, "expected", r->view.number > 0);
	json_object(w, "reach");
	for (unsigned s = 0; s < PAST_SERIES; s++) {
		double reach[PAST_WINDOWS];
		for (unsigned k = 0; k < PAST_WINDOWS; k++)
			reach[k] = (double)r->reach[s][k];
		baseline_put_numbers(w, past_series_name(s), reach, PAST_WINDOWS);
	}
	json_end(w);
	json_end(w);
}

static void put_peer(const struct peer_prefix *p, struct json_writer *w)
{
	const struct baseline_use use = {p->port, (double)p->bytes,
					 (double)p->connections};
	char prefix[FLOW_PREFIX_MAX];
	struct text t = text_over(prefix, sizeof(prefix));

	flow_put_prefix(&t, p);
	json_object(w, NULL);
	json_string(w, "prefix", prefix);
	json_string(w, "protocol", flow_protocol_name(p->protocol));
	baseline_put_members(&baseline_peer, &use, w);
	json_end(w);
}

/* --- the whole -------------------------------------------------------------------- */

static void begin_array(const char *name, struct json_writer *w)
{
	json_end(w);
	json_array(w, name);
}

static void put_tail(struct json_writer *w)
{
	json_end(w);
	json_end(w);
	json_end_line(w);
}

bool baseline_put_chunk(const struct baseline_document *b, size_t index,
			struct json_writer *w)
{
	if (index == 0) {
		put_head(b, w);
		return true;
	}
	if (--index < PAST_SERIES) {
		put_series(&b->past.series[index], (unsigned)index, w);
		return true;
	}
	if ((index -= PAST_SERIES) == 0) {
		begin_array(BASELINE_DEPARTURES, w);
		return true;
	}
	if (--index < b->past.departure_count) {
		put_routine(&b->past.departure[index], w);
		return true;
	}
	if ((index -= b->past.departure_count) == 0) {
		begin_array(BASELINE_PEERS, w);
		return true;
	}
	if (--index < b->peer_count) {
		put_peer(&b->peer[index], w);
		return true;
	}
	if (index > b->peer_count)
		return false;
	put_tail(w);
	return true;
}

/* Returns the document on one line; NULL without memory. */
static char *known_text(const struct baseline_document *b)
{
	char *data = malloc(BASELINE_BYTES_MAX);

	if (!data)
		return NULL;
	struct text t = text_over(data, BASELINE_BYTES_MAX);
	struct json_writer w = json_writer_over(&t);
	for (size_t i = 0; baseline_put_chunk(b, i, &w); i++)
		;
	return data;
}

/* Adds what is unknown. Takes the text; NULL without memory. */
static char *with_unknown(const struct baseline_document *b, char *known)
{
	cJSON *document = cJSON_Parse(known);
	/* What was read has at most so many bytes, and what is written. */
	const size_t size = 6 * 2 * BASELINE_BYTES_MAX;
	char *text = malloc(size);
	struct text t = text_over(text, text ? size : 0);
	struct json_writer w = json_writer_over(&t);

	free(known);
	const bool kept = document && baseline_keep_unknown(document, b->unknown);
	if (kept && text)
		json_put_tree(&w, document);
	cJSON_Delete(document);
	if (kept && text && !t.overflowed)
		return text;
	free(text);
	return NULL;
}

/* How far a place in the document is indented that begins a line: each member, and each
 * object in an array of the document. -1: it begins none. */
static int indent_at(char before, char here, unsigned depth)
{
	bool begins = before == '{' || before == '[' || before == ',';

	if (depth == 1)
		return here == '}' ? 0 : begins ? 2 : -1;
	if (depth == 2 && here == '{' && begins)
		return 4;
	return depth == 2 && here == ']' && before == '}' ? 2 : -1;
}

/* Copies JSON without blanks, and begins lines. `out` is NULL to count. Returns the
 * length. */
static size_t put_lines(const char *json, char *out)
{
	size_t length = 0;
	unsigned depth = 0;
	bool quoted = false, escaped = false;
	char before = '\0';

	for (; *json && *json != '\n'; before = *json++) {
		int indent = quoted ? -1 : indent_at(before, *json, depth);

		for (int i = 0; i <= indent; i++, length++)
			if (out)
				out[length] = i == 0 ? '\n' : ' ';
		if (out)
			out[length] = *json;
		length++;
		depth += !quoted && (*json == '{' || *json == '[');
		depth -= !quoted && (*json == '}' || *json == ']');
		quoted ^= *json == '"' && !escaped;
		escaped = quoted && *json == '\\' && !escaped;
	}
	if (out)
		memcpy(out + length, "\n", 2);
	return length + 1;
}

char *baseline_document_text(const struct baseline_document *b, struct error *err)
{
	char *json = known_text(b), *text = NULL;

	if (json && b->unknown)
		json = with_unknown(b, json);
	if (json)
		text = malloc(put_lines(json, NULL) + 1);
	if (text)
		put_lines(json, text);
	else
		fail_memory(err, "the baseline");
	free(json);
	return text;
}
