/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - an alert as JSON, in the shape that users' tools rely on. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

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

/* The members below begin with a comma: "id" is always the first. */
static void string_member(struct text *t, const char *name, const char *value)
{
	text_printf(t, ",\"%s\":", name);
	text_json_string(t, value);
}

static void number_member(struct text *t, const char *name, double value)
{
	text_printf(t, ",\"%s\":", name);
	text_json_number(t, value);
}

/* Null for the time 0: not yet, or not known. */
static void time_member(struct text *t, const char *name, double value)
{
	text_printf(t, ",\"%s\":", name);
	if (value > 0)
		text_json_time(t, value);
	else
		text_put(t, "null");
}

static void put_life(struct text *t, const struct alert *alert)
{
	const struct verdict *v = &alert->verdict;

	text_printf(t, "{\"id\":\"%016" PRIx64 "\"", alert->id);
	string_member(t, "kind", alert_kind_name(v->kind));
	string_member(t, "signal", signal_name(v->signal));
	string_member(t, "severity", alert_severity(v->risk));
	text_printf(t, ",\"riskScore\":%u", v->risk);
	string_member(t, "status", alert->ends_at > 0 ? "resolved" : "firing");
	time_member(t, "startsAt", alert->starts_at);
	time_member(t, "onset", v->onset);
	time_member(t, "updatedAt", alert->updated_at);
	time_member(t, "endsAt", alert->ends_at);
}

static void put_figures(struct text *t, const struct alert *alert)
{
	const struct verdict *v = &alert->verdict;
	const struct baseline_view *b = &v->baseline;

	number_member(t, "value", v->value);
	number_member(t, "peak", alert->peak);
	text_printf(t, ",\"totalBytes\":%" PRIu64, alert->verdict.bytes);
	text_put(t, ",\"baseline\":{\"mean\":");
	text_json_number(t, b->mean);
	number_member(t, "stddev", b->stddev);
	number_member(t, "p99", b->p99);
	number_member(t, "threshold", b->threshold);
	text_printf(t, ",\"samples\":%" PRIu64, b->samples);
	time_member(t, "since", b->since);
	text_put(t, "}");
	number_member(t, "sigmas", v->sigmas);
}

static void put_summary(struct text *t, const struct alert *alert)
{
	char sentence[SUMMARY_MAX];
	struct text s = text_over(sentence, sizeof(sentence));

	alert_summary(alert, &s);
	string_member(t, "summary", sentence);
}

static const char *direction_name(uint8_t direction)
{
	if (direction == FLOW_OPENED)
		return "opened";
	return direction == FLOW_ACCEPTED ? "accepted" : "unknown";
}

static const char *protocol_name(uint8_t protocol)
{
	if (protocol == IPPROTO_TCP)
		return "tcp";
	return protocol == IPPROTO_UDP ? "udp" : "other";
}

static void put_destination(struct text *t, const struct alert_flow *f)
{
	char address[INET6_ADDRSTRLEN] = "";
	const struct in6_addr *a = &f->flow.address;

	if (IN6_IS_ADDR_V4MAPPED(a))
		inet_ntop(AF_INET, &a->s6_addr[12], address, sizeof(address));
	else
		inet_ntop(AF_INET6, a, address, sizeof(address));
	text_printf(t, "{\"address\":\"%s\",\"port\":%u", address, f->flow.port);
	string_member(t, "protocol", protocol_name(f->flow.protocol));
	text_printf(t, ",\"bytes\":%" PRIu64 ",\"connections\":%" PRIu32,
		    f->flow.tx_bytes, f->flow.connections);
	string_member(t, "container", f->container[0] ? f->container : NULL);
	string_member(t, "direction", direction_name(f->flow.direction));
	text_put(t, "}");
}

