/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h - the metric name and the labels of a Prometheus series. */
#ifndef DORMOUSE_REPLAY_LABELS_H
#define DORMOUSE_REPLAY_LABELS_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "config/identity.h"
#include "dormouse/sample.h"

#define LABELS_JSON_MAX 2048 /* bytes; labels that do not fit are omitted */

/* The program that exports the metric; it decides which series form one trace. */
enum exporter {
	EXPORTER_CONTAINER, /* cAdvisor: an interface of a pod */
	EXPORTER_NODE,      /* node_exporter: an interface of a machine */
	EXPORTER_DORMOUSE,  /* this program: a pod, over all its interfaces */
};

/* Returns false when the metric does not belong to a signal. */
bool metric_signal(const char *metric, enum exporter *exporter, enum signal *signal);

/* The metric of this program that is the signal's own; NULL for those of the links. */
const char *metric_of_signal(enum signal signal);

/* The label's value, or NULL when it is missing. Owned by the labels. */
const char *labels_get(const cJSON *labels, const char *name);

/* Whether series of that exporter with these labels belong to one trace; equal labels
 * in this sense have equal hashes. The metric name is ignored, and also the device
 * where a trace is a whole pod. */
bool labels_same_trace(const cJSON *a, const cJSON *b, enum exporter exporter);
uint64_t labels_hash(const cJSON *labels, enum exporter exporter);

/* Compares two series of one trace and signal by device; 0: the same device, so they
 * are one series. */
int labels_by_device(const cJSON *a, const cJSON *b);

/* Whether the series is of the loopback interface, which is ignored: it carries only
 * traffic inside a pod. */
bool labels_are_loopback(const cJSON *labels);

/* Fills the identity from the labels; borrows from them and from `json`, which receives
 * all labels. */
void labels_identity(const cJSON *labels, enum exporter exporter, struct text *json,
		     struct identity *pod);

#endif
