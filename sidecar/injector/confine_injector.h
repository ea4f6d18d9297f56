/* SPDX-License-Identifier: Apache-2.0 */
/* confine_injector.h - what is left to the injector after its start. */
#ifndef DORMOUSE_INJECTOR_CONFINE_INJECTOR_H
#define DORMOUSE_INJECTOR_CONFINE_INJECTOR_H

#include "confine/confine.h"
#include "injector/config/injector_options.h"

/* Confines the injector that serves: its listeners, the API server's port and name
 * servers, threads, and the files that it reads again. Logs what does not hold. Call it
 * before other threads start. */
void confine_injector(const struct injector_options *options, struct confinement *c);

/* Confines the injector that learns: Prometheus' and the API server's port, name
 * servers, and the files that it reads. Without a warning, as a command for people. */
void confine_learning(const struct injector_options *options, struct confinement *c);

#endif
