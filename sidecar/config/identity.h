/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - who this pod is. It appears in alerts and logs, never in metric labels.
 */
#ifndef DORMOUSE_CONFIG_IDENTITY_H
#define DORMOUSE_CONFIG_IDENTITY_H

#include <stdint.h>

#include "base/text.h"

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

/* Appends the JSON object {"name": ..., ...}, unknown members left out. */
void identity_json(const struct identity *pod, struct text *t);

/* What tells this pod from others, as a number. */
uint64_t identity_hash(const struct identity *pod);

#endif
