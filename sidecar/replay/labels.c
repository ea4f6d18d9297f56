/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c - the metric name and the labels of a Prometheus series. The names are those
 * of cAdvisor, node_exporter and this program's own /metrics. */
#include "labels.h"

#include <string.h>

#include "base/hash.h"
#include "base/json_writer.h"

#define METRIC_NAME_LABEL "__name__"

static const struct {
	const char *prefix;
	enum exporter exporter;
} exporters[] = {
    {"container_network_", EXPORTER_CONTAINER},
    {"node_network_", EXPORTER_NODE},
    {"dormouse_network_", EXPORTER_DORMOUSE},
};

static const struct {
	const char *name;
	enum signal signal;
} link_metrics[] = {
    {"transmit_bytes_total", SIGNAL_TX_BYTES},
    {"transmit_packets_total", SIGNAL_TX_PACKETS},
    {"receive_bytes_total", SIGNAL_RX_BYTES},
    {"receive_packets_total", SIGNAL_RX_PACKETS},
};

/* NULL for the signals of the links. */
static const char *const own_metrics[SIGNAL_COUNT] = {
#define METRIC(kind, name, member, help)                         name
#define INSIGHT(kind, name, member, help)                        name
#define NO_METRIC                                                NULL
#define SIGNAL(id, name, unit, kind, limits, shown, metric, ...) [SIGNAL_##id] = metric,
#include "config/signals.def"
#undef SIGNAL
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool metric_signal(const char *metric, enum exporter *exporter, enum signal *signal)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (own_metrics[i] && strcmp(metric, own_metrics[i]) == 0) {
			*exporter = EXPORTER_DORMOUSE;
			*signal = (enum signal)i;
			return true;
		}
	for (size_t i = 0; i < COUNT(exporters); i++) {
		size_t length = strlen(exporters[i].prefix);

		if (strncmp(metric, exporters[i].prefix, length) != 0)
			continue;
		for (size_t j = 0; j < COUNT(link_metrics); j++)
			if (strcmp(metric + length, link_metrics[j].name) == 0) {
				*exporter = exporters[i].exporter;
				*signal = link_metrics[j].signal;
				return true;
			}
	}
	return false;
}

const char *metric_of_signal(enum signal signal)
{
	return own_metrics[signal];
}

const char *labels_get(const cJSON *labels, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(labels, name));
}

/* Whether the label distinguishes one trace from another. */
static bool counts(const cJSON *label, enum exporter exporter)
{
	if (!cJSON_IsString(label) || strcmp(label->string, METRIC_NAME_LABEL) == 0)
		return false;
	return exporter != EXPORTER_DORMOUSE || strcmp(label->string, "device") != 0;
}

static unsigned count_labels(const cJSON *labels, enum exporter exporter)
{
	const cJSON *label;
	unsigned count = 0;

	cJSON_ArrayForEach(label, labels) count += counts(label, exporter);
	return count;
}

bool labels_same_trace(const cJSON *a, const cJSON *b, enum exporter exporter)
{
	const cJSON *label;

	if (count_labels(a, exporter) != count_labels(b, exporter))
		return false;
	cJSON_ArrayForEach(label, a)
	{
		if (!counts(label, exporter))
			continue;
		const char *other = labels_get(b, label->string);
		if (!other || strcmp(label->valuestring, other) != 0)
			return false;
	}
	return true;
}

/* The hash is a sum because labels come in any order. */
uint64_t labels_hash(const cJSON *labels, enum exporter exporter)
{
	const cJSON *label;
	uint64_t sum = exporter;

	cJSON_ArrayForEach(label, labels)
	{
		if (counts(label, exporter))
			sum += hash_string(hash_string(HASH_START, label->string),
					   label->valuestring);
	}
	return sum;
}

int labels_by_device(const cJSON *a, const cJSON *b)
{
	const char *x = labels_get(a, "device"), *y = labels_get(b, "device");

	return strcmp(x ? x : "", y ? y : "");
}

bool labels_are_loopback(const cJSON *labels)
{
	const char *interface = labels_get(labels, "interface");
	const char *device = labels_get(labels, "device");

	return (interface && strcmp(interface, "lo") == 0) ||
	       (device && strcmp(device, "lo") == 0);
}

/* Writes an object of the labels that fit. */
static void put_labels(const cJSON *labels, enum exporter exporter, struct text *json)
{
	struct json_writer w = json_writer_over(json);
	const cJSON *label;

	json_object(&w, NULL);
	json->capacity--; /* reserved for the closing brace */
	cJSON_ArrayForEach(label, labels)
	{
		const struct json_mark before = json_mark(&w);

		if (!counts(label, exporter))
			continue;
		json_string(&w, label->string, label->valuestring);
		if (json->overflowed)
			json_rewind(&w, &before);
	}
	json->capacity++;
	json_end(&w);
}

void labels_identity(const cJSON *labels, enum exporter exporter, struct text *json,
		     struct identity *pod)
{
	const struct {
		const char *label;
		const char **member;
	} known[] = {
	    {"instance", &pod->name},       {"pod", &pod->name},
	    {"namespace", &pod->namespace}, {"node", &pod->node},
	    {"cluster", &pod->cluster},
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		const char *value = labels_get(labels, known[i].label);

		if (value && value[0])
			*known[i].member = value;
	}
	put_labels(labels, exporter, json);
	pod->labels = json->data;
}
