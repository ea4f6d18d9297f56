/* SPDX-License-Identifier: Apache-2.0 */
/* namespaces.h - what namespaces say of their pods' resources: LimitRanges, quotas, an
 * annotation.
 *
 * Filled by the threads that watch the API server, asked by the one that answers
 * reviews; every function may be called by any thread.
 */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_NAMESPACES_H
#define DORMOUSE_INJECTOR_NAMESPACES_NAMESPACES_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "resources.h"

/* --- what holds in one namespace ------------------------------------------------- */

/* Of one resource, for each container or for the pod as a whole. Unlimited: 0,
 * RESOURCE_MAX, INFINITY. */
struct bounds {
	int64_t min, max;
	double ratio;     /* of the limit to the request */
	int64_t standard; /* the limit of a container that has none, or RESOURCE_NONE */
};

/* All LimitRanges of a namespace at once: the narrowest of each. */
struct limit_range {
	struct bounds container[RESOURCES], pod[RESOURCES];
};

extern const struct limit_range limit_range_none;

/* For which pods a quota is; the first four as scopes and in scopeSelector alike. */
enum quota_scope {
	SCOPE_TERMINATING,     /* with activeDeadlineSeconds */
	SCOPE_NOT_TERMINATING, /* without */
	SCOPE_BEST_EFFORT,
	SCOPE_NOT_BEST_EFFORT,
	SCOPE_PRIORITY,     /* priorityClassName In the list */
	SCOPE_NOT_PRIORITY, /* NotIn */
	SCOPE_ANY_PRIORITY, /* Exists */
	SCOPE_NO_PRIORITY,  /* DoesNotExist */
	SCOPE_OTHER,        /* not for pods like ours, or not known */
	QUOTA_SCOPES,
};

struct quota {
	unsigned scopes;       /* bits of quota_scope: all must hold */
	char priorities[256];  /* ",name,other," */
	struct resources left; /* what is still free, less than 0 or RESOURCE_MAX
				* (no bound) too */
};

#define QUOTAS_MAX 8 /* of one namespace; those beyond are not looked at */

struct namespace_rules {
	struct limit_range limits;
	struct quota quotas[QUOTAS_MAX];
	unsigned quota_count;
	struct amounts resources; /* of the annotation, or none */
};

/* --- all of them ----------------------------------------------------------------- */

/* The kinds of objects that are kept. */
enum namespaces_kind {
	KIND_NAMESPACE,
	KIND_LIMIT_RANGE,
	KIND_RESOURCE_QUOTA,
	NAMESPACES_KINDS,
};

#define NAMESPACES_OBJECTS_MAX 8192 /* that say something, of all kinds together */

struct namespaces;

struct namespaces *namespaces_new(struct error *err);
void namespaces_free(struct namespaces *n);

/* An object as the API server has it. What says nothing about resources is not kept.
 * -1: there is no more room, or it cannot be read; the error names the object. */
int namespaces_put(struct namespaces *n, enum namespaces_kind kind, const cJSON *json,
		   struct error *err);
void namespaces_remove(struct namespaces *n, enum namespaces_kind kind,
		       const cJSON *json);

/* A whole list: what was not put between the two calls is gone after the second. */
void namespaces_begin(struct namespaces *n, enum namespaces_kind kind);
void namespaces_end(struct namespaces *n, enum namespaces_kind kind);

/* What holds in a namespace; of one that is not known, nothing. */
void namespaces_rules(struct namespaces *n, const char *name,
		      struct namespace_rules *rules);

struct namespaces_figures {
	unsigned objects;
	uint64_t dropped; /* for want of room */
};

struct namespaces_figures namespaces_figures(struct namespaces *n);

#endif
