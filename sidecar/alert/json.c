/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - writes an alert as JSON, in the format that users' tools depend on. */
#include <inttypes.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>

#include "collect/flow_words.h"
#include "dormouse/alert.h"

#define SUMMARY_MAX 512

const char *alert_severity(unsigned risk)
{
	if (risk < 40)
		return "low";
	if (risk < 60)
		return "medium";
	return risk < 80 ? "high" : "critical";
}

static void put_id(const struct alert *alert, struct json_writer *w)
{
	char id[17];

	snprintf(id, sizeof(id), "%016" PRIx64, alert->id);
	json_string(w, "id", id);
}

static void put_life(const struct alert *alert, struct json_writer *w)
{
	const struct verdict *v = &alert->verdict;

	put_id(alert, w);
	json_string(w, "kind", alert_kind_name(v->kind));
	json_string(w, "signal", signal_name(v->signal));
	json_string(w, "severity", alert_severity(v->risk));
	json_unsigned(w, "riskScore", v->risk);
	json_string(w, "status", alert->ends_at > 0 ? "resolved" : "firing");
	json_time_or_null(w, "startsAt", alert->starts_at);
	json_time_or_null(w, "onset", v->onset);
	json_time_or_null(w, "updatedAt", alert->updated_at);
	json_time_or_null(w, "endsAt", alert->ends_at);
	json_unsigned(w, "occurrences", alert->occurrences);
	json_time_or_null(w, "lastOccurrence", alert->last_occurrence);
	json_unsigned(w, "occurrenceBytes", alert->occurrence_bytes);
}

static void put_baseline(const struct baseline_view *b, struct json_writer *w)
{
	json_object(w, "baseline");
	json_number(w, "mean", b->mean);
	json_number(w, "stddev", b->stddev);
	json_number(w, "p99", b->p99);
	json_number(w, "threshold", b->threshold);
	json_unsigned(w, "samples", b->samples);
	json_time_or_null(w, "since", b->since);
	json_end(w);
}

static void put_figures(const struct alert *alert, struct json_writer *w)
{
	const struct verdict *v = &alert->verdict;

	json_number(w, "value", v->value);
	json_number(w, "peak", alert->peak);
	json_unsigned(w, "totalBytes", v->bytes);
	put_baseline(&v->baseline, w);
	json_number(w, "sigmas", v->sigmas);
}

static void put_summary(const struct alert *alert, struct json_writer *w)
{
	char sentence[SUMMARY_MAX];
	struct text s = text_over(sentence, sizeof(sentence));

	alert_summary(alert, &s);
	json_string(w, "summary", sentence);
}

static void put_destination(const struct alert_flow *f, struct json_writer *w)
{
	json_object(w, NULL);
	flow_json_end(w, &f->flow.address, f->flow.port, f->flow.protocol);
	json_unsigned(w, "bytes", f->flow.tx_bytes);
	json_unsigned(w, "connections", f->flow.connections);
	json_string(w, "container", f->container[0] ? f->container : NULL);
	json_string(w, "direction", flow_direction_name(f->flow.direction));
	json_end(w);
}

static void put_destinations(const struct alert_evidence *e, struct json_writer *w)
{
	json_array(w, "destinations");
	for (unsigned i = 0; i < e->flow_count; i++)
		put_destination(&e->flows[i], w);
	json_end(w);
	if (e->other_bytes > 0 || e->other_connections > 0) {
		json_unsigned(w, "otherBytes", e->other_bytes);
		json_unsigned(w, "otherConnections", e->other_connections);
	}
}

/* Bytes that no socket accounts for, and the kernel's packet counts that may explain
 * them. */
