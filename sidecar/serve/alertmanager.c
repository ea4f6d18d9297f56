/* SPDX-License-Identifier: Apache-2.0 */
/* alertmanager.c - writes the firing alerts in the form of Alertmanager's API v2, so
 * that amtool and Grafana can read them (alertmanager, api/v2/openapi.yaml:
 * gettableAlert). */
#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "alertmanager.h"
#include "base/version.h"
#include "stream.h"

/* A firing alert's endsAt is this far ahead, for the case that no client asks again:
 * Alertmanager sets it four evaluations of its clients ahead, a minute each. */
#define FIRING_FOR_S 240.0

#define SUMMARY_MAX 1024
#define LABEL_MAX   253 /* the longest name in Kubernetes */

/* Converts "dormancy-break" to DormouseDormancyBreak. */
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

/* Values of the labels that do not come from the pod. */
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

/* Alertmanager treats an empty label as missing. An overlong value is replaced by an
 * empty one, because it would leave no room for the rest of the alert. */
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
		       struct json_writer *w)
{
	char name[ALERTMANAGER_NAME_MAX];

	json_object(w, "labels");
	json_string(w, "alertname", name_of(alert, name));
	for (size_t i = 0; i < LABELS; i++) {
		const char *value = label_at(i, alert, pod);

		if (value[0])
			json_string(w, labels[i].name, value);
	}
	json_end(w);
}

static void put_summary(const struct alert *alert, struct json_writer *w)
{
	char sentence[SUMMARY_MAX];
	struct text summary = text_over(sentence, sizeof(sentence));

	alert_summary(alert, &summary);
	json_object(w, "annotations");
	json_string(w, "summary", summary.data);
	json_end(w);
}

static void put_fingerprint(const struct alert *alert, struct json_writer *w)
{
	char id[17];

	snprintf(id, sizeof(id), "%016" PRIx64, alert->id);
	json_string(w, "fingerprint", id);
}

static void put_times(const struct alert *alert, struct json_writer *w)
{
	double ends_at =
	    alert->ends_at > 0 ? alert->ends_at : (double)time(NULL) + FIRING_FOR_S;

	json_time(w, "startsAt", alert->starts_at);
	json_time(w, "updatedAt", alert->updated_at);
	json_time(w, "endsAt", ends_at);
}

static void put_receiver(struct json_writer *w, const char *name)
{
	json_object(w, name);
	json_string(w, "name", ALERTMANAGER_RECEIVER);
	json_end(w);
}

static void put_receivers(struct json_writer *w)
{
	json_array(w, "receivers");
	put_receiver(w, NULL);
	json_end(w);
}

/* No alert is ever silenced, inhibited or muted here. */
static void put_status(struct json_writer *w)
{
	static const char *const lists[] = {"silencedBy", "inhibitedBy", "mutedBy"};

	json_object(w, "status");
	json_string(w, "state", "active");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_array(w, lists[i]);
		json_end(w);
	}
	json_end(w);
}

static void put_alert(const struct stream *s, size_t index, struct json_writer *w)
{
	const struct alert *alert = stream_alert(s, index);

	if (!alert)
		return;
	json_object(w, NULL);
	put_labels(alert, s->source->pod, w);
	put_summary(alert, w);
	put_fingerprint(alert, w);
	put_times(alert, w);
	put_receivers(w);
	put_status(w);
	json_end(w);
}

bool alertmanager_chunk(const struct stream *s, size_t index, struct json_writer *w)
{
	if (index > s->alert_count + 1)
		return false;
	if (index == 0) {
		json_array(w, NULL);
	} else if (index <= s->alert_count) {
		put_alert(s, index - 1, w);
	} else {
		json_end(w);
		json_end_line(w);
	}
	return true;
}

/* Begins the one group that contains all alerts, up to its alerts. */
static void begin_group(struct json_writer *w)
{
	json_object(w, NULL);
	json_object(w, "labels");
	json_end(w);
	put_receiver(w, "receiver");
	json_array(w, "alerts");
}

static void end_group(struct json_writer *w)
{
	json_end(w);
	json_end(w);
}

bool alert_group_chunk(const struct stream *s, size_t index, struct json_writer *w)
{
	const bool any = s->alert_count > 0;

	if (index > s->alert_count + 1)
		return false;
	if (index == 0) {
		json_array(w, NULL);
		if (any)
			begin_group(w);
	} else if (index <= s->alert_count) {
		put_alert(s, index - 1, w);
	} else {
		if (any)
			end_group(w);
		json_end(w);
		json_end_line(w);
	}
	return true;
}

bool silences_chunk(const struct stream *s, size_t index, struct json_writer *w)
{
	(void)s;
	if (index > 0)
		return false;
	json_array(w, NULL);
	json_end(w);
	json_end_line(w);
	return true;
}

/* --- answers without alerts ------------------------------------------------------- */

static void put_version(struct json_writer *w)
{
	static const char *const unknown[] = {"branch", "buildDate", "buildUser",
					      "goVersion"};

	json_object(w, "versionInfo");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		json_string(w, unknown[i], "");
	json_string(w, "revision", dormouse_commit());
	json_string(w, "version", dormouse_version());
	json_end(w);
}

void alertmanager_status(double started_at, struct text *t)
{
	struct json_writer writer = json_writer_over(t), *w = &writer;

	json_object(w, NULL);
	json_object(w, "cluster");
	json_string(w, "status", "disabled");
	json_array(w, "peers");
	json_end(w);
	json_end(w);
	put_version(w);
	json_object(w, "config");
	json_string(w, "original", "");
	json_end(w);
	json_time(w, "uptime", started_at);
	json_end(w);
	json_end_line(w);
}

void alertmanager_refusal(const struct error *err, struct text *t)
{
	struct json_writer w = json_writer_over(t);

	json_string(&w, NULL, err->text);
	json_end_line(&w);
}
