/* SPDX-License-Identifier: Apache-2.0 */
/* alertmanager.c - the firing alerts in the shape of Alertmanager's API v2, so that
 * amtool and Grafana read them (alertmanager, api/v2/openapi.yaml: gettableAlert).
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "stream.h"

/* When a firing alert ends, should nobody ask again: an Alertmanager's endsAt lies
 * ahead by four of its clients' evaluations, a minute each. */
#define FIRING_FOR_S 240.0

#define SUMMARY_MAX 1024
#define LABEL_MAX   253 /* as long as a name in Kubernetes may be */

/* "dormancy-break" is DormouseDormancyBreak. */
static void put_alert_name(enum alert_kind kind, struct text *t)
{
	bool capital = true;

	text_put(t, "Dormouse");
	for (const char *p = alert_kind_name(kind); *p; p++) {
		char c = capital ? (char)toupper((unsigned char)*p) : *p;

		capital = *p == '-';
		if (!capital)
			text_put_bytes(t, &c, 1);
	}
}

/* An empty label is none in Alertmanager; an absurdly long one would crowd out the rest
 * of the alert. */
static void put_label(struct text *t, const char *name, const char *value)
{
	if (!value[0] || strlen(value) > LABEL_MAX)
		return;
	text_printf(t, ",\"%s\":", name);
	text_json_string(t, value);
}

static void put_labels(const struct alert *alert, const struct identity *pod,
		       struct text *t)
{
	text_put(t, "{\"alertname\":\"");
	put_alert_name(alert->verdict.kind, t);
	text_put(t, "\"");
	put_label(t, "kind", alert_kind_name(alert->verdict.kind));
	put_label(t, "severity", alert_severity(alert->verdict.risk));
	put_label(t, "signal", signal_name(alert->verdict.signal));
	put_label(t, "namespace", pod->namespace);
	put_label(t, "pod", pod->name);
	put_label(t, "node", pod->node);
	put_label(t, "workload", pod->workload);
	put_label(t, "cluster", pod->cluster);
	text_put(t, "}");
}

static void put_summary(const struct alert *alert, struct text *t)
{
	char sentence[SUMMARY_MAX];
	struct text summary = text_over(sentence, sizeof(sentence));

	alert_summary(alert, &summary);
	text_put(t, "{\"summary\":");
	text_json_string(t, summary.data);
	text_put(t, "}");
}

static void put_times(const struct alert *alert, struct text *t)
{
	double ends_at =
	    alert->ends_at > 0 ? alert->ends_at : (double)time(NULL) + FIRING_FOR_S;

	text_put(t, "\"startsAt\":");
	text_json_time(t, alert->starts_at);
	text_put(t, ",\"updatedAt\":");
	text_json_time(t, alert->updated_at);
	text_put(t, ",\"endsAt\":");
	text_json_time(t, ends_at);
}

static void put_alert(const struct stream *s, size_t index, struct text *t)
{
	const struct alert *alert = stream_alert(s, index);

	if (!alert)
		return;
	text_put(t, index > 0 ? ",{\"labels\":" : "{\"labels\":");
	put_labels(alert, s->source->pod, t);
	text_put(t, ",\"annotations\":");
	put_summary(alert, t);
	text_printf(t, ",\"fingerprint\":\"%016" PRIx64 "\",", alert->id);
	put_times(alert, t);
	text_put(t, ",\"receivers\":[{\"name\":\"dormouse\"}],\"status\":{\"state\":"
		    "\"active\",\"silencedBy\":[],\"inhibitedBy\":[],\"mutedBy\":[]}}");
}

bool alertmanager_piece(const struct stream *s, size_t index, struct text *t)
{
	if (index > s->alert_count + 1)
		return false;
	if (index == 0)
		text_put(t, "[");
	else if (index <= s->alert_count)
		put_alert(s, index - 1, t);
	else
		text_put(t, "]\n");
	return true;
}

bool alert_group_piece(const struct stream *s, size_t index, struct text *t)
{
	if (index > s->alert_count + 1)
		return false;
	if (s->alert_count == 0)
		text_put(t, index == 0 ? "[" : "]\n");
	else if (index == 0)
		text_put(t, "[{\"labels\":{},\"receiver\":{\"name\":\"dormouse\"},"
			    "\"alerts\":[");
	else if (index <= s->alert_count)
		put_alert(s, index - 1, t);
	else
		text_put(t, "]}]\n");
	return true;
}
