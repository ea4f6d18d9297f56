/* SPDX-License-Identifier: Apache-2.0 */
/* reflector.h - keeps namespaces, LimitRanges and ResourceQuotas in step with the API
 * server. */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_REFLECTOR_H
#define DORMOUSE_INJECTOR_KUBERNETES_REFLECTOR_H

#include "cluster_facts.h"
#include "injector/config/injector_options.h"

/* One thread for each kind updates `namespaces` with a list, then a watch (client-go
 * calls that a reflector). While the API server does not answer, the last known objects
 * stay in use. */
struct reflectors;

/* Starts the threads. All arguments must outlive them. On failure, such as no API
 * server, it logs a warning and returns NULL. The injector works without reflectors. */
struct reflectors *reflectors_start(const struct injector_options *options,
				    struct namespaces *namespaces,
				    struct cluster_facts *facts);
void reflectors_stop(struct reflectors *all);

/* Returns "namespaces", "limitranges" or "resourcequotas". */
const char *reflector_resource(enum namespaces_kind kind);

#endif
