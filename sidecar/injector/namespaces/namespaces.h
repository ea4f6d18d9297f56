/* SPDX-License-Identifier: Apache-2.0 */
/* namespaces.h - what namespaces say about their pods' resources: LimitRanges, quotas,
 * an annotation.
 *
 * The threads that watch the API server fill it, and the thread that answers reviews
 * queries it. Any thread may call any function.
 */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_NAMESPACES_H
#define DORMOUSE_INJECTOR_NAMESPACES_NAMESPACES_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "resources.h"

/* --- the rules of one namespace -------------------------------------------------- */

/* The bounds of one resource, for each container or for the whole pod. Unlimited: 0,
 * RESOURCE_MAX, INFINITY. */
struct bounds {
	int64_t min, max;
	double ratio;     /* of the limit to the request */
	int64_t standard; /* the default limit of a container, or RESOURCE_NONE */
};

/* All LimitRanges of a namespace, merged: the narrowest bound of each. */
struct limit_range {
	struct bounds container[RESOURCES], pod[RESOURCES];
};

extern const struct limit_range limit_range_none;

/* The pods that a quota counts. The first four are in scopes and in scopeSelector. */
enum quota_scope {
	SCOPE_TERMINATING,     /* with activeDeadlineSeconds */
	SCOPE_NOT_TERMINATING, /* without */
	SCOPE_BEST_EFFORT,
	SCOPE_NOT_BEST_EFFORT,
	SCOPE_PRIORITY,     /* priorityClassName In the list */
	SCOPE_NOT_PRIORITY, /* NotIn */
	SCOPE_ANY_PRIORITY, /* Exists */
	SCOPE_NO_PRIORITY,  /* DoesNotExist */
	SCOPE_OTHER,        /* not known, or not for pods like ours */
	QUOTA_SCOPES,
};

struct quota {
	unsigned scopes;       /* bits of quota_scope: all must hold */
	char priorities[256];  /* ",name,other," */
	struct resources left; /* what is still free; may be negative, or RESOURCE_MAX
				* (no bound) */
};

#define QUOTAS_MAX 8 /* of one namespace; more are ignored */

struct namespace_rules {
	struct limit_range limits;
	struct quota quotas[QUOTAS_MAX];
	unsigned quota_count;
	struct amounts resources; /* of the namespace's annotation, or none */
};

/* --- all namespaces -------------------------------------------------------------- */

/* The kinds of objects that are stored. */
enum namespaces_kind {
	KIND_NAMESPACE,
	KIND_LIMIT_RANGE,
	KIND_RESOURCE_QUOTA,
	NAMESPACES_KINDS,
};

#define NAMESPACES_OBJECTS_MAX 8192 /* that have rules, of all kinds together */

struct namespaces;

struct namespaces *namespaces_new(struct error *err);
void namespaces_free(struct namespaces *n);

/* Stores an object as the API server sends it; ignores one without rules for resources.
 * Returns -1 if there is no room or it cannot be read; the error names the object. */
int namespaces_put(struct namespaces *n, enum namespaces_kind kind, const cJSON *json,
		   struct error *err);
void namespaces_remove(struct namespaces *n, enum namespaces_kind kind,
		       const cJSON *json);

/* Encloses the puts of a complete list: the second call removes the objects that were
 * not put since the first. */
void namespaces_begin(struct namespaces *n, enum namespaces_kind kind);
void namespaces_end(struct namespaces *n, enum namespaces_kind kind);

/* Copies the rules of a namespace; an unknown namespace has none. */
void namespaces_rules(struct namespaces *n, const char *name,
		      struct namespace_rules *rules);

struct namespaces_figures {
	unsigned objects;
	uint64_t dropped; /* for lack of room or memory */
};

struct namespaces_figures namespaces_figures(struct namespaces *n);

#endif
