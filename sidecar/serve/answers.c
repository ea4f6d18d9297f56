/* SPDX-License-Identifier: Apache-2.0 */
/* answers.c - /alerts and /baseline: the answers in our own shapes. */
#include <math.h>

#include "stream.h"

/* A piece of an answer that is a head, one piece for each of `count` things, a tail. */
enum part { PART_HEAD, PART_THING, PART_TAIL, PART_NONE };

static enum part part_of(size_t index, size_t count)
{
	if (index == 0)
		return PART_HEAD;
	if (index <= count)
		return PART_THING;
	return index == count + 1 ? PART_TAIL : PART_NONE;
}

static void put_time_or_null(struct text *t, double time)
{
	if (time > 0)
		text_json_time(t, time);
	else
		text_put(t, "null");
}

static void put_alert(const struct stream *s, size_t index, struct text *t)
{
	const struct alert *alert = stream_alert(s, index);

	if (!alert)
		return;
	/* The book forgets the oldest first: where this one is, the newer ones were. */
	if (index > 0)
		text_put(t, ",");
	alert_json(alert, s->source->pod, t);
}

bool alerts_piece(const struct stream *s, size_t index, struct text *t)
{
	switch (part_of(index, s->alert_count)) {
	case PART_HEAD:
		text_put(t, "{\"pod\":");
		stream_pod(s, t);
		text_printf(t, ",\"state\":\"%s\",\"alerts\":[",
			    pod_state_name(detector_state(s->source->detector)));
		return true;
	case PART_THING:
		put_alert(s, index - 1, t);
		return true;
	case PART_TAIL:
		text_put(t, "]}\n");
		return true;
	default:
		return false;
	}
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

static void put_baseline_head(const struct stream *s, struct text *t)
{
	const struct serve_source *source = s->source;

	text_put(t, "{\"pod\":");
	stream_pod(s, t);
	text_printf(t, ",\"state\":\"%s\",\"stateSince\":",
		    pod_state_name(detector_state(source->detector)));
	put_time_or_null(t, detector_state_since(source->detector));
	text_put(t, ",\"startedAt\":");
	text_json_time(t, source->stats->started_at);
	text_put(t, ",\"interval\":");
	text_json_number(t, source->stats->interval_s);
	if (source->collector) /* none behind a replayed trace */
		text_printf(t, ",\"interfacesMatched\":%llu",
			    (unsigned long long)collector_totals(source->collector)
				->interfaces_matched);
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
		    signal == SIGNAL_DESTINATIONS ? "" : "/s");
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

bool baseline_piece(const struct stream *s, size_t index, struct text *t)
{
	switch (part_of(index, SIGNAL_COUNT)) {
	case PART_HEAD:
		put_baseline_head(s, t);
		return true;
	case PART_THING:
		put_signal(s->source->detector, (enum signal)(index - 1), t);
		return true;
	case PART_TAIL:
		text_put(t, "]}\n");
		return true;
	default:
		return false;
	}
}

void baseline_render(const struct serve_source *source, struct text *t)
{
	struct stream s;

	stream_open(&s, source, baseline_piece, false);
	stream_render(&s, t);
}
