/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - who this pod is. It appears in alerts and logs, never in metric labels.
 */
#ifndef DORMOUSE_CONFIG_IDENTITY_H
#define DORMOUSE_CONFIG_IDENTITY_H

#include <stdint.h>

#include "base/json_writer.h"

/* From the environment, or a recording; "" where unknown. */
struct identity {
	const char *name;      /* POD_NAME */
	const char *namespace; /* POD_NAMESPACE */
	const char *uid;       /* POD_UID */
	const char *node;      /* NODE_NAME */
	const char *workload;  /* DORMOUSE_WORKLOAD */
	const char *cluster;   /* DORMOUSE_CLUSTER */
	const char *images;    /* DORMOUSE_IMAGES */
	const char *labels;    /* a JSON object: the labels of a recorded series; NULL
				* where there are none */
};

/* Reads the environment, which must outlive the identity. */
struct identity identity_from_environment(void);

/* Writes the object {"name": ..., ...}, unknown members left out. */
void identity_json(const struct identity *pod, struct json_writer *w);

/* The same; {} where it would leave less than `reserve` bytes of the text. */
void identity_json_within(const struct identity *pod, size_t reserve,
			  struct json_writer *w);

/* What tells this pod from others, as a number. */
uint64_t identity_hash(const struct identity *pod);

#endif
