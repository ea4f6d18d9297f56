/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - the pod's identity. It appears in alerts and logs, never in metric
 * labels. */
#ifndef DORMOUSE_CONFIG_IDENTITY_H
#define DORMOUSE_CONFIG_IDENTITY_H

#include <stdint.h>

#include "base/json_writer.h"

/* From the environment or a recording; "" if unknown. */
struct identity {
	const char *name;      /* POD_NAME */
	const char *namespace; /* POD_NAMESPACE */
	const char *uid;       /* POD_UID */
	const char *node;      /* NODE_NAME */
	const char *workload;  /* DORMOUSE_WORKLOAD */
	const char *cluster;   /* DORMOUSE_CLUSTER */
	const char *images;    /* DORMOUSE_IMAGES */
	const char *labels;    /* JSON object of a recorded series; NULL: none */
};

/* Reads the environment, which must outlive the identity. */
struct identity identity_from_environment(void);

/* Writes the object {"name": ..., ...} without the unknown members. */
void identity_json(const struct identity *pod, struct json_writer *w);

/* The same; writes {} if less than `reserve` bytes of the text would be left. */
void identity_json_within(const struct identity *pod, size_t reserve,
			  struct json_writer *w);

/* A hash that distinguishes this pod from others. */
uint64_t identity_hash(const struct identity *pod);

#endif
