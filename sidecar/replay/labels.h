/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h - what a Prometheus series is called: its metric and its labels. */
#ifndef DORMOUSE_REPLAY_LABELS_H
#define DORMOUSE_REPLAY_LABELS_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "config/identity.h"
#include "dormouse/sample.h"

#define LABELS_JSON_MAX 2048 /* bytes; labels that do not fit are left out */

/* Who exports the metric, which decides what one trace is. */
enum exporter {
	EXPORTER_CONTAINER, /* cAdvisor: an interface of a pod */
	EXPORTER_NODE,      /* node_exporter: an interface of a machine */
	EXPORTER_DORMOUSE,  /* this program: a pod, over all its interfaces */
};

/* False when the metric says nothing about a signal. */
bool metric_signal(const char *metric, enum exporter *exporter, enum signal *signal);

/* The label's value, NULL when there is none. Owned by the labels. */
const char *labels_get(const cJSON *labels, const char *name);

/* Whether series of that exporter with these labels belong to one trace; the hashes of
 * such labels are equal. The metric's name does not count, nor does the device where
 * a trace is a whole pod. */
bool labels_same_trace(const cJSON *a, const cJSON *b, enum exporter exporter);
uint64_t labels_hash(const cJSON *labels, enum exporter exporter);

/* The order of series of one trace and signal: equal (0) are those of one device, which
 * are one series. */
int labels_by_device(const cJSON *a, const cJSON *b);

/* Traffic inside a pod is nobody's business here. */
bool labels_are_loopback(const cJSON *labels);

/* Fills what the labels say of the pod; borrows from them and from `json`, which takes
 * them whole. */
void labels_identity(const cJSON *labels, enum exporter exporter, struct text *json,
		     struct identity *pod);

#endif
