/* SPDX-License-Identifier: Apache-2.0 */
/* pod_status.c - what the monitor knows of its pod at this moment, as JSON. */
#include "pod_status.h"

#include <math.h>

#include "state/routine_json.h"

/* Maximum bytes of the rest of the head, after the pod. */
#define HEAD_MAX 512

/* The largest number of learnt intervals of any signal, and the oldest interval. */
static void put_learnt(const struct detector *d, struct json_writer *w)
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
	json_object(w, "learnt");
	json_unsigned(w, "samples", samples);
	json_time_or_null(w, "since", since);
	json_end(w);
}

static void put_head(const struct status_source *source, struct json_writer *w)
{
	const struct detector *d = source->detector;

	json_object(w, NULL);
	json_name(w, "pod");
	identity_json_within(source->pod, HEAD_MAX, w);
	json_string(w, "state", pod_state_name(detector_state(d)));
	json_time_or_null(w, "stateSince", detector_state_since(d));
	json_time(w, "startedAt", source->started_at);
	json_number(w, "interval", source->interval_s);
	if (source->interfaces_matched >= 0)
		json_unsigned(w, "interfacesMatched",
			      (uint64_t)source->interfaces_matched);
	put_learnt(d, w);
	json_array(w, "signals");
}

/* Per second, except for the gauge, which is not a rate. */
static void put_unit(enum signal signal, struct json_writer *w)
{
	char buffer[32];
	struct text unit = text_over(buffer, sizeof(buffer));

	text_put(&unit, signal_unit(signal));
	text_put(&unit, signal_is_gauge(signal) ? "" : "/s");
	json_string(w, "unit", buffer);
}

static void put_signal(const struct detector *d, enum signal signal,
		       struct json_writer *w)
{
	struct baseline_view view;
	double value;

	detector_baseline(d, signal, &view);
	json_object(w, NULL);
	json_string(w, "signal", signal_name(signal));
	put_unit(signal, w);
	json_number(w, "value", detector_value(d, signal, &value) ? value : NAN);
	json_number(w, "mean", view.mean);
	json_number(w, "stddev", view.stddev);
	json_number(w, "p99", view.p99);
	/* null: not judged yet */
	json_number(w, "threshold", view.threshold > 0 ? view.threshold : NAN);
	json_unsigned(w, "samples", view.samples);
	json_time_or_null(w, "since", view.since);
	json_end(w);
}

static void put_routine(const struct detector *d, size_t place, struct json_writer *w)
{
	struct routine_view view;

	if (detector_routine_at(d, place, &view))
		routine_json(&view, w);
}

static void begin_routines(struct json_writer *w)
{
	json_end(w);
	json_array(w, "routines");
}

static void put_tail(struct json_writer *w)
{
	json_end(w);
	json_end(w);
	json_end_line(w);
}

bool status_put_chunk(const struct status_source *source, size_t index,
		      struct json_writer *w)
{
	if (index == 0)
		put_head(source, w);
	else if (index <= SIGNAL_COUNT)
		put_signal(source->detector, (enum signal)(index - 1), w);
	else if (index == SIGNAL_COUNT + 1)
		begin_routines(w);
	else if (index < SIGNAL_COUNT + 2 + ROUTINES_MAX)
		put_routine(source->detector, index - SIGNAL_COUNT - 2, w);
	else if (index == SIGNAL_COUNT + 2 + ROUTINES_MAX)
		put_tail(w);
	else
		return false;
	return true;
}
