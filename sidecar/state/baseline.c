/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.c - what was learnt, as a document. */
#include "baseline.h"

#include <math.h>

/* What follows the pod fits into so much. */
#define HEAD_MAX 512

static void put_time_or_null(struct text *t, double time)
{
	if (time > 0)
		text_json_time(t, time);
	else
		text_put(t, "null");
}

/* {} should it be absurdly long. */
static void put_pod(const struct identity *pod, struct text *t)
{
	size_t before = t->length;

	identity_json(pod, t);
	if (!t->overflowed && t->capacity - t->length >= HEAD_MAX)
		return;
	t->length = before;
	t->overflowed = false;
	text_put(t, "{}");
}

/* The most intervals learnt of any signal, and the oldest of them. */
static void put_learnt(const struct detector *d, struct text *t)
{
	uint64_t samples = 0;
	double since = 0;

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		struct baseline_view view;

		detector_baseline(d, i, &view);
		if (view.samples > samples)
			samples = view.samples;
		if (view.since > 0 && (since == 0 || view.since < since))
			since = view.since;
	}
	text_printf(t, "{\"samples\":%llu,\"since\":", (unsigned long long)samples);
	put_time_or_null(t, since);
	text_put(t, "}");
}

static void put_head(const struct baseline_source *source, struct text *t)
{
	text_put(t, "{\"pod\":");
	put_pod(source->pod, t);
	text_printf(t, ",\"state\":\"%s\",\"stateSince\":",
		    pod_state_name(detector_state(source->detector)));
	put_time_or_null(t, detector_state_since(source->detector));
	text_put(t, ",\"startedAt\":");
	text_json_time(t, source->started_at);
	text_put(t, ",\"interval\":");
	text_json_number(t, source->interval_s);
	if (source->interfaces_matched >= 0)
		text_printf(t, ",\"interfacesMatched\":%lld",
			    (long long)source->interfaces_matched);
	text_put(t, ",\"learnt\":");
	put_learnt(source->detector, t);
	text_put(t, ",\"signals\":[");
}

static void put_signal(const struct detector *d, enum signal signal, struct text *t)
{
	struct baseline_view view;
	double value;

	detector_baseline(d, signal, &view);
	if (view.threshold <= 0) /* null: not judged yet */
		view.threshold = NAN;
	const struct {
		const char *member;
		double value;
	} members[] = {{"mean", view.mean},
		       {"stddev", view.stddev},
		       {"p99", view.p99},
		       {"threshold", view.threshold}};

	text_printf(t, "%s{\"signal\":\"%s\",\"unit\":\"%s%s\",\"value\":",
		    signal > 0 ? "," : "", signal_name(signal), signal_unit(signal),
		    signal_is_gauge(signal) ? "" : "/s");
	if (detector_value(d, signal, &value))
		text_json_number(t, value);
	else
		text_put(t, "null");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		text_printf(t, ",\"%s\":", members[i].member);
		text_json_number(t, members[i].value);
	}
	text_printf(t,
		    ",\"samples\":%llu,\"since\":", (unsigned long long)view.samples);
	put_time_or_null(t, view.since);
	text_put(t, "}");
}

bool baseline_put_piece(const struct baseline_source *source, size_t index,
			struct text *t)
{
	if (index == 0)
		put_head(source, t);
	else if (index <= SIGNAL_COUNT)
		put_signal(source->detector, (enum signal)(index - 1), t);
	else if (index == SIGNAL_COUNT + 1)
		text_put(t, "]}\n");
	else
		return false;
	return true;
}

void baseline_put(const struct baseline_source *source, struct text *t)
{
	for (size_t i = 0; baseline_put_piece(source, i, t); i++)
		;
}
