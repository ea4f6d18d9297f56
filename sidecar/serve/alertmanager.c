/* SPDX-License-Identifier: Apache-2.0 */
/* alertmanager.c - the firing alerts in the shape of Alertmanager's API v2, so that
 * amtool and Grafana read them (alertmanager, api/v2/openapi.yaml: gettableAlert).
 */
#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "alertmanager.h"
#include "stream.h"

/* When a firing alert ends, should nobody ask again: an Alertmanager's endsAt lies
 * ahead by four of its clients' evaluations, a minute each. */
#define FIRING_FOR_S 240.0

#define SUMMARY_MAX 1024
#define LABEL_MAX   253 /* as long as a name in Kubernetes may be */

/* "dormancy-break" is DormouseDormancyBreak. */
static const char *name_of(const struct alert *alert,
			   char scratch[ALERTMANAGER_NAME_MAX])
{
	struct text t = text_over(scratch, ALERTMANAGER_NAME_MAX);
	bool capital = true;

	text_put(&t, "Dormouse");
	for (const char *p = alert_kind_name(alert->verdict.kind); *p; p++) {
		char c = capital ? (char)toupper((unsigned char)*p) : *p;

		capital = *p == '-';
		if (!capital)
			text_put_bytes(&t, &c, 1);
	}
	return scratch;
}

/* The labels that are not simply the pod's. */
static const char *kind_of(const struct alert *alert)
{
	return alert_kind_name(alert->verdict.kind);
}

static const char *severity_of(const struct alert *alert)
{
	return alert_severity(alert->verdict.risk);
}

static const char *signal_of(const struct alert *alert)
{
	return signal_name(alert->verdict.signal);
}

#define POD_MEMBER(member) offsetof(struct identity, member)

/* In the order of the answer. */
static const struct {
	const char *name;
	const char *(*of)(const struct alert *alert); /* NULL: the pod's */
	size_t pod_member;
} labels[] = {
    {"kind", kind_of, 0},
    {"severity", severity_of, 0},
    {"signal", signal_of, 0},
    {"namespace", NULL, POD_MEMBER(namespace)},
    {"pod", NULL, POD_MEMBER(name)},
    {"node", NULL, POD_MEMBER(node)},
    {"workload", NULL, POD_MEMBER(workload)},
    {"cluster", NULL, POD_MEMBER(cluster)},
};
#define LABELS (sizeof(labels) / sizeof(labels[0]))

/* An empty label is none in Alertmanager; an absurdly long one would crowd out the rest
 * of the alert. */
static const char *label_at(size_t i, const struct alert *alert,
			    const struct identity *pod)
{
	const char *value;

	if (labels[i].of)
		return labels[i].of(alert);
	memcpy(&value, (const char *)pod + labels[i].pod_member, sizeof(value));
	return strlen(value) > LABEL_MAX ? "" : value;
}

const char *alertmanager_label(const struct alert *alert, const struct identity *pod,
			       const char *name, char scratch[ALERTMANAGER_NAME_MAX])
{
	if (strcmp(name, "alertname") == 0)
		return name_of(alert, scratch);
	for (size_t i = 0; i < LABELS; i++)
		if (strcmp(name, labels[i].name) == 0)
			return label_at(i, alert, pod);
	return "";
}

static void put_labels(const struct alert *alert, const struct identity *pod,
		       struct text *t)
{
	char name[ALERTMANAGER_NAME_MAX];

	text_printf(t, "{\"alertname\":\"%s\"", name_of(alert, name));
	for (size_t i = 0; i < LABELS; i++) {
		const char *value = label_at(i, alert, pod);

		if (!value[0])
			continue;
		text_printf(t, ",\"%s\":", labels[i].name);
		text_json_string(t, value);
	}
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
	text_put(t, ",\"receivers\":[{\"name\":\"" ALERTMANAGER_RECEIVER
		    "\"}],\"status\":{\"state\":"
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
		text_put(
		    t, "[{\"labels\":{},\"receiver\":{\"name\":\"" ALERTMANAGER_RECEIVER
		       "\"},"
		       "\"alerts\":[");
	else if (index <= s->alert_count)
		put_alert(s, index - 1, t);
	else
		text_put(t, "]}]\n");
	return true;
}

bool silences_piece(const struct stream *s, size_t index, struct text *t)
{
	(void)s;
	text_put(t, index == 0 ? "[]\n" : "");
	return index == 0;
}
