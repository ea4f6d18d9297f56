/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - /alerts, /status and /baseline: the answers in our own format. */
#include "pod_status.h"
#include "state/baseline_document.h"
#include "stream.h"

/* An answer consists of a head, one chunk for each of `count` items, and a tail. */
enum part { PART_HEAD, PART_THING, PART_TAIL, PART_NONE };

static enum part part_of(size_t index, size_t count)
{
	if (index == 0)
		return PART_HEAD;
	if (index <= count)
		return PART_THING;
	return index == count + 1 ? PART_TAIL : PART_NONE;
}

static void put_alert(const struct stream *s, size_t index, struct json_writer *w)
{
	const struct alert *alert = stream_alert(s, index);

	if (alert)
		alert_json(alert, s->source->pod, w);
}

bool alerts_chunk(const struct stream *s, size_t index, struct json_writer *w)
{
	switch (part_of(index, s->alert_count)) {
	case PART_HEAD:
		json_object(w, NULL);
		json_name(w, "pod");
		stream_pod(s, w);
		json_string(w, "state",
			    pod_state_name(detector_state(s->source->detector)));
		json_array(w, "alerts");
		return true;
	case PART_THING:
		put_alert(s, index - 1, w);
		return true;
	case PART_TAIL:
		json_end(w);
		json_end(w);
		json_end_line(w);
		return true;
	default:
		return false;
	}
}

/* What the monitor currently knows of the pod. */
static struct status_source status_of(const struct serve_source *source)
{
	return (struct status_source){
	    .detector = source->detector,
	    .pod = source->pod,
	    .started_at = source->stats->started_at,
	    .interval_s = source->stats->interval_s,
	    .interfaces_matched =
		source->collector
		    ? (int64_t)collector_totals(source->collector)->interfaces_matched
		    : -1,
	};
}

bool status_chunk(const struct stream *s, size_t index, struct json_writer *w)
{
	const struct status_source source = status_of(s->source);

	return status_put_chunk(&source, index, w);
}

bool baseline_chunk(const struct stream *s, size_t index, struct json_writer *w)
{
	return baseline_put_chunk(s->document, index, w);
}
