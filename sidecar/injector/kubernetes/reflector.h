/* SPDX-License-Identifier: Apache-2.0 */
/* reflector.h - namespaces, LimitRanges and ResourceQuotas as the API server has them.
 */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_REFLECTOR_H
#define DORMOUSE_INJECTOR_KUBERNETES_REFLECTOR_H

#include "cluster_facts.h"
#include "injector/config/injector_options.h"

/* The threads, one for each kind, that keep `namespaces` as the API server has them:
 * a list, then a watch (client-go calls that a reflector). What was known stays in use
 * while the API server does not answer. */
struct reflectors;

/* As reconciler_start(). Where there is no API server that is told, and NULL returned:
 * it is no failure to know nothing. */
struct reflectors *reflectors_start(const struct injector_options *options,
				    struct namespaces *namespaces,
				    struct cluster_facts *facts);
void reflectors_stop(struct reflectors *all);

/* "namespaces", "limitranges", "resourcequotas". */
const char *reflector_resource(enum namespaces_kind kind);

#endif
