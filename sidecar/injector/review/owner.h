/* SPDX-License-Identifier: Apache-2.0 */
/* owner.h - which workload a pod belongs to, and where that workload's baseline is.
 *
 * Pods come and go, the workload stays: "Deployment/web" is the same after each
 * roll-out and in each pod. The pod's owner reference has only the nearest controller,
 * often a ReplicaSet or a Job that another one made. That other one's name is in
 * theirs.
 *
 * manifests/policy/policy.yaml finds the same; tests/unit/injector/owners.json has the
 * cases for both.
 */
#ifndef DORMOUSE_INJECTOR_REVIEW_OWNER_H
#define DORMOUSE_INJECTOR_REVIEW_OWNER_H

#include <cJSON.h>
#include <stdbool.h>

/* The ConfigMap of each namespace with the baselines of its workloads. */
#define BASELINES_CONFIG_MAP "dormouse-baselines"

/* The longest kind and name that the API server accepts, and the longest key of a
 * ConfigMap (k8s.io/apimachinery, pkg/util/validation). */
#define OWNER_KIND_MAX 63
#define OWNER_NAME_MAX 253
#define OWNER_KEY_MAX  253

struct owner {
	/* "Deployment/web"; "" if no name of the pod or its owners is valid. */
	char workload[OWNER_KIND_MAX + 1 + OWNER_NAME_MAX + 1];
	/* The ConfigMap's key, "deployment.web.json". "": none, or it would be longer
	 * than a key may be. */
	char key[OWNER_KEY_MAX + 1];
};

/* Sets the owner to kind and name. Returns false, with the owner unchanged, if one of
 * them is NULL, too long, or has other characters than A to Z, a to z, 0 to 9 and "-",
 * in a name also "." and "_". */
bool owner_set(struct owner *owner, const char *kind, const char *name);

/* Finds the workload of a pod: what its controller belongs to, else the controller,
 * else the label app.kubernetes.io/name, else the pod itself. */
void owner_of_pod(const cJSON *pod, struct owner *owner);

/* The same for the pods of a controller that is at hand: `object`, of that apiVersion
 * and kind, has `pod` as its template. */
void owner_of_template(const cJSON *object, const char *version, const char *kind,
		       const cJSON *pod, struct owner *owner);

#endif
