/* SPDX-License-Identifier: Apache-2.0 */
/* pods.h - the pods that Prometheus has traffic of, and the workload of each. */
#ifndef DORMOUSE_INJECTOR_LEARN_PODS_H
#define DORMOUSE_INJECTOR_LEARN_PODS_H

#include "prometheus.h"

#define PODS_MAX 80000

/* Whose counters tell the pod's traffic. */
enum pod_source {
	POD_OF_DORMOUSE,  /* its sidecar's */
	POD_OF_CONTAINER, /* the kubelet's: only where there are none of a sidecar */
};

/* How its workload was found. */
enum pod_identified {
	POD_BY_LABEL,  /* the label `workload` of its series */
	POD_BY_OWNERS, /* kube-state-metrics */
	POD_BY_NAME,   /* the form of its name */
	POD_IDENTIFIED_COUNT
};

struct pod {
	enum pod_source source;
	bool exported; /* its series have exported_namespace and exported_pod */
	enum pod_identified identified;
	char *owner;    /* "ReplicaSet/reports-7d9f8c6b5"; NULL: not known */
	char *workload; /* "Deployment/reports" */
	const char *name;
	char namespace[]; /* and the name behind it */
};

struct pods {
	struct pod **at; /* by namespace, workload, name */
	size_t count;
	size_t found[POD_IDENTIFIED_COUNT];
	uint64_t nameless; /* series whose namespace or pod is no name in Kubernetes */
	void *tree;        /* of tsearch(), while they are looked for */
};

/* Finds the pods that have traffic within the span, and asks kube-state-metrics'
 * metrics for their owners. `namespaces`: names separated by commas; "": all. Returns
 * 0, or -1 when Prometheus fails or there are more than PODS_MAX. Free it in both
 * cases. */
int pods_find(struct pods *pods, struct prometheus *p, const char *namespaces,
	      const struct span *span, struct error *err);
void pods_free(struct pods *pods);

/* "shop/Deployment/reports" of two pods is the same. */
bool pods_same_workload(const struct pod *a, const struct pod *b);

#endif
