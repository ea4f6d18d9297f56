/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - reads an answer of Prometheus' HTTP API as it arrives: to /api/v1/series,
 * or to /api/v1/query_range. Also what Thanos and VictoriaMetrics answer.
 *
 * The answer is not trusted: what the question did not ask for is refused.
 */
#ifndef DORMOUSE_INJECTOR_LEARN_ANSWER_H
#define DORMOUSE_INJECTOR_LEARN_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "injector/json/json_stream.h"

/* The labels that are read; all others are passed over. */
enum label {
	LABEL_METRIC,
	LABEL_NAMESPACE,
	LABEL_EXPORTED_NAMESPACE, /* of the object, where `namespace` is the scraper's
				   */
	LABEL_POD,
	LABEL_EXPORTED_POD,
	LABEL_WORKLOAD,
	LABEL_WORKLOAD_TYPE,
	LABEL_DEVICE,
	LABEL_INTERFACE,
	LABEL_OWNER_KIND,
	LABEL_OWNER_NAME,
	LABEL_OWNER_IS_CONTROLLER,
	LABEL_REPLICASET,
	LABEL_JOB_NAME,
	LABEL_COUNT
};

#define LABEL_VALUE_MAX 318 /* "StatefulSet/", and a name of 253 bytes, with a NUL */

struct labels {
	char value[LABEL_COUNT][LABEL_VALUE_MAX]; /* "": there is no such label */
};

struct point_read {
	double time;       /* Unix seconds */
	const char *value; /* such as "12" or "1.5e+09" or "NaN" */
};

/* Receives what an answer says. A negative result refuses the answer, with the error
 * that the function set. */
struct answer_taker {
	/* A series' labels. In a matrix its points follow. */
	int (*series)(void *context, const struct labels *labels, struct error *err);
	/* A point of the last series; NULL: the answer is only labels. */
	int (*point)(void *context, const struct point_read *point, struct error *err);
	void *context;
};

#define ANSWER_SAYS_MAX 200

struct answer {
	struct json_stream json;
	const struct answer_taker *taker;
	unsigned char role[JSON_STREAM_DEPTH];
	unsigned char known; /* the last key of the object, if it is a known one */
	int label;           /* the last key of labels; -1: none that is read */
	struct labels labels;
	bool labelled; /* the series had its labels */
	double time;
	unsigned members; /* of the point */
	bool found;       /* the data have the expected shape */
	bool success, failed, partial;
	char type[32];               /* of an error */
	char says[ANSWER_SAYS_MAX];  /* the error */
	char warns[ANSWER_SAYS_MAX]; /* the first warning */
};

void answer_begin(struct answer *a, const struct answer_taker *taker);

/* Reads the next bytes of the answer. Returns 0, or -1 when it is no such answer or the
 * taker refused it. */
int answer_feed(struct answer *a, const char *data, size_t length, struct error *err);

/* Call it at the end. Returns 0 if the answer is whole and a success; -1 if it was cut,
 * if the server says that it failed, or if it warns that data are missing. */
int answer_end(struct answer *a, struct error *err);

#endif