static void put_unaccounted(const struct unaccounted *u, struct json_writer *w)
{
	static const char *const names[UNACCOUNTED_SOURCE_COUNT] = {
	    [UNACCOUNTED_ICMP] = "icmp",
	    [UNACCOUNTED_FORWARDED] = "forwarded",
	    [UNACCOUNTED_RESETS] = "resets",
	    [UNACCOUNTED_NOT_IP] = "notIp",
	};

	if (u->bytes == 0)
		return;
	json_object(w, "unaccounted");
	json_unsigned(w, "bytes", u->bytes);
	json_object(w, "packets");
	for (unsigned i = 0; i < UNACCOUNTED_SOURCE_COUNT; i++)
		if (u->packets[i] > 0)
			json_unsigned(w, names[i], u->packets[i]);
	json_end(w);
	json_end(w);
}

static void put_containers(const struct alert_evidence *e, struct json_writer *w)
{
	json_array(w, "containers");
	for (unsigned i = 0; i < e->container_count; i++)
		json_string(w, NULL, e->containers[i]);
	json_end(w);
}

/* Written as in Prometheus labels, so that both can be compared. */
static void put_interfaces(const struct alert_evidence *e, struct json_writer *w)
{
	char buffer[4 * IF_NAMESIZE];

	json_array(w, "interfaces");
	for (unsigned i = 0; i < e->interface_count; i++) {
		struct text name = text_over(buffer, sizeof(buffer));

		text_visible(&name, e->interfaces[i], false);
		json_string(w, NULL, buffer);
	}
	json_end(w);
}

static void put_relay(const struct verdict *v, struct json_writer *w)
{
	json_object(w, "relay");
	json_unsigned(w, "received", v->received);
	json_unsigned(w, "sent", v->bytes);
	json_number(w, "balance", v->balance >= 0 ? v->balance : NAN);
	json_end(w);
}

static void put_evidence(const struct alert *alert, struct json_writer *w)
{
	const struct alert_evidence *e = &alert->evidence;

	json_object(w, "evidence");
	put_destinations(e, w);
	put_unaccounted(&e->unaccounted, w);
	put_containers(e, w);
	put_interfaces(e, w);
	put_relay(&alert->verdict, w);
	json_end(w);
}

static void put_attack(struct json_writer *w)
{
	json_object(w, "attack");
	json_string(w, "analytic", "AN0083");
	json_string(w, "strategy", "DET0028");
	json_string(w, "technique", "T1496.002");
	json_end(w);
}

/* Writes the pod if it fits before `end`. Otherwise removes it again and returns
 * false. */
static bool pod_fits(const struct identity *pod, size_t end, struct json_writer *w)
{
	const struct json_mark before = json_mark(w);
	const size_t capacity = w->out->capacity;

	if (end < capacity)
		w->out->capacity = end > w->out->length ? end : w->out->length;
	identity_json(pod, w);
	if (w->out->overflowed) {
		json_rewind(w, &before);
		return false;
	}
	w->out->capacity = capacity;
	return true;
}

/* The pod's texts have any length. Leaves out those that would make the alert longer
 * than `end`, the images first. If the output itself is too small, it overflows. */
static void put_pod(const struct identity *pod, size_t end, struct json_writer *w)
{
	struct identity shown = *pod;
	const char **const leave_out[] = {&shown.images,   &shown.workload, &shown.node,
					  &shown.cluster,  &shown.uid,      &shown.name,
					  &shown.namespace};
	const size_t leave_out_count = sizeof(leave_out) / sizeof(leave_out[0]);

	json_name(w, "pod");
	for (size_t out = 0; out <= leave_out_count + 1; out++) {
		if (pod_fits(&shown, end, w))
			return;
		if (w->out->capacity < end)
			break;
		if (out < leave_out_count)
			*leave_out[out] = "";
		else
			shown.labels = NULL;
	}
	w->out->overflowed = true;
}

void alert_json(const struct alert *alert, const struct identity *pod,
		struct json_writer *w)
{
	json_object(w, NULL);
	const size_t begin = w->out->length - 1;

	put_life(alert, w);
	put_figures(alert, w);
	put_summary(alert, w);
	put_evidence(alert, w);
	put_attack(w);
	if (!w->out->overflowed)
		put_pod(pod, begin + ALERT_JSON_MAX - 1, w);
	json_end(w);
}
