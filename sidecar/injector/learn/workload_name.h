/* SPDX-License-Identifier: Apache-2.0 */
/* workload_name.h - names of Kubernetes, and what they tell. */
#ifndef DORMOUSE_INJECTOR_LEARN_WORKLOAD_NAME_H
#define DORMOUSE_INJECTOR_LEARN_WORKLOAD_NAME_H

#include <stdbool.h>

#include "injector/review/owner.h"

/* Whether it is a name that an object can have: so it needs no escape in a selector or
 * a path. */
bool name_is_valid(const char *name);

/* Sets the owner from "Kind/name". Returns false as owner_set(). */
bool workload_read(struct owner *owner, const char *workload);

/* Sets the workload that a pod of that name most likely belongs to:
 * reports-7d9f8c6b5-x2x4z is of Deployment/reports, db-0 of StatefulSet/db,
 * dump-29384756-h8k2p of CronJob/dump, agent-h8k2p of DaemonSet/agent; others are a
 * workload of their own, Pod/name. Source: how the controllers make names,
 * k8s.io/apimachinery/pkg/util/rand (five letters of "bcdfghjklmnpqrstvwxz2456789") and
 * pkg/controller/cronjob (the minute since 1970). Returns false as owner_set(). */
bool workload_of_pod(struct owner *owner, const char *pod);

/* The same for a ReplicaSet of which only its name is known: its Deployment. */
bool workload_of_replicaset(struct owner *owner, const char *replicaset);

#endif
