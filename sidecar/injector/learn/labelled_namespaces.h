/* SPDX-License-Identifier: Apache-2.0 */
/* labelled_namespaces.h - the namespaces whose pods get a sidecar. */
#ifndef DORMOUSE_INJECTOR_LEARN_LABELLED_NAMESPACES_H
#define DORMOUSE_INJECTOR_LEARN_LABELLED_NAMESPACES_H

#include "injector/config/injector_options.h"

/* Asks the API server. Returns their names, separated by commas, to be freed; NULL on
 * failure, also if there are none. */
char *labelled_namespaces(const struct injector_options *options, struct error *err);

#endif