/* Bytes that no socket accounts for, and what the kernel counted that may be them. */
static void put_unaccounted(struct text *t, const struct unaccounted *u)
{
	static const char *const names[UNACCOUNTED_SOURCE_COUNT] = {
	    [UNACCOUNTED_ICMP] = "icmp",
	    [UNACCOUNTED_FORWARDED] = "forwarded",
	    [UNACCOUNTED_RESETS] = "resets",
	    [UNACCOUNTED_NOT_IP] = "notIp",
	};
	const char *comma = "";

	if (u->bytes == 0)
		return;
	text_printf(t, ",\"unaccounted\":{\"bytes\":%" PRIu64 ",\"packets\":{",
		    u->bytes);
	for (unsigned i = 0; i < UNACCOUNTED_SOURCE_COUNT; i++) {
		if (u->packets[i] == 0)
			continue;
		text_printf(t, "%s\"%s\":%" PRIu64, comma, names[i], u->packets[i]);
		comma = ",";
	}
	text_put(t, "}}");
}

static void put_evidence(struct text *t, const struct alert *alert)
{
	const struct alert_evidence *e = &alert->evidence;
	const struct verdict *v = &alert->verdict;

	text_put(t, ",\"evidence\":{\"destinations\":[");
	for (unsigned i = 0; i < e->flow_count; i++) {
		text_put(t, i ? "," : "");
		put_destination(t, &e->flows[i]);
	}
	text_put(t, "]");
	if (e->other_bytes > 0 || e->other_connections > 0)
		text_printf(t,
			    ",\"otherBytes\":%" PRIu64 ",\"otherConnections\":%" PRIu32,
			    e->other_bytes, e->other_connections);
	put_unaccounted(t, &e->unaccounted);
	text_put(t, ",\"containers\":[");
	for (unsigned i = 0; i < e->container_count; i++) {
		text_put(t, i ? "," : "");
		text_json_string(t, e->containers[i]);
	}
	text_put(t, "],\"interfaces\":[");
	for (unsigned i = 0; i < e->interface_count; i++) {
		text_put(t, i ? "," : "");
		text_put(t, "\"");
		text_visible(t, e->interfaces[i], true);
		text_put(t, "\"");
	}
	text_printf(t, "],\"relay\":{\"received\":%" PRIu64 ",\"sent\":%" PRIu64,
		    v->received, v->bytes);
	text_put(t, ",\"balance\":");
	if (v->balance >= 0)
		text_json_number(t, v->balance);
	else
		text_put(t, "null");
	text_put(t, "}}");
}

/* The pod's own words are of any length: what would make the alert longer than `end` is
 * left out, the images first. A text that has no room for that much overflows. */
static void put_pod(struct text *t, const struct identity *pod, size_t end)
{
	struct identity shown = *pod;
	const char **const leave_out[] = {&shown.images,   &shown.workload, &shown.node,
					  &shown.cluster,  &shown.uid,      &shown.name,
					  &shown.namespace};
	const size_t leave_out_count = sizeof(leave_out) / sizeof(leave_out[0]);
	const size_t room = end > t->length ? end - t->length : 0;
	const size_t left = t->capacity - t->length;

	for (size_t out = 0; out <= leave_out_count + 1; out++) {
		struct text piece =
		    text_over(t->data + t->length, room < left ? room : left);
		identity_json(&shown, &piece);
		if (!piece.overflowed) {
			t->length += piece.length;
			return;
		}
		if (left < room)
			break;
		if (out < leave_out_count)
			*leave_out[out] = "";
		else
			shown.labels = NULL;
	}
	t->data[t->length] = '\0';
	t->overflowed = true;
}

void alert_json(const struct alert *alert, const struct identity *pod, struct text *t)
{
	const size_t begin = t->length;

	put_life(t, alert);
	put_figures(t, alert);
	put_summary(t, alert);
	put_evidence(t, alert);
	text_put(t, ",\"attack\":{\"analytic\":\"AN0083\",\"strategy\":\"DET0028\","
		    "\"technique\":\"T1496.002\"},\"pod\":");
	if (t->overflowed)
		return;
	put_pod(t, pod, begin + ALERT_JSON_MAX - 1);
	text_put(t, "}");
}
